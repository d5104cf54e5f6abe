"""What may stand in the headers of a mail (RS-074)."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

LONGEST = 200
_BLANKS = re.compile(r"\s+")


def header(text: str, longest: int = LONGEST) -> str:
    """A value without line breaks, NUL and other control or format characters, on one line. What looks encoded (`=?`)
    is kept from being decoded: it could hold what was just taken out."""
    clean = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in text)
    return _BLANKS.sub(" ", clean).replace("=?", "= ?").strip()[:longest].strip()


def is_address(text: str) -> bool:
    """Is it one plain address and nothing else?"""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return header(text) == text
