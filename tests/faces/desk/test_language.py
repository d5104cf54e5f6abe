"""The workplace in German: every sentence is there, and the page says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import polydesk.faces.desk

HERE = Path(polydesk.faces.desk.__file__).parent
METHODS = [("**.py", "python"), ("**.jinja", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "gettext_lazy": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}


def test_every_sentence_has_its_german():
    found = extract_from_dir(str(HERE), METHODS, {"**.jinja": {"trimmed": "true"}}, keywords=KEYWORDS)
    said = {message for _file, _line, message, _comments, _context in found}
    with (HERE / "locale/de/LC_MESSAGES/django.po").open("rb") as file:
        catalogue = {m.id: m.string for m in read_po(file, locale="de") if m.id}
    assert {m for m in said if not catalogue.get(m)} == set()


@pytest.mark.django_db
def test_a_person_reads_his_own_language(world, tess):
    world.tess.language = "de"
    world.tess.save()
    page = tess.get(f"/t/{world.tickets[0].pk}").content.decode()
    assert (
        '<html lang="de"' in page and "hat es übernommen" in page and "Zugewiesen" in page and "Notiz behalten" in page
    )
