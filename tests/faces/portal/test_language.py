"""The portal in the reader's language, and the page says so."""

from __future__ import annotations

import pytest

from tests.faces.portal.conftest import asked, text

READ = {"de": ("Ist bei uns", "Das ist gelöst"), "ru": ("Получено", "Это решено")}


@pytest.mark.django_db
@pytest.mark.spec("PL-250")
@pytest.mark.parametrize("language", READ)
def test_a_customer_reads_his_own_language(world, carl, language):
    world.carl.language = language
    world.carl.save()
    page = text(carl.get(f"/portal/requests/{asked(world).pk}/"))
    assert f'<html lang="{language}"' in page
    assert [words for words in READ[language] if words not in page] == []
