"""A small mail server that speaks IMAP4rev1 (RFC 3501, with MOVE and UIDPLUS) on a free port, for tests.

`with Server() as server: server.deliver(raw)`. What it holds are `folders`; how it misbehaves, a few attributes.
"""

import base64
import re
import socketserver
import ssl
import threading
import time
from dataclasses import dataclass, field

LITERAL = re.compile(rb"\{(\d+)\}\r\n$")
TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\([^()]*\))|(BODY\S*\[[^\]]*\])|([^\s()]+)', re.IGNORECASE)


@dataclass
class Mail:
    uid: int
    raw: bytes
    flags: set[str] = field(default_factory=set)


@dataclass
class Folder:
    uid_validity: int = 1
    uid_next: int = 1
    mails: list[Mail] = field(default_factory=list)

    def add(self, raw: bytes, *flags: str) -> Mail:
        mail = Mail(self.uid_next, raw, set(flags))
        self.uid_next += 1
        self.mails.append(mail)
        return mail

    def begin_anew(self) -> None:
        """As after a restore of the server: other UIDs for the same messages."""
        self.uid_validity += 1
        for number, mail in enumerate(self.mails, 1):
            mail.uid = number
        self.uid_next = len(self.mails) + 1


class Server:
    """One account; all its folders. `log` has each command as it came, without its tag."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None) -> None:
        self.login, self.password = "desk", "secret"
        self.folders = {"INBOX": Folder()}
        self.tokens: set[str] = set()
        """What XOAUTH2 lets in; empty: only the password does."""
        self.capabilities = ["IMAP4rev1", "UIDPLUS", "MOVE"]
        self.log: list[str] = []
        self.drops_at: dict[int, int] = {}
        """UID -> how many times the connection breaks when its content is asked for."""
        self.refuses: dict[int, int] = {}
        """UID -> how many times its content is answered by NO."""
        self.forbids: set[str] = set()
        """Commands that are answered by NO, such as STORE."""
        self.hangs_at = ""
        """A command that is never answered."""
        self.is_hanging = threading.Event()
        self.greeting = b"* OK ready\r\n"
        self.claims_size: dict[int, int] = {}
        self.tls, self.starttls = tls, starttls
        self.lock = threading.RLock()
        self._server = _Listener(("127.0.0.1", 0), _Talk)
        self._server.desk = self
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> "Server":
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def deliver(self, raw: bytes, *flags: str, folder: str = "INBOX") -> Mail:
        with self.lock:
            return self.folders[folder].add(raw, *flags)

    def unread(self) -> list[int]:
        with self.lock:
            return [mail.uid for mail in self.folders["INBOX"].mails if "\\Seen" not in mail.flags]

    def asked(self, beginning: str) -> list[str]:
        return [line for line in self.log if line.startswith(beginning)]


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 50
    desk: Server

    def handle_error(self, request, client_address):
        """A client that goes away is what some tests are about."""


class _Gone(Exception):
    pass


class _No(Exception):
    pass


class _Talk(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    @property
    def desk(self) -> Server:
        return self.server.desk

    def handle(self):
        self.folder, self.is_in = None, False
        if self.desk.tls:
            self._wrap(self.desk.tls)
        self.wfile.write(self.desk.greeting)
        try:
            while words := self._command():
                self._answer(*words)
        except (_Gone, OSError):
            return

    def _wrap(self, context):
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)

    def _command(self):
        line = self.rfile.readline()
        words = []
        while literal := LITERAL.search(line):
            words += self._words(line[: literal.start()])
            self._say("+ go on")
            words.append(self.rfile.read(int(literal[1])).decode())
            line = self.rfile.readline()
        return words + self._words(line)

    def _words(self, line):
        return [
            (re.sub(rb"\\(.)", rb"\1", quoted) if not (rest := group or body or atom) else rest).decode()
            for quoted, group, body, atom in TOKEN.findall(line)
        ]

    def _answer(self, tag, name, *arguments):
        name = name.upper()
        if name == "UID":
            name, arguments = arguments[0].upper(), arguments[1:]
        self.desk.log.append(f"{name} {' '.join(arguments)}".strip())
        if name == self.desk.hangs_at:
            self.desk.is_hanging.set()
            time.sleep(60)
            raise _Gone
        try:
            if name in self.desk.forbids:
                raise _No("not today")
            with self.desk.lock:
                told = getattr(self, f"do_{name.lower()}")(*arguments) or "done"
            self._say(f"{tag} OK {told}")
        except _No as reason:
            self._say(f"{tag} NO {reason}")
        if name == "STARTTLS":
            self._wrap(self.desk.starttls)
        if name == "LOGOUT":
            raise _Gone

    def _say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def do_capability(self):
        # As Dovecot does: most is told only to whom it knows.
        shown = self.desk.capabilities if self.is_in else ["IMAP4rev1"]
        if self.desk.starttls and not isinstance(self.connection, ssl.SSLSocket):
            shown = [*shown, "STARTTLS"]
        self._say("* CAPABILITY " + " ".join(shown))

    def do_starttls(self):
        if not self.desk.starttls:
            raise _No("without")

    def do_noop(self):
        return

    def do_logout(self):
        self._say("* BYE")

    def do_login(self, login, password):
        if (login, password) != (self.desk.login, self.desk.password):
            raise _No(f"[AUTHENTICATIONFAILED] not {password}")
        self.is_in = True

    def do_authenticate(self, mechanism):
        if mechanism != "XOAUTH2" or not self.desk.tokens:
            raise _No("no such mechanism")
        self._say("+ ")
        said = base64.b64decode(self.rfile.readline()).decode()
        found = re.fullmatch(r"user=([^\x01]+)\x01auth=Bearer ([^\x01]+)\x01\x01", said)
        if not found or found[1] != self.desk.login or found[2] not in self.desk.tokens:
            self._say("+ " + base64.b64encode(b'{"status":"400","schemes":"Bearer"}').decode())
            assert self.rfile.readline() == b"\r\n"
            raise _No(f"[AUTHENTICATIONFAILED] not {said}")
        self.is_in = True

    def do_select(self, name):
        self._open(name)
        return "[READ-WRITE] open"

    def do_examine(self, name):
        self._open(name)
        return "[READ-ONLY] open"

    def _open(self, name):
        if not self.is_in or name not in self.desk.folders:
            raise _No("no such folder")
        self.folder = self.desk.folders[name]
        self._say(f"* {len(self.folder.mails)} EXISTS")
        self._say("* FLAGS (\\Seen \\Deleted)")
        self._say(f"* OK [UIDVALIDITY {self.folder.uid_validity}] valid")
        self._say(f"* OK [UIDNEXT {self.folder.uid_next}] next")

    def do_list(self, reference, pattern):
        wanted = re.compile(re.escape(pattern).replace(r"\*", ".*").replace("%", "[^/]*"))
        for name in self.desk.folders:
            if wanted.fullmatch(name):
                self._say(f'* LIST () "/" "{name}"')

    def do_create(self, name):
        self.desk.folders[name] = Folder()

    def do_search(self, *criteria):
        names = list(criteria)
        found = self.folder.mails
        while names:
            name = names.pop(0).upper()
            if name == "UNSEEN":
                found = [mail for mail in found if "\\Seen" not in mail.flags]
            elif name == "UNDELETED":
                found = [mail for mail in found if "\\Deleted" not in mail.flags]
            elif name == "UID":
                chosen = self._chosen(names.pop(0))
                found = [mail for mail in found if mail in chosen]
            elif name != "ALL":
                raise _No(f"cannot search by {name}")
        # In no order, as the standard allows.
        self._say("* SEARCH " + " ".join(str(mail.uid) for mail in reversed(found)))

    def _chosen(self, wanted):
        """`5`, `5:9`, `5:*`: the last always names at least the newest."""
        newest = max((mail.uid for mail in self.folder.mails), default=0)
        ends = sorted(newest if end == "*" else int(end) for end in wanted.split(":"))
        return [mail for mail in self.folder.mails if ends[0] <= mail.uid <= ends[-1]]

    def do_fetch(self, wanted, parts):
        for mail in self._chosen(wanted):
            number = self.folder.mails.index(mail) + 1
            if "BODY" not in parts.upper():
                size = self.desk.claims_size.get(mail.uid, len(mail.raw))
                flags = " ".join(sorted(mail.flags))
                self._say(f"* {number} FETCH (UID {mail.uid} FLAGS ({flags}) RFC822.SIZE {size})")
                continue
            self._misbehave(mail.uid)
            is_head = "HEADER" in parts.upper()
            content = mail.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if is_head else mail.raw
            self._say(f"* {number} FETCH (FLAGS ())")  # news of a flag may come at any time
            head = f"* {number} FETCH (BODY[{'HEADER' if is_head else ''}] {{{len(content)}}}\r\n"
            self.wfile.write(head.encode() + content + f" UID {mail.uid})\r\n".encode())

    def _misbehave(self, uid):
        for misdeeds, act in ((self.desk.drops_at, _Gone), (self.desk.refuses, _No)):
            if misdeeds.get(uid):
                misdeeds[uid] -= 1
                raise act("[SERVERBUG] internal error")

    def do_store(self, wanted, act, flags):
        for mail in self._chosen(wanted):
            mail.flags |= set(flags.strip("()").split())

    def do_copy(self, wanted, folder):
        if folder not in self.desk.folders:
            raise _No("[TRYCREATE] no such folder")
        for mail in self._chosen(wanted):
            self.desk.folders[folder].add(mail.raw, *mail.flags)

    def do_move(self, wanted, folder):
        if "MOVE" not in self.desk.capabilities:
            raise _No("without")
        self.do_copy(wanted, folder)
        self._remove(self._chosen(wanted))

    def do_expunge(self, wanted="1:*"):
        self._remove([mail for mail in self._chosen(wanted) if "\\Deleted" in mail.flags])

    def _remove(self, mails):
        for mail in mails:
            self._say(f"* {self.folder.mails.index(mail) + 1} EXPUNGE")
            self.folder.mails.remove(mail)
