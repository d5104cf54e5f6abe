"""A raw message becomes plain values, whatever its bytes (RS-077). Imports no Django: it runs in a lean process."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from unicodedata import category

from . import headers as lines
from .charsets import clean, decode, one_line
from .mail import File, Mail
from .parts import Part, TooMuch, Tree
from .quoting import written
from .text import from_html, unflow

__all__ = ["TooMuch", "read"]

MOST_RECIPIENTS, MOST_REFERENCES = 1000, 1000
LONGEST_TEXT = 500_000
LONGEST_FILE_NAME = 200

_TO = ("to", "cc", "delivered-to", "x-original-to", "envelope-to")
_KEPT = ("auto-submitted", "precedence", "x-auto-response-suppress")
_ENDINGS = {
    "application/gzip": "gz",
    "application/json": "json",
    "application/msword": "doc",
    "application/ms-tnef": "dat",
    "application/octet-stream": "bin",
    "application/pdf": "pdf",
    "application/pgp-encrypted": "pgp",
    "application/pgp-signature": "asc",
    "application/pkcs7-mime": "p7m",
    "application/pkcs7-signature": "p7s",
    "application/rtf": "rtf",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/x-pkcs7-mime": "p7m",
    "application/x-pkcs7-signature": "p7s",
    "application/xml": "xml",
    "application/zip": "zip",
    "audio/mpeg": "mp3",
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/jpg": "jpg",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/tiff": "tif",
    "image/webp": "webp",
    "message/rfc822": "eml",
    "text/calendar": "ics",
    "text/csv": "csv",
    "text/html": "html",
    "text/plain": "txt",
    "text/rfc822-headers": "txt",
    "text/vcard": "vcf",
    "text/x-vcard": "vcf",
    "video/mp4": "mp4",
}
_STEMS = {
    "application/ms-tnef": "winmail",
    "message/delivery-status": "delivery-status",
    "text/calendar": "invitation",
    "text/rfc822-headers": "headers",
}
_CID = re.compile(r"cid:([^\s\"'<>()]{1,250})", re.IGNORECASE)
_PGP = re.compile(r"^-----BEGIN PGP (SIGNED )?MESSAGE-----\s*$", re.MULTILINE)


def read(raw: bytes) -> Mail:
    """Never raises for what is in it, but TooMuch beyond the limits (RS-075)."""
    tree = Tree(raw)
    root = tree.root
    charset = root.parameters.get("charset", "")
    body = _Body(tree)
    text = _shortened(body)
    senders = _sender(tree, charset)
    references, subject = _references(tree), lines.subject(root.header("subject") or "", charset)
    reply_to = lines.mailboxes(root.header("reply-to") or "", charset)
    is_answer = bool(references) or bool(re.match(r"(?:re|aw|sv|antw|odp|отв|ha|r)(?:\[\d+\])?\s*:", subject.lower()))
    return Mail(
        message_id=next(iter(lines.identifiers(root.header("message-id") or "")), ""),
        references=references,
        sender=senders[1],
        sender_name=senders[0],
        reply_to=reply_to[0][1] if reply_to else "",
        return_path=_return_path(root),
        recipients=_limited(tree, _addresses(root, *_TO), MOST_RECIPIENTS, "recipients"),
        copied=_copied(root, charset)[:MOST_RECIPIENTS],
        subject=subject,
        date=lines.date(root.header("date") or ""),
        headers=_kept_headers(root),
        text=text,
        reply=written(text, subject, is_answer=is_answer),
        files=body.files,
        is_report=_is_report(root),
        protection=_protection(root, text),
        problems=tree.problems,
    )


@dataclass
class _Text:
    content: str
    is_plain: bool


@dataclass
class _Body:
    """The texts and files below a part, in their order."""

    tree: Tree
    files: list[File] = field(default_factory=list)
    shown_in_html: set[str] = field(default_factory=set)
    text: str = ""
    has_text: bool = False

    def __post_init__(self) -> None:
        pending: list[Part] = []
        texts = self._texts(self.tree.root, pending)
        self.text = "\n\n".join(text.content.strip("\n") for text in texts if text.content.strip()).rstrip()
        self.files = [self._file(part) for part in pending]

    def _texts(self, part: Part, pending: list[Part]) -> list[_Text]:
        if part.parts:
            found = [self._texts(child, pending) for child in part.parts]
            if part.kind == "multipart/alternative":
                return _best(found)
            return [text for texts in found for text in texts]
        if self._is_text(part):
            text = self._text(part)
            self.has_text = self.has_text or bool(text.content.strip())
            return [text]
        if part.start < part.end or part.headers:
            pending.append(part)
        return []

    def _is_text(self, part: Part) -> bool:
        if part is self.tree.root and part.kind.startswith(("text/", "multipart/")):
            return part.disposition != "attachment"
        if part.kind.startswith("multipart/"):
            return True  # divided by nothing: read as it stands
        if part.kind not in ("text/plain", "text/html", "text/markdown") or part.disposition == "attachment":
            return False
        return not (self.has_text and _file_name(part))

    def _text(self, part: Part) -> _Text:
        charset = part.parameters.get("charset", "")
        content, fits = decode(self.tree.content(part), charset)
        if not fits:
            self.tree.note(f"The letters of a text are not all {one_line(charset, 40) or 'known'}.")
        if part.kind == "text/html":
            self.shown_in_html.update(found.lower() for found in _CID.findall(content))
            return _Text(from_html(content), is_plain=False)
        content = clean(content)
        if part.parameters.get("format", "").lower() == "flowed":
            content = unflow(content, delete_space=part.parameters.get("delsp", "").lower() == "yes")
        return _Text(content, is_plain=True)

    def _file(self, part: Part) -> File:
        content = self.tree.content(part)
        name = _file_name(part)
        if part.kind in ("message/rfc822", "message/global"):
            name = name or _subject_within(content)
            name = name if name.lower().endswith(".eml") else f"{name[: LONGEST_FILE_NAME - 4]}.eml"
        identifier = next(iter(lines.identifiers(part.header("content-id") or "")), "")
        if not identifier:
            identifier = one_line(lines.settle(part.header("content-id") or ""), 250).strip("<> ")
        is_shown = part.disposition != "attachment" or identifier.lower() in self.shown_in_html
        return File(
            name=name or _default_name(part.kind),
            kind=part.kind,
            content=content,
            content_id=identifier,
            is_inline=bool(identifier) and part.kind.startswith("image/") and is_shown,
        )


def _best(alternatives: list[list[_Text]]) -> list[_Text]:
    """The first that is plain and says something, else the last that says something."""
    filled = [texts for texts in alternatives if any(text.content.strip() for text in texts)]
    plain = [texts for texts in filled if all(text.is_plain for text in texts)]
    return plain[0] if plain else filled[-1] if filled else []


def _shortened(body: _Body) -> str:
    """What is too long for an entry is a file as well, so that nothing is lost."""
    if len(body.text) <= LONGEST_TEXT:
        return body.text
    body.tree.note(f"The text is longer than {LONGEST_TEXT:,} letters; all of it is in the file.")
    body.files.insert(0, File(name="text.txt", kind="text/plain", content=body.text.encode()))
    return body.text[:LONGEST_TEXT].rstrip()


def _file_name(part: Part) -> str:
    disposition = lines.parameters(part.header("content-disposition") or "")
    charset = part.parameters.get("charset", "")
    named = (disposition.get("filename"), disposition.get("name"), part.parameters.get("name"))
    return next((safe for name in named if name and (safe := _safe_name(lines.settle(name, charset)))), "")


def _safe_name(name: str) -> str:
    """Without folders, control, bidi and private letters (RS-102); the ending survives the cut."""
    last = re.split(r"[/\\]", name.rstrip("/\\ "))[-1]
    kept = one_line("".join(letter for letter in last if category(letter)[0] != "C" or letter in "\t\n"), 10_000)
    kept = kept.strip(". ")
    stem, dot, ending = kept.rpartition(".")
    if len(kept) > LONGEST_FILE_NAME and dot and len(ending) <= 20:
        return f"{stem[: LONGEST_FILE_NAME - len(ending) - 1]}.{ending}"
    return kept[:LONGEST_FILE_NAME].strip()


def _default_name(kind: str) -> str:
    stem = _STEMS.get(kind) or ("picture" if kind.startswith("image/") else "attachment")
    ending = _ENDINGS.get(kind) or ("txt" if kind.startswith(("text/", "message/")) else "bin")
    return f"{stem}.{ending}"


def _subject_within(content: bytes) -> str:
    found = re.search(rb"(?:\A|\n)Subject:([^\n]*+(?:\n[ \t][^\n]*+)*+)", content[:65536], re.IGNORECASE)
    return _safe_name(lines.subject(lines.raw_text(found[1])).replace("/", "-")) if found else "message"


def _sender(tree: Tree, charset: str) -> tuple[str, str]:
    """Name and address. From may be missing or name several: Sender then says which (RFC 5322)."""
    found = lines.mailboxes(", ".join(tree.root.all("from")), charset)
    others = lines.mailboxes(tree.root.header("sender") or "", charset)
    if len({address for _, address in found}) == 1:
        return found[0]
    if found:
        tree.note("It names several senders.")
        named = others[0][1] if others else ""
        return next((one for one in found if one[1] == named), found[0])
    tree.note("It names no sender.")
    return others[0] if others else ("", _return_path(tree.root).strip("<>"))


def _references(tree: Tree) -> list[str]:
    root = tree.root
    answered = lines.identifiers(" ".join(root.all("in-reply-to")))
    before = lines.identifiers(" ".join(root.all("references")))
    return _limited(tree, lines.each_once(answered + before[::-1]), MOST_REFERENCES, "references")


def _return_path(root: Part) -> str:
    value = root.header("return-path")
    if value is None:
        return ""
    if not value.strip() or "".join(value.split()) == "<>":
        return "<>"
    found = lines.mailboxes(value)
    return found[0][1] if found else ""


def _addresses(root: Part, *names: str) -> list[str]:
    values = [value for name in names for value in root.all(name)]
    return lines.each_once(address for value in values for _, address in lines.mailboxes(value))


def _copied(root: Part, charset: str) -> list[tuple[str, str]]:
    values = [value for name in ("to", "cc") for value in root.all(name)]
    found: dict[str, str] = {}
    for value in values:
        for name, address in lines.mailboxes(value, charset):
            found[address] = found.get(address) or name
    return [(name, address) for address, name in found.items()]


def _limited(tree: Tree, values: list[str], most: int, what: str) -> list[str]:
    if len(values) > most:
        tree.note(f"It has {len(values):,} {what}; only the first {most:,} are read.")
    return values[:most]


def _kept_headers(root: Part) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in root.headers:
        if (name in _KEPT or (name.startswith("list-") and len(name) <= 60)) and len(found) < 50:
            found.setdefault(name, one_line(lines.words(value), 1000))
    return found


def _is_report(root: Part) -> bool:
    if root.kind == "multipart/report" and root.parameters.get("report-type", "").lower() == "delivery-status":
        return True
    return any(part.kind in ("message/delivery-status", "message/global-delivery-status") for part in root.walk())


def _protection(root: Part, text: str) -> str:
    """By structure alone; nothing is ever taken from a header that claims a result (RS-078)."""
    found = set()
    for part in root.walk():
        if part.kind in ("multipart/encrypted", "multipart/signed"):
            found.add(part.kind.removeprefix("multipart/"))
        elif part.kind in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
            found.add("signed" if part.parameters.get("smime-type", "").lower() == "signed-data" else "encrypted")
    found.update("signed" if match[1] else "encrypted" for match in _PGP.finditer(text))
    return "encrypted" if "encrypted" in found else "signed" if found else ""
