"""An SMTP server that is really there: keeps what comes, with its envelope, and refuses what it is told to refuse."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Mail:
    """One message with its envelope."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def message(self):
        return email.message_from_bytes(self.content, policy=email.policy.default)


@dataclass
class Sink:
    """`refusals`: answers to give instead of taking the next messages, as "after DATA" lines; `refused` senders and
    recipients are turned away by their envelope."""

    port: int = 0
    got: list[Mail] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


class _Talk(socketserver.StreamRequestHandler):
    def handle(self):
        sink = self.server.sink
        self.say("220 sink")
        sender, recipients = "", []
        while line := self.rfile.readline():
            verb, argument = line.decode().strip().partition(" ")[::2]
            verb = verb.upper()
            address = argument.partition("<")[2].partition(">")[0]
            if verb in ("EHLO", "HELO"):
                self.say("250 sink")
            elif verb in ("MAIL", "RCPT"):
                answer = sink.refused.get(f"{verb} {address}", "250 ok")
                if answer.startswith("250") and verb == "MAIL":
                    sender, recipients = address, []
                elif answer.startswith("250"):
                    recipients.append(address)
                self.say(answer)
            elif verb == "DATA":
                self.say("354 go on")
                content = b""
                while (line := self.rfile.readline()) != b".\r\n":
                    content += line.removeprefix(b".") if line.startswith(b"..") else line
                answer = sink.refusals.pop(0) if sink.refusals else "250 kept"
                sink.got.append(Mail(sender, recipients, content))
                self.say(answer)
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def listening():
    """A sink on a free port."""
    with _Server(("127.0.0.1", 0), _Talk) as server:
        server.sink = Sink(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield server.sink
        server.shutdown()
