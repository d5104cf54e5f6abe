"""The tree of a message's parts, by offsets into its bytes: nothing is copied, and nobody's depth is ours (RS-075).

Of our own, because the standard library's feed parser keeps a line object for each line (a third of a gigabyte for a
message of 25 MiB), recurses as deep as the sender likes, and writes nested messages anew instead of giving their bytes.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from gettext import gettext as _

from .headers import from_base64, parameters, raw_text
from .mail import Reason

MOST_PARTS, DEEPEST, LONGEST_HEADERS = 1000, 50, 256 * 1024

_NAME = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_HEADER_NEXT = re.compile(rb"[^\n]*\n(?:\r?\n|[A-Za-z][A-Za-z0-9-]{0,60}:)")
_KIND = re.compile(r"\s*([\w!#$&^.+-]{1,100}/[\w!#$&^.+-]{1,100})", re.ASCII)
_LIKELY_BOUNDARY = re.compile(rb"(?:\A|\n)--([^\s][^\r\n]{0,199}?)[ \t]*\r?\nContent-", re.IGNORECASE)
_BASE64_LINE = re.compile(rb"\s*+[A-Za-z0-9+/]*+={0,2}+\s*+\Z")


# The standard library's gettext: it gives the words back and marks them for our catalogues, without Django.
_TOO_MANY = Reason(_("It has more than %(most)s parts."), most=MOST_PARTS)


class TooMuch(Exception):
    """More than a message may ask of us; the reason is a sentence for people."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class Part:
    """One part: header lines as they came, and where its body lies."""

    raw: bytes
    start: int
    end: int
    headers: list[tuple[str, str]]
    kind: str = "text/plain"
    parameters: dict[str, str] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def walk(self) -> Iterator[Part]:
        yield self
        for part in self.parts:
            yield from part.walk()

    @property
    def disposition(self) -> str:
        return (self.header("content-disposition") or "").partition(";")[0].strip().lower()


class Tree:
    """Reads one message; `problems` tells what was odd."""

    def __init__(self, raw: bytes) -> None:
        raw = raw.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
        self.raw = raw if b"\n" in raw else raw.replace(b"\r", b"\n")
        self.problems: list[str] = []
        self.count = 0
        self.root = self._part(0, len(self.raw), 0, "text/plain")

    def note(self, problem: str) -> None:
        if problem not in self.problems and len(self.problems) < 50:
            self.problems.append(problem)

    def content(self, part: Part) -> bytes:
        """The part's bytes as they were before they were wrapped for the journey."""
        body = part.raw[part.start : part.end]
        encoding = (part.header("content-transfer-encoding") or "").partition(";")[0].strip().lower()
        match encoding:
            case "base64":
                return self._from_base64(part, body)
            case "quoted-printable":
                return binascii.a2b_qp(body)
            case "uuencode" | "x-uuencode" | "x-uue" | "uue":
                return _from_uu(body)
            case "" | "7bit" | "8bit" | "binary":
                return body
        self.note("A part is wrapped in a way that is not known; it is kept as it came.")
        return body

    def _part(self, start: int, end: int, depth: int, default: str) -> Part:
        self.count += 1
        if self.count > MOST_PARTS:
            raise TooMuch(_TOO_MANY)
        headers, start = self._headers(start, end)
        part = Part(self.raw, start, end, headers, kind=default)
        value = part.header("content-type")
        if value is not None:
            kind = _KIND.match(value)
            part.kind = kind[1].lower() if kind else "text/plain"
            part.parameters = parameters(value)
        if part.kind.startswith("multipart/"):
            self._divide(part, depth + 1)
        return part

    def _divide(self, part: Part, depth: int) -> None:
        if depth > DEEPEST:
            raise TooMuch(Reason(_("Its parts are nested more than %(most)s deep."), most=DEEPEST))
        boundary = part.parameters.get("boundary", "").rstrip().encode("utf-8", "surrogateescape")
        pieces = self._pieces(part, boundary) if boundary else []
        if not pieces:
            likely = _LIKELY_BOUNDARY.search(part.raw, part.start, min(part.end, part.start + 65536))
            self.note("The line that parts the message is not the one that it names.")
            pieces = self._pieces(part, likely[1]) if likely else []
        default = "message/rfc822" if part.kind == "multipart/digest" else "text/plain"
        part.parts = [self._part(start, end, depth, default) for start, end in pieces]

    def _pieces(self, part: Part, boundary: bytes) -> list[tuple[int, int]]:
        raw, mark, found = part.raw, b"--" + boundary, []
        at, begin = part.start, None
        while (at := raw.find(mark, at, part.end)) >= 0:
            after = at + len(mark)
            tail = raw[after : min(after + 200, part.end)].partition(b"\n")
            rest = tail[0].strip()
            if (at == part.start or raw[at - 1] == 10) and rest in (b"", b"--"):
                if begin is not None:
                    found.append((begin, _without_end_of_line(raw, begin, at)))
                    if len(found) > MOST_PARTS:
                        raise TooMuch(_TOO_MANY)
                begin = None if rest else min(after + len(tail[0]) + 1, part.end)
                if rest:
                    break
            at = after
        if begin is not None:
            self.note("The message ends before its last part does.")
            found.append((begin, part.end))
        return found

    def _headers(self, start: int, end: int) -> tuple[list[tuple[str, str]], int]:
        """The header lines, unfolded, and where the body begins."""
        raw, at = self.raw, start
        found: list[tuple[str, list[bytes]]] = []
        while at < end:
            if raw.startswith((b"\n", b"\r\n"), at):
                return _unfolded(found), _next_line(raw, at, end)
            name = _NAME.match(raw, at, end)
            is_more = bool(found) and raw.startswith((b" ", b"\t"), at)
            if not name and not is_more:
                if at == start and raw.startswith((b"From ", b">From "), at):  # as mailbox files begin a message
                    at = _next_line(raw, at, end)
                    continue
                if not found or not _HEADER_NEXT.match(raw, at, min(end, at + 2000)):
                    if found or not start:
                        self.note("Its headers end without an empty line.")
                    return _unfolded(found), at
                self.note("A line among its headers is no header.")
            after = _next_line(raw, at, end)
            if after - start > LONGEST_HEADERS:
                raise TooMuch(Reason(_("Its headers are longer than %(most)s KiB."), most=LONGEST_HEADERS // 1024))
            line = raw[at:after].rstrip(b"\r\n")
            if name:
                found.append((name[1].decode("ascii").lower(), [line[name.end() - at :]]))
            else:
                found[-1][1].append(line)
            at = after
        return _unfolded(found), end

    def _from_base64(self, part: Part, body: bytes) -> bytes:
        good = re.sub(rb"[A-Za-z0-9+/=\s]+", b"", body)
        if not good:
            return from_base64(body)
        self.note("A part is damaged: not all of it could be decoded.")
        if not part.kind.startswith("text/"):
            return from_base64(body)
        # Words that somebody on the way has put below, or a text that never was base64, are to be read as they are.
        lines = body.splitlines(keepends=True)
        encoded = next((at for at, line in enumerate(lines) if not _BASE64_LINE.match(line)), len(lines))
        return from_base64(b"".join(lines[:encoded])) + b"\n" + b"".join(lines[encoded:])


def _unfolded(found: list[tuple[str, list[bytes]]]) -> list[tuple[str, str]]:
    """Headers that only we may set are not even read (RS-073)."""
    return [(name, raw_text(b"".join(lines))) for name, lines in found if not name.startswith("x-polydesk-")]


def _next_line(raw: bytes, at: int, end: int) -> int:
    found = raw.find(b"\n", at, end)
    return end if found < 0 else found + 1


def _without_end_of_line(raw: bytes, begin: int, at: int) -> int:
    at -= at > begin and raw[at - 1] == 10
    at -= at > begin and raw[at - 1] == 13
    return at


def _from_uu(body: bytes) -> bytes:
    found, damaged = [], 0
    for line in body.splitlines():
        if line.startswith((b"begin ", b"end")) or not line:
            continue
        wanted = ((line[0] - 32 & 63) + 2) // 3 * 4 + 1
        try:
            if len(line) < wanted // 2:  # spaces may be lost at its end, but nobody gets a file for nothing
                raise binascii.Error
            # Some programs write more letters than they count; only those that are counted are of the file.
            found.append(binascii.a2b_uu(line[:wanted]))
        except binascii.Error:
            damaged += 1
            if damaged == 1000:
                break
    return b"".join(found)
