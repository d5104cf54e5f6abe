"""Bytes and what their sender calls their letters → text without control letters, whatever the bytes (RS-077)."""

from __future__ import annotations

import codecs
import re

_NAME = re.compile(r"[A-Za-z0-9._:-]{1,40}\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_ENDS_OF_LINES = re.compile(r"\r\n|[\r\v\f\x85]")
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_SPACE = re.compile(r"\s+")

_SEEN_AS = {
    # What says Latin-1 is Windows' superset of it in truth, and a stray letter of cp1252 would be a control letter.
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "windows-874": "cp874",
    "utf8mb4": "utf-8",
    "unicode": "utf-16",
    "x-mac-cyrillic": "mac-cyrillic",
}
_SAYS_NOTHING = frozenset({"", "us-ascii", "ascii", "ansi_x3.4-1968", "unknown-8bit", "x-unknown", "default", "binary"})
_NOT_LETTERS = frozenset({"unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "mbcs", "oem"})


def decode(content: bytes, charset: str) -> tuple[str, bool]:
    """The text, and whether its charset was known and fits. Not yet cleaned."""
    name = charset.strip().strip("\"'").partition("*")[0].lower()
    if name in _SAYS_NOTHING:
        return _guess(content), True
    codec = _codec(_SEEN_AS.get(name, name))
    if codec is None:
        return _guess(content), False
    try:
        return content.decode(codec), True
    except ValueError:
        return _repaired(content, codec), False


def clean(text: str) -> str:
    """Lines end in a line feed; no control letters but it and the tabulator, no half letters."""
    return _CONTROL.sub("", _ENDS_OF_LINES.sub("\n", text))


def one_line(text: str, longest: int) -> str:
    """For names and subjects: one line, without what turns the reading direction (RS-074)."""
    return _BIDI.sub("", _SPACE.sub(" ", clean(text))).strip()[:longest].strip()


def _codec(name: str) -> str | None:
    if not _NAME.match(name):
        return None
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    # zlib, base64 and their like are codecs too, but not of letters.
    is_text = getattr(found, "_is_text_encoding", True) and found.name.replace("-", "_") not in _NOT_LETTERS
    return found.name if is_text else None


def _guess(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _repaired(content: bytes, codec: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return content.decode(codec, "replace")
    except ValueError:
        return content.decode("cp1252", "replace")
