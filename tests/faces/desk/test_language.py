"""The workplace in the reader's language: the page says so, in words, numbers and kinds."""

from __future__ import annotations

import pytest

READ = {
    "de": ("hat es übernommen", "Zugewiesen", "Notiz behalten"),
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
