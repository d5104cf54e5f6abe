"""Texts that people prepare, with names to be filled in: `Hello {{requester.name}}` (RS-088).

No template is ever built of such a text: a name is looked up in the given mapping and nowhere else. What is not listed
(`{{7*7}}`, `{{user.password}}`, `{{x.__class__}}`) becomes empty, and what was filled in is never read again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_PLACE = re.compile(r"\{\{([^{}]*)\}\}")


def fill(text: str, values: Mapping[str, str], *, in_lines: bool = False) -> str:
    """The text with every place filled; values are put on one line unless they may keep theirs."""
    shown = (lambda value: value) if in_lines else (lambda value: " ".join(value.split()))
    return "".join(piece if name is None else shown(values.get(name, "")) for piece, name in pieces(text))


def pieces(text: str) -> Iterator[tuple[str, str | None]]:
    """The text cut into what stands there (with None) and the names that it asks for."""
    end = 0
    for place in _PLACE.finditer(text):
        yield text[end : place.start()], None
        yield "", place[1].strip()
        end = place.end()
    yield text[end:], None


def names(text: str) -> list[str]:
    """What a text asks for, in order, each once."""
    return list(dict.fromkeys(place[1].strip() for place in _PLACE.finditer(text)))
