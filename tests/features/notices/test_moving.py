"""Notices keep their numbers on the way from the one face that had them to the feature."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from polydesk.features.notices.models import Notice
from tests import worlds

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.spec("SE-104")]
BEFORE, AFTER = [("selectel", "0001_initial")], [("selectel", "0002_notices_move")]


def test_notices_move_and_new_ones_get_new_numbers():
    house = worlds.build().house
    MigrationExecutor(connection).migrate(BEFORE)
    try:
        old = MigrationExecutor(connection).loader.project_state(BEFORE).apps.get_model("selectel", "Notice")
        Notice.objects.all().delete()
        old.objects.create(
            id=70, organization_id=house.pk, title="Maintenance", notification_categories=["maintenance"]
        )
    finally:
        MigrationExecutor(connection).migrate(AFTER)
    moved = Notice.objects.get()
    assert (moved.pk, moved.title, moved.notification_categories) == (70, "Maintenance", ["maintenance"])
    assert Notice.objects.create(organization=house, title="Next").pk == 71
