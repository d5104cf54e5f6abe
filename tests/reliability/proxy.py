"""A wire between the product and PostgreSQL that can be frozen, or cut at any step of the protocol."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qsl, urlsplit

STATEMENT_ENDS = (b"Q", b"S")  # a simple query, or the Sync after an extended one


@dataclass
class Cut:
    """Break the connection at a statement after the one that carries `mark`; `after`: once it was sent.

    `at` is how many statements stand between, or what the statement says."""

    mark: bytes
    at: int | bytes
    after: bool
    statement: bytes = b""
    wire: object = None
    seen: int = 0


class Proxy:
    """Forwards 127.0.0.1:port to the server of a URL."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.folder = dict(parse_qsl(parts.query))["host"]
        self.cut: Cut | None = None
        self.open = threading.Event()
        self.open.set()
        self.deaf: set[object] = set()
        self.wires: list[socket.socket] = []
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        self.url = f"postgresql://postgres:@127.0.0.1:{self.port}{parts.path}?sslmode=disable&gssencmode=disable"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.open.set()
        self.door.close()
        for wire in self.wires:
            wire.close()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Connections are accepted, and nothing is ever answered."""
        self.open.clear()
        try:
            yield
        finally:
            self.open.set()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.door.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        self.wires += [client, server]
        with contextlib.suppress(OSError):
            self.open.wait()
            server.connect(f"{self.folder}/.s.PGSQL.5432")
            threading.Thread(target=self._pump, args=(server, client), daemon=True).start()
            self._forward(client, server)
        for side in (client, server):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

    def _pump(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while (piece := server.recv(65536)) and client not in self.deaf:
                self.open.wait()
                client.sendall(piece)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        """Message by message, as only they tell where a statement ends."""
        read = _reader(client)
        server.sendall(_message(read, kind=False))
        text = b""
        while message := _message(read, kind=True):
            self.open.wait()
            text += message
            if (cut := self.cut) and cut.wire is None and cut.mark in message:
                cut.wire = client
            if message[:1] in STATEMENT_ENDS:
                if cut and cut.wire is client:
                    if cut.seen == cut.at or (isinstance(cut.at, bytes) and cut.at in text):
                        self._break(cut, text, message, server)
                        return
                    cut.seen += 1
                text = b""
            server.sendall(message)

    def _break(self, cut: Cut, text: bytes, message: bytes, server: socket.socket) -> None:
        self.cut, cut.statement = None, text
        if cut.after:
            self.deaf.add(cut.wire)
            server.sendall(message)
            time.sleep(0.1)  # the server does it; its answer finds nobody


def _reader(wire: socket.socket) -> Callable[[int], bytes]:
    file = wire.makefile("rb")
    return lambda count: file.read(count) or b""


def _message(read: Callable[[int], bytes], *, kind: bool) -> bytes:
    first = read(1) if kind else b""
    length = read(4)
    if len(length) < 4:
        return b""
    return first + length + read(struct.unpack("!i", length)[0] - 4)
