"""Text to words, alike for both databases: folded for every script, split at what is no letter or digit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

WORD = re.compile(r"[^\W_]+")
MARK = "\ue000"
"""Begins the word that says whose a document is: of private use, no letter to `split`, one to both databases."""
LONGEST_WORD = 60
MOST_WORDS = 20_000
MOST_POSITIONS = 16_383


def fold(text: str) -> str:
    """Case, width and accents do not matter when searching."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not unicodedata.combining(c)))


def split(text: str) -> list[str]:
    """The words of a text, in order."""
    return [word[:LONGEST_WORD] for word in WORD.findall(fold(text))[:MOST_WORDS]]


def mark(organization_id: int) -> str:
    """The word that each document of an organization holds, and no text of anybody (PL-303).

    Every search asks for it, so that what others have written costs nothing."""
    return f"{MARK}{organization_id}"


def key(organization_id: int, word: str) -> str:
    """What PostgreSQL's index holds: one entry for a word and whose it is (`search_keys`, migration 0003)."""
    return f"{mark(organization_id)}/{word}"


def as_vector(words: Iterable[str], start: int = 0) -> str:
    """PostgreSQL's text form of a tsvector, with positions so that phrases can be found."""
    places: dict[str, list[int]] = {}
    for position, word in enumerate(words, start + 1):
        found = places.setdefault(word, [])
        if position <= MOST_POSITIONS and len(found) < 255:
            found.append(position)
    return " ".join(f"'{word}':{','.join(map(str, at))}" if at else f"'{word}'" for word, at in places.items())
