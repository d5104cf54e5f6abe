"""The portal in German: every sentence is there, and the page says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import polydesk.faces.portal
from tests.faces.portal.conftest import asked, text

HERE = Path(polydesk.faces.portal.__file__).parent
METHODS = [("**.py", "python"), ("**.jinja", "jinja2")]


def test_every_sentence_has_its_german():
    found = extract_from_dir(str(HERE), METHODS, {"**.jinja": {"trimmed": "true"}}, keywords={"_": None})
    said = {message for _file, _line, message, _comments, _context in found}
    with (HERE / "locale/de/LC_MESSAGES/django.po").open("rb") as file:
        catalogue = {m.id: m.string for m in read_po(file, locale="de") if m.id}
    assert len(said) > 50 and {m for m in said if not catalogue.get(m)} == set()


@pytest.mark.django_db
@pytest.mark.spec("PL-250")
def test_a_customer_reads_his_own_language(world, carl):
    world.carl.language = "de"
    world.carl.save()
    page = text(carl.get(f"/portal/requests/{asked(world).pk}/"))
    assert '<html lang="de"' in page and "Ist bei uns" in page and "Das ist gelöst" in page
