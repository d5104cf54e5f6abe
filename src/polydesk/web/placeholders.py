"""Texts that people prepare, with names to be filled in: `Hello {{requester.name}}` (RS-088).

No template is ever built of such a text: a name is looked up in the given mapping and nowhere else. What is not listed
(`{{7*7}}`, `{{user.password}}`, `{{x.__class__}}`) becomes empty, and what was filled in is never read again."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PLACE = re.compile(r"\{\{([^{}]*)\}\}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with every place filled; values are put on one line."""
    return _PLACE.sub(lambda place: " ".join(values.get(place[1].strip(), "").split()), text)


def names(text: str) -> list[str]:
    """What a text asks for, in order, each once."""
    return list(dict.fromkeys(place[1].strip() for place in _PLACE.finditer(text)))
