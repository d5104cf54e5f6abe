"""Every language is whole: what the code says to people stands in each catalogue, with the same places to fill in."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation.template import templatize

import polydesk
from polydesk.features import sla
from polydesk.tickets import access, kinds
from polydesk.tickets.fields import FIELDS
from polydesk.tickets.models import CustomField
from polydesk.tickets.models.ticket import ACCESS
from tests.marks import without_database

pytestmark = without_database

SOURCE = Path(polydesk.__file__).parent
PARTS = (
    "channels/email",
    "faces/desk",
    "faces/portal",
    "features/approvals",
    "features/automation",
    "features/charges",
    "features/checklists",
    "features/macros",
    "features/mailboxes",
    "features/notices",
    "features/notifications",
    "features/search",
    "features/sla",
    "features/vault",
    "features/webhooks",
    "server",
    "tickets",
    "web",
)
"""The folders that speak to people; each has its own `locale`."""

LANGUAGES = [code for code, _name in settings.LANGUAGES if code != "en"]
CALLS = {"_": 0, "gettext": 0, "gettext_lazy": 0, "ngettext": 0, "ngettext_lazy": 0, "pgettext": 1, "pgettext_lazy": 1}
SPEAKS = re.compile(r"gettext|import .*\bsay\b")
IN_PAGES = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
PLACE = re.compile(r"%(?:\((\w+)\)[0-9]*[a-z]|%)")

Sentence = tuple[str | None, str]
"""Its context, if it has one, and its words; of those with a number, the words for one."""


@cache
def said(part: str) -> frozenset[Sentence]:
    """What one part says: in its code, in its pages, and by the names of things that it shows."""
    folder = SOURCE / part
    found: set[Sentence] = set()
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".py":
            found |= set(_in_code(path.read_text()))
        elif path.suffix in (".jinja", ".html"):
            found |= set(_in_page(path))
    return frozenset(found | named() if part == "faces/desk" else found)


def _in_code(text: str) -> Iterator[Sentence]:
    if not SPEAKS.search(text):
        return
    calls = {**CALLS, "say": 0} if "polydesk.web.sentences import" in text else CALLS
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in calls and node.args:
            place = calls[node.func.id]
            context = node.args[0].value if place and isinstance(node.args[0], ast.Constant) else None
            for words in _constants(node.args[place]):
                yield context, words


def _constants(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)


def _in_page(path: Path) -> Iterator[Sentence]:
    if path.suffix == ".jinja":
        source, method = path.read_bytes(), "jinja2"
    else:
        source, method = templatize(path.read_text()).encode(), "python"
    for _line, words, _comments, context in extract(
        method, io.BytesIO(source), IN_PAGES, options={"trimmed": "true", "silent": "false"}
    ):
        yield context, words[0] if isinstance(words, tuple) else words


def named() -> set[Sentence]:
    """The names of things: they are kept in English, and the workplace translates them when it shows them."""
    things = [*kinds.KINDS.values(), *kinds.STATUSES.values(), *kinds.PRIORITIES.values(), *FIELDS.values()]
    names = {thing.label for thing in things} | {status.phase for status in kinds.STATUSES.values()}
    names |= {
        *dict(ACCESS).values(),
        *kinds.SCALE.values(),
        *kinds.CHANNELS.values(),
        *sla.WHICH,
        *dict(CustomField.TYPES).values(),
    }
    inside: set[Sentence] = {("kind of ticket", key.replace("_", " ")) for key in kinds.KINDS}
    inside |= {("kinds of tickets", kind.plural.lower()) for kind in kinds.KINDS.values()}
    inside |= {("right", verb) for verb in access.NEEDS}
    return inside | {(None, name) for name in names | {kind.plural for kind in kinds.KINDS.values()}}


@cache
def catalogue(part: str, language: str) -> Catalog:
    with (SOURCE / part / f"locale/{language}/LC_MESSAGES/django.po").open("rb") as file:
        return read_po(file, locale=language)


def words(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def first(message: Message) -> str:
    return message.id[0] if isinstance(message.id, tuple) else message.id


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", PARTS)
def test_a_language_has_every_sentence_and_none_that_nobody_says(part, language):
    kept = {(m.context, first(m)): m for m in catalogue(part, language) if m.id}
    assert set(kept) - said(part) == set()
    assert said(part) - {key for key, m in kept.items() if all(words(m)) and not m.fuzzy} == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", PARTS)
def test_a_translation_has_the_same_places_to_fill_in(part, language):
    known = catalogue(part, language)
    for message in (m for m in known if m.id):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        assert len(words(message)) == (known.num_plurals if len(ids) > 1 else 1)
        for text in words(message):
            assert sorted(PLACE.findall(text)) == sorted(PLACE.findall(ids[-1])), text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", PARTS)
def test_what_is_delivered_is_what_was_written(part, language):
    """Django reads the compiled file: `pybabel compile` makes it from the written one."""
    made = io.BytesIO()
    write_mo(made, catalogue(part, language))
    assert (SOURCE / part / f"locale/{language}/LC_MESSAGES/django.mo").read_bytes() == made.getvalue()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_words_are_said_alike_by_every_part(language):
    """Django puts all catalogues into one: where two differed, the one would speak for the other."""
    said_as: dict[Sentence, set[tuple[str, ...]]] = {}
    for part in PARTS:
        for message in (m for m in catalogue(part, language) if m.id):
            said_as.setdefault((message.context, first(message)), set()).add(words(message))
    assert {sentence: found for sentence, found in said_as.items() if len(found) > 1} == {}


def test_whoever_speaks_to_people_has_catalogues():
    spoken = {p for p in SOURCE.rglob("*.py") if any(_in_code(p.read_text()))}
    homes = tuple(SOURCE / part for part in PARTS)
    assert {str(p) for p in spoken if not any(p.is_relative_to(home) for home in homes)} == set()
