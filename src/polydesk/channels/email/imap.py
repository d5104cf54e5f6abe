"""One session with the mail server of a mailbox: to a checked address, encrypted, bounded in time and memory
(RS-055 … RS-058).

What goes wrong while coming in is one of a few sentences for people; none tells an open port from a closed one, none
holds what the other side said. Afterwards there are two kinds of trouble: `Broken`, the connection is gone; `Odd`, the
server gave no proper answer about one message, and the next may be fine.
"""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from imap_tools import BaseMailBox, ImapToolsError
from imap_tools.utils import encode_folder

from polydesk.features.mailboxes import boxes, consent, taking
from polydesk.features.mailboxes.models import Mailbox
from polydesk.web import outbound
from polydesk.web.sentences import say

CONNECT_TIMEOUT = 10.0
TIMEOUT = 60.0
LONGEST = 600.0
"""Seconds after which a session is cut, whatever it is doing: a server may drip bytes for ever."""

NO_ANSWER = say("No mail server answered as expected at this host and port with this kind of encryption.")
NOT_LET_IN = say("The mail server refused login and password.")
NOT_LET_IN_BY_TOKEN = say("The mail server refused the login with the access that was granted.")
NO_PASSWORD = say("The password cannot be read any more: enter it again.")
NO_FOLDER = say("The mail server did not open the folder for reading and marking.")
BROKE_OFF = say("The connection to the mail server broke off.")

_LARGEST_LITERAL = taking.LARGEST + 1024 * 1024
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_UID = re.compile(rb"\bUID (\d+)")
_QUOTED = re.compile(rb'BODY\[[A-Z]*\] (?:"((?:[^"\\]|\\.)*)"|NIL)', re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_TROUBLE = (OSError, imaplib.IMAP4.error, ImapToolsError, ValueError, KeyError, IndexError, AttributeError, TypeError)
"""What imaplib raises, the last five at servers that speak something else."""


class NoSession(Exception):
    """We did not come in; the sentence is for people."""


class _NotLetIn(NoSession):
    """The server refused who we are."""


class Broken(Exception):
    """The connection is gone."""

    def __init__(self) -> None:
        super().__init__(BROKE_OFF)


class Odd(Exception):
    """No proper answer to one question."""


class Session:
    """In the folder of a mailbox."""

    def __init__(self, box: BaseMailBox) -> None:
        self._box = box
        self.uid_validity = self._number("UIDVALIDITY") or 1
        self._uid_next = self._number("UIDNEXT")
        self._capabilities = self._ask("capability").upper().split()
        self._made: set[str] = set()

    def newest(self) -> int:
        """The highest UID that was given when the folder was opened."""
        return self._uid_next - 1 if self._uid_next else max(self.found("ALL"), default=0)

    def found(self, criteria: str) -> list[int]:
        """UIDs in rising order."""
        return sorted(int(uid) for uid in self._ask("uid", "SEARCH", criteria).split() if uid.isdigit())

    def size(self, uid: int) -> int | None:
        """Bytes of the message as the server counts them; None when it is gone."""
        for item in self._items(uid, "(UID RFC822.SIZE)"):
            head = item[0] if isinstance(item, tuple) else item
            named, size = _UID.search(head), _SIZE.search(head)
            if named and size and int(named[1]) == uid:
                return int(size[1])
        return None

    def content(self, uid: int, *, headers_only: bool = False) -> bytes:
        """The message without marking it as read."""
        for item in self._items(uid, f"(UID BODY.PEEK[{'HEADER' if headers_only else ''}])"):
            if isinstance(item, tuple) and b"BODY[" in item[0].upper():
                return bytes(item[1])
            if isinstance(item, bytes) and (quoted := _QUOTED.search(item)):
                return _ESCAPED.sub(rb"\1", quoted[1] or b"")
        raise Odd("no content")

    def mark_as_read(self, uid: int) -> None:
        self._ask("uid", "STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")

    def move(self, uid: int, folder: str) -> None:
        """Marked as read, into `folder`, which is made when it is absent."""
        self._make(folder)
        self.mark_as_read(uid)
        if "MOVE" in self._capabilities:
            self._ask("uid", "MOVE", str(uid), encode_folder(folder))
            return
        self._ask("uid", "COPY", str(uid), encode_folder(folder))
        self._ask("uid", "STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)")
        if "UIDPLUS" in self._capabilities:  # a plain EXPUNGE would also take what others marked
            self._ask("uid", "EXPUNGE", str(uid))

    def _make(self, folder: str) -> None:
        if folder in self._made:
            return
        with _translated():
            if not self._box.folder.exists(folder):
                self._box.folder.create(folder)
        self._made.add(folder)

    def _items(self, uid: int, parts: str) -> list[Any]:
        with _translated():
            status, items = self._box.client.uid("FETCH", str(uid), parts)
            if status != "OK":
                raise Odd(status)
        return [item for item in items if item]

    def _ask(self, command: str, *arguments: Any) -> str:
        with _translated():
            status, answer = getattr(self._box.client, command)(*arguments)
            if status != "OK":
                raise Odd(status)
        return b" ".join(line for line in answer if isinstance(line, bytes)).decode("ascii", "replace")

    def _number(self, name: str) -> int:
        values = self._box.client.response(name)[1]
        return int(values[-1]) if values and values[-1] and values[-1].isdigit() else 0


@dataclass(frozen=True)
class Patience:
    """In seconds: for each answer, and for the whole session."""

    answer: float
    session: float


@contextmanager
def session(mailbox: Mailbox, patience: Patience | None = None) -> Iterator[Session]:
    """`with session(mailbox) as opened: …`; raises NoSession. Never inside a transaction."""
    box = _come_in(mailbox, patience or Patience(TIMEOUT, LONGEST))
    try:
        yield _opened(box)
    finally:
        _leave(box)


def _come_in(mailbox: Mailbox, patience: Patience) -> BaseMailBox:
    """A token that the server refuses is renewed, once."""
    try:
        return _entered(mailbox, patience, secret := _secret(mailbox))
    except _NotLetIn:
        if mailbox.sign_in != Mailbox.OAUTH:
            raise
    return _entered(mailbox, patience, _secret(mailbox, refused=secret))


def _secret(mailbox: Mailbox, *, refused: str = "") -> str:
    """The password, or an access token."""
    if mailbox.sign_in == Mailbox.OAUTH:
        try:
            return consent.access_token(mailbox, refused=refused)
        except consent.NoToken as error:
            raise NoSession(str(error)) from error
    password = boxes.password_of(mailbox)
    if mailbox.password and not password:
        raise NoSession(NO_PASSWORD)
    return password


def _entered(mailbox: Mailbox, patience: Patience, secret: str) -> BaseMailBox:
    by_token = mailbox.sign_in == Mailbox.OAUTH
    try:
        address = outbound.address_of(mailbox.host, mailbox.port, networks=_networks())
        box = _Box(mailbox, address, patience)
    except outbound.AddressNotAllowed as error:
        raise NoSession(str(error)) from error
    except (outbound.Unreachable, *_TROUBLE) as error:
        raise NoSession(NO_ANSWER) from error
    try:
        with _or(NOT_LET_IN_BY_TOKEN if by_token else NOT_LET_IN, _NotLetIn):
            (_show_token if by_token else _log_in)(box, mailbox.login, secret)
        with _or(NO_FOLDER):
            box.folder.set(mailbox.folder)
    except NoSession:
        _leave(box)
        raise
    return box


def _opened(box: BaseMailBox) -> Session:
    try:
        return Session(box)
    except Odd as error:
        raise Broken from error


def _log_in(box: BaseMailBox, login: str, password: str) -> None:
    """As base64 where LOGIN's quoted strings know no letter for it: other alphabets, line ends."""
    if (login + password).isascii() and (login + password).isprintable():
        box.login(login, password, initial_folder=None)
    else:
        box.login_utf8(login, password, initial_folder=None)


def _show_token(box: BaseMailBox, login: str, token: str) -> None:
    """SASL XOAUTH2, as Google and Microsoft describe it. A refusal comes as a challenge, to be answered by nothing."""
    first = f"user={login}\x01auth=Bearer {token}\x01\x01".encode()
    box.client.authenticate("XOAUTH2", lambda challenge: b"" if challenge else first)


def _networks() -> tuple[str, ...]:
    """Networks that may be reached though private: none by default (RS-058)."""
    return outbound.PRIVATE if getattr(settings, "POLYDESK_MAIL_ALLOW_PRIVATE", False) else ()


class _Box(BaseMailBox):
    """imap-tools' box around our client."""

    def __init__(self, mailbox: Mailbox, address: outbound.Address, patience: Patience) -> None:
        self._mailbox, self._address, self._patience = mailbox, address, patience
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        client = _Client(self._mailbox, self._address, self._patience)
        try:
            if self._mailbox.security == Mailbox.STARTTLS:
                client.starttls(_tls())
        except BaseException:
            client.shutdown()
            raise
        return client


class _Client(imaplib.IMAP4):
    """To exactly the checked address; the name is kept for TLS."""

    sock: socket.socket

    def __init__(self, mailbox: Mailbox, address: outbound.Address, patience: Patience) -> None:
        self._address, self._is_wrapped = address, mailbox.security == Mailbox.TLS
        self._end = threading.Timer(patience.session, self._cut)
        self._end.daemon = True
        super().__init__(mailbox.host, mailbox.port, timeout=patience.answer)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        self.sock = socket.create_connection((str(self._address), self.port), timeout=CONNECT_TIMEOUT)
        self._end.start()
        try:
            self.sock.settimeout(timeout)
            if self._is_wrapped:
                self.sock = _tls().wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
                self.sock.do_handshake()
            return self.sock
        except BaseException:
            self._end.cancel()
            self.sock.close()
            raise

    def shutdown(self) -> None:
        self._end.cancel()
        super().shutdown()

    def _cut(self) -> None:
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it was closed in the same moment

    def read(self, size: int) -> bytes:
        """A literal of the server: how long it is, the server alone decides."""
        if size > _LARGEST_LITERAL:
            raise self.abort("a literal that is too long")
        return super().read(size)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


@contextmanager
def _or(sentence: str, kind: type[NoSession] = NoSession) -> Iterator[None]:
    """What the server refuses is `sentence`; that it went away meanwhile is another."""
    try:
        yield
    except (OSError, imaplib.IMAP4.abort) as error:
        is_refusal = isinstance(error, imaplib.IMAP4.readonly)
        raise NoSession(sentence if is_refusal else NO_ANSWER) from error
    except _TROUBLE as error:
        raise kind(sentence) from error


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OSError, imaplib.IMAP4.abort) as error:
        raise Broken from error
    except _TROUBLE as error:
        raise Odd(type(error).__name__) from error


def _leave(box: BaseMailBox) -> None:
    try:
        box.client.logout()
    except _TROUBLE:
        with suppress(OSError):
            box.client.shutdown()
