"""A receiver of webhooks on this machine that answers as it is told."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec


@dataclass
class Got:
    """One request: its headers in lower case, its very bytes."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def message(self):
        return msgspec.json.decode(self.body)


@dataclass
class Receiver:
    """`answers` are given one after the other, then 204; a number, (number, headers, body), or an Event to wait for."""

    url: str = ""
    answers: list = field(default_factory=list)
    got: list[Got] = field(default_factory=list)

    @property
    def types(self):
        return [one.message["type"] for one in self.got]


@contextmanager
def listening():
    """Runs a receiver on a free port of 127.0.0.1."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            receiver.got.append(Got(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            answer = receiver.answers.pop(0) if receiver.answers else 204
            if isinstance(answer, threading.Event):
                answer.wait(20)
                answer = 204
            status, headers, content = answer if isinstance(answer, tuple) else (answer, {}, b"")
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                return  # the sender had enough of waiting

        do_GET = do_POST

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
