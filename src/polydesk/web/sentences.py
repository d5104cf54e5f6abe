"""Sentences that say no: programs get them in English, as contracts quote them, people in their own language.

Whoever raises one writes `say("… %(name)s …", name=…)` and does not know who reads it. A page asks for its reader's
language with `spoken_to_people`; without that no header and no setting of a language changes a word."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.utils.translation import gettext, pgettext

_to_people: ContextVar[bool] = ContextVar("to_people", default=False)


@contextmanager
def spoken_to_people() -> Iterator[None]:
    """Within, sentences are said in the language that is active."""
    token = _to_people.set(True)
    try:
        yield
    finally:
        _to_people.reset(token)


def say(sentence: str, /, **places: Any) -> str:
    """The sentence with its places filled in."""
    said = gettext(sentence) if _to_people.get() else sentence
    return said % places if places else said


def word(name: str, context: str = "") -> str:
    """The name of a thing, as it stands inside a sentence."""
    if not (name and _to_people.get()):
        return name
    return pgettext(context, name) if context else gettext(name)
