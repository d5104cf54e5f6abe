"""Attachment bytes, stored once by their SHA-256 (RS-011, RS-012, RS-102, RS-103), and how they are sent (RS-101).

A file is complete before its name exists: temporary name, fsync of file and folder, rename. Rows come after; a file
without a row is removed by `sweep` after a day. The name a user gave lives in the database only.
"""

import codecs
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast
from unicodedata import category

from django.conf import settings
from django.http import FileResponse

from polydesk.web.elsewhere import Elsewhere
from polydesk.web.failpoints import failpoint

DEFAULT_LIMIT = 25 * 1024 * 1024
OTHER = "application/octet-stream"
INLINE = {"image/png", "image/jpeg", "image/gif", "image/webp", "text/plain"}
_CHUNK = 64 * 1024
_HEAD = 4096


class TooLarge(ValueError):
    """More bytes than the limit; nothing was kept."""


@dataclass(frozen=True)
class Stored:
    """What goes into the row: `kind` is a media type known from the bytes, never the sender's word."""

    sha256: str
    size: int
    kind: str


_place: list[Callable[[], Path | Elsewhere]] = []


def keep_under(place: Callable[[], Path | Elsewhere]) -> None:
    """Say where files lie when no setting does: a host project has its own folder or storage for them (ST-092)."""
    _place[:] = [place]


def _kept() -> Path | Elsewhere:
    named = getattr(settings, "POLYDESK_FILES_ROOT", None)
    if named:
        return Path(named)
    return _place[0]() if _place else Path(settings.MEDIA_ROOT) / "polydesk"


def root() -> Path:
    """The folder of this machine under which files lie, or wait to be handed over to a storage."""
    place = _kept()
    return place if isinstance(place, Path) else Path(tempfile.gettempdir()) / "polydesk"


def store(chunks: Iterable[bytes], *, limit: int = DEFAULT_LIMIT) -> Stored:
    """Writes the bytes as they come (an uploaded file's `.chunks()`); raises TooLarge beyond `limit`."""
    folder = root() / "incoming"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=folder)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            stored = _write(file, chunks, limit)
        failpoint("file.written")
        place = _kept()
        if isinstance(place, Path):
            _move(temporary, path(stored.sha256))
        else:
            place.keep(temporary, stored.sha256)
            temporary.unlink()
        failpoint("file.moved")
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return stored


def path(sha256: str) -> Path:
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ValueError("not a SHA-256")
    return root() / sha256[:2] / sha256[2:]


def open_stored(sha256: str) -> BinaryIO:
    place = _kept()
    return path(sha256).open("rb") if isinstance(place, Path) else place.open(sha256)


def chunks_of(file: BinaryIO) -> Iterable[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def is_intact(sha256: str, size: int) -> bool:
    """Whether the file is there with the size and digest of its row (`polydesk check`)."""
    try:
        with open_stored(sha256) as file:
            found = hashlib.file_digest(cast(BufferedReader, file), "sha256").hexdigest()
            return found == sha256 and file.tell() == size
    except OSError:
        return False


Known = Callable[[list[str]], set[str]]
"""Says which of some digests have a row."""
_named: list[Known] = []


def named_by(known: Known) -> None:
    """Files of other rows than attachments: `sweep` asks here too."""
    _named.append(known)


def sweep(known: Known, *, older_than: timedelta = timedelta(hours=24)) -> int:
    """Removes files that no row knows, neither by `known` nor by `named_by`. How many were removed."""
    before = time.time() - older_than.total_seconds()
    removed = 0
    for folder in sorted(p for p in root().glob("*") if p.is_dir()):
        old = [p for p in folder.iterdir() if p.stat().st_mtime < before]
        if folder.name == "incoming":
            orphans = old
        else:
            digests = {folder.name + p.name: p for p in old}
            kept = set().union(*(one(list(digests)) for one in (known, *_named))) if digests else set()
            orphans = [p for digest, p in digests.items() if digest not in kept]
        for orphan in orphans:
            orphan.unlink(missing_ok=True)
            removed += 1
    return removed


_asked: list[Callable[[str], None]] = []


def ask_before_sending(check: Callable[[str], None]) -> None:
    """Have `check` asked before bytes are handed out; it raises PermissionDenied for what is held (RS-105)."""
    if check not in _asked:
        _asked.append(check)


def check_is_free(sha256: str) -> None:
    """Whoever hands out bytes by another way than `download_response` asks this first."""
    for check in _asked:
        check(sha256)


def download_response(
    sha256: str, name: str, kind: str = OTHER, *, inline: bool = True, even_held: bool = False
) -> FileResponse:
    """Sends a stored file so that nothing in it can run; only recognised images and plain text show in place.

    `even_held`: the reader is an administrator, who may see what a scanner holds."""
    if not even_held:
        check_is_free(sha256)
    shown = inline and kind in INLINE
    response = FileResponse(open_stored(sha256), as_attachment=not shown, filename=safe_name(name))
    response["Content-Type"] = ("text/plain; charset=utf-8" if kind == "text/plain" else kind) if shown else OTHER
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-cache"
    response["ETag"] = f'"{sha256}"'
    return response


_PATH_PARTS = re.compile(r"[/\\]+")
_LONGEST_NAME = 255


def safe_name(name: str) -> str:
    """The last part of a name without control, format (bidi) and private characters, at most 255 long (RS-102)."""
    last = _PATH_PARTS.split(name)[-1] or _PATH_PARTS.split(name.rstrip("/\\"))[-1]
    clean = "".join(c for c in last if category(c)[0] != "C").strip().strip(".").strip()
    if len(clean) > _LONGEST_NAME:
        stem, dot, ending = clean.rpartition(".")
        keeps_ending = dot and len(ending) <= 20
        clean = f"{stem[: _LONGEST_NAME - len(ending) - 1]}.{ending}" if keeps_ending else clean[:_LONGEST_NAME]
    return clean or "file"


def sniff(head: bytes) -> str | None:
    """The image type that these first bytes prove."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return None


def _write(file: BinaryIO, chunks: Iterable[bytes], limit: int) -> Stored:
    digest, size, head, text = hashlib.sha256(), 0, b"", _TextCheck()
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"A file may have at most {limit} bytes.")
        if len(head) < _HEAD:
            head += chunk[: _HEAD - len(head)]
        digest.update(chunk)
        text.feed(chunk)
        file.write(chunk)
    file.flush()
    os.fsync(file.fileno())
    kind = sniff(head) or ("text/plain" if text.is_plain(head) else OTHER)
    return Stored(digest.hexdigest(), size, kind)


def _move(temporary: Path, target: Path) -> None:
    if target.exists():
        os.utime(target)  # so that the sweeper leaves it alone until the new row is there
        temporary.unlink()
        return
    if not target.parent.exists():
        target.parent.mkdir(exist_ok=True, mode=0o700)
        _sync_folder(target.parent.parent)
    temporary.rename(target)
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class _TextCheck:
    """Plain text is valid UTF-8 without control characters, all of it, that does not begin like markup."""

    _CONTROL = bytes(c for c in range(32) if c not in b"\t\n\r\f")
    _MARKUP = re.compile(rb"^(\xef\xbb\xbf)?\s*<|<(!doctype|html|svg|script|\?xml)|^%PDF", re.IGNORECASE)

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._ok = True

    def feed(self, chunk: bytes) -> None:
        if not self._ok:
            return
        try:
            self._decoder.decode(chunk)
        except UnicodeDecodeError:
            self._ok = False
        if len(chunk.translate(None, self._CONTROL)) != len(chunk):
            self._ok = False

    def is_plain(self, head: bytes) -> bool:
        try:
            self._decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
        return self._ok and not self._MARKUP.search(head)
