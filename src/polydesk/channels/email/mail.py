"""A message as it was read: plain values, nothing of it verified."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec


class Reason(str):
    """A sentence for people, in English with its places filled, that still knows how it is put together."""

    sentence: str
    values: dict[str, Any]

    def __new__(cls, sentence: str, **values: Any) -> Reason:
        made = super().__new__(cls, sentence % values if values else sentence)
        made.sentence, made.values = sentence, values
        return made


class File(msgspec.Struct, frozen=True):
    """A part that is not the text. `kind` is what the sender says; the bytes decide (web.files)."""

    name: str
    kind: str
    content: bytes
    content_id: str = ""
    is_inline: bool = False


class Mail(msgspec.Struct, frozen=True):
    """Addresses are in lower case without names, identifiers without angle brackets, texts without control letters."""

    message_id: str = ""
    references: list[str] = []
    """What it answers, the nearest first: In-Reply-To, then References from the end. Each once."""
    sender: str = ""
    sender_name: str = ""
    reply_to: str = ""
    return_path: str = ""
    """`<>` when the header is there and empty; empty when there is none."""
    recipients: list[str] = []
    """To, Cc, Delivered-To, X-Original-To and Envelope-To, each once."""
    copied: list[tuple[str, str]] = []
    """Names and addresses of To and Cc, each address once."""
    subject: str = ""
    date: dt.datetime | None = None
    headers: dict[str, str] = {}
    """In lower case: auto-submitted, precedence, x-auto-response-suppress, and every list-*; the first of each."""
    text: str = ""
    """The whole text, of the plain part, else made from the HTML one."""
    reply: str = ""
    """What the sender wrote anew: without quotations and signature; the whole text when nothing else is left."""
    files: list[File] = []
    is_report: bool = False
    """A delivery status notification (multipart/report)."""
    protection: str = ""
    """`signed` or `encrypted` as the structure says: never checked, whatever its headers claim (RS-078)."""
    problems: list[str] = []
    """What was odd, in a sentence each, for people."""
