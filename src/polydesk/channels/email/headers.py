"""Header lines: encoded words, parameters, addresses, identifiers, dates. Each in time linear in its length."""

from __future__ import annotations

import binascii
import datetime as dt
import re
from collections.abc import Iterable, Iterator
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from .charsets import decode, one_line

LONGEST_NAME = 200
LONGEST_SUBJECT = 1000
_LONGEST_ADDRESS = 254

_WORD = re.compile(r"=\?([^?\s]{1,60})\?([BbQq])\?([^?]*+)\?=")
_PARAMETER = re.compile(r';\s*+([^\s=;"]{1,100})\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"?|([^;]*+))', re.DOTALL)
_SECTION = re.compile(r"([^*]+)\*(?:(\d{1,4})(\*)?)?\Z")
_ESCAPED = re.compile(r'\\(["\\])')
_ADDRESS = re.compile(r"[^\s@<>()\[\]\",;:\\]{1,64}@[^\s@<>()\",;\\]{1,255}\Z")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|<[^<>]*+>?|[(),;:]|[^"<(),;:]+|.', re.DOTALL)
_IN_BRACKETS = re.compile(r"<([^<>]*+)>")


def raw_text(value: bytes) -> str:
    """UTF-8, with other bytes kept as half letters: nothing is lost before the charset is known."""
    return value.decode("utf-8", "surrogateescape")


def settle(value: str, charset: str = "") -> str:
    """Bytes that were no UTF-8 become letters of the charset that the message names, else of cp1252."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return decode(value.encode("utf-8", "surrogateescape"), charset)[0]
    return value


def words(value: str, charset: str = "") -> str:
    """Encoded words (RFC 2047) decoded; letters that were split between two words are joined again."""
    pieces: list[tuple[str, bytes | str]] = []
    end = 0
    for word in _WORD.finditer(value):
        gap = value[end : word.start()]
        if gap and not (gap.isspace() and pieces):
            pieces.append(("", gap))
        name, content = word[1].lower(), _word_bytes(word[2], word[3])
        last = pieces[-1] if pieces else None
        if last is not None and last[0] == name and isinstance(last[1], bytes):
            pieces[-1] = (name, last[1] + content)
        else:
            pieces.append((name, content))
        end = word.end()
    pieces.append(("", value[end:]))
    return "".join(
        settle(piece, charset) if isinstance(piece, str) else decode(piece, name)[0] for name, piece in pieces
    )


def subject(value: str, charset: str = "") -> str:
    return one_line(words(value, charset), LONGEST_SUBJECT)


def parameters(value: str, charset: str = "") -> dict[str, str]:
    """Of Content-Type and Content-Disposition, the split and encoded ones too (RFC 2231). The first of each counts."""
    plain: dict[str, str] = {}
    split: dict[str, dict[int, tuple[str, bool]]] = {}
    for found in _PARAMETER.finditer(value):
        name, content = found[1].lower(), found[3].strip() if found[2] is None else _ESCAPED.sub(r"\1", found[2])
        section = _SECTION.match(name)
        if section is None:
            plain.setdefault(name, content)
        else:
            is_encoded = section[2] is None or bool(section[3])
            split.setdefault(section[1], {}).setdefault(int(section[2] or 0), (content, is_encoded))
    return {name: words(content, charset) for name, content in plain.items()} | {
        name: _joined(sections, charset) for name, sections in split.items()
    }


def mailboxes(value: str, charset: str = "") -> list[tuple[str, str]]:
    """Display name and address of each; what stands in a name, a comment or quotes is never an address (RS-074)."""
    return [found for phrase in _phrases(value) if (found := _mailbox(phrase, charset))[1]]


def identifiers(value: str) -> list[str]:
    """Message identifiers without brackets, in their order."""
    found = _IN_BRACKETS.findall(value)
    bare = [word for word in _IN_BRACKETS.sub(" ", value).split() if "@" in word] if not found else []
    return [name for word in found + bare if (name := one_line("".join(settle(word).split()), 998).strip("<>"))]


def each_once(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def date(value: str) -> dt.datetime | None:
    """In UTC; None for what is no date."""
    try:
        found = parsedate_to_datetime(value[:200])
        found = found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found.astimezone(dt.UTC)
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None
    return found


def _word_bytes(encoding: str, text: str) -> bytes:
    content = text.encode("utf-8", "surrogateescape")
    if encoding in "qQ":
        return binascii.a2b_qp(content, header=True)
    return from_base64(content)


def from_base64(content: bytes) -> bytes:
    """What can be decoded: letters that do not belong are passed over, blocks that follow an end are joined."""
    kept = re.sub(rb"[^A-Za-z0-9+/=]+", b"", content)
    return b"".join(_block(block) for block in kept.split(b"=") if block)


def _block(block: bytes) -> bytes:
    if len(block) % 4 == 1:
        block = block[:-1]
    return binascii.a2b_base64(block + b"=" * (-len(block) % 4))


def _joined(sections: dict[int, tuple[str, bool]], charset: str) -> str:
    content = b""
    for number, (text, is_encoded) in sorted(sections.items()):
        if is_encoded and number == min(sections) and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        raw = text.encode("utf-8", "surrogateescape")
        content += unquote_to_bytes(raw) if is_encoded else raw
    return decode(content, charset)[0]


def _phrases(value: str) -> Iterator[list[tuple[str, str]]]:
    """Tokens of one mailbox after the other: its kind (`"`, `<`, `(` or none) and the text."""
    phrase: list[tuple[str, str]] = []
    depth, comment = 0, ""
    for token in _TOKEN.findall(value):
        if token == "(":
            depth += 1
        elif token == ")" and depth:
            depth -= 1
            if not depth:
                phrase.append(("(", comment))
                comment = ""
        elif depth:
            comment = (comment + token)[:LONGEST_NAME]
        elif token in ",;":
            yield phrase
            phrase = []
        elif token == ":":
            phrase = []  # the name of a group
        else:
            phrase.append((token[0] if token[0] in '"<' else "", token))
    yield phrase


def _mailbox(phrase: list[tuple[str, str]], charset: str) -> tuple[str, str]:
    in_brackets = [text for kind, text in phrase if kind == "<"]
    comments = "".join(text for kind, text in phrase if kind == "(")
    outside = "".join(_unquoted(text) if kind == '"' else text for kind, text in phrase if kind not in ("<", "("))
    if in_brackets:
        inside = in_brackets[-1].strip("<>").rpartition(":")[2].replace('"', "")  # after the route of RFC 822
        return one_line(words(outside or comments, charset), LONGEST_NAME), _address(inside)
    is_quoted = phrase and phrase[0][0] == '"' and not any("@" in text for kind, text in phrase if not kind)
    return one_line(words(comments, charset), LONGEST_NAME), "" if is_quoted else _address(outside)


def _unquoted(text: str) -> str:
    return _ESCAPED.sub(r"\1", text[1:-1] if len(text) > 1 and text.endswith('"') else text[1:])


def _address(text: str) -> str:
    text = one_line(settle(text.strip()), _LONGEST_ADDRESS + 1).strip("'").lower()
    return text if len(text) <= _LONGEST_ADDRESS and _ADDRESS.match(text) else ""
