"""The workplace in the reader's language: the page says so, in words, numbers and kinds."""

from __future__ import annotations

import pytest

READ = {
    "de": ("hat es übernommen", "Zugewiesen", "Notiz speichern"),
    "ru": ("берёт заявку", "Назначена", "Сохранить заметку"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("language", READ)
def test_a_person_reads_his_own_language(world, tess, language):
    world.tess.language = language
    world.tess.save()
    page = tess.get(f"/t/{world.tickets[0].pk}").content.decode()
    assert f'<html lang="{language}"' in page
    assert [words for words in READ[language] if words not in page] == []


REFUSED = {"en": "Title is required.", "de": "Der Titel fehlt.", "ru": "Укажите название."}
UNREADABLE = {"en": "There is no field", "de": "ein Feld „nonsense“ gibt es nicht", "ru": "поля «nonsense» нет"}


@pytest.mark.django_db
@pytest.mark.spec("PL-023", "PL-202")
@pytest.mark.parametrize("language", REFUSED)
def test_what_the_engine_refuses_is_said_in_the_readers_language(world, tess, language):
    world.tess.language = language
    world.tess.save()
    ticket = world.tickets[0]
    ticket.refresh_from_db()
    page = tess.post(f"/t/{ticket.pk}/text", {"version": ticket.version, "title": " ", "description": "x"})
    assert REFUSED[language] in page.content.decode()
    assert UNREADABLE[language] in tess.get("/?q=nonsense:1").content.decode()
