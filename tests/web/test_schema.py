"""Changes of the schema while people write."""

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations.state import ProjectState

from polydesk.web.schema import AddIndexBesideWriters
from tests import worlds


@pytest.mark.skipif(connection.vendor == "postgresql", reason="PostgreSQL takes its statistics by itself")
@pytest.mark.spec("PL-303", "RS-183")
@pytest.mark.django_db(transaction=True)
def test_an_index_made_later_is_counted_where_the_others_are(transactional_db):
    world = worlds.build()
    for _ in range(3):
        world.ticket()
    index = models.Index(fields=["organization", "urgency"], name="ticket_tried")
    step = AddIndexBesideWriters(model_name="ticket", index=index)
    before = ProjectState.from_apps(apps)
    after = before.clone()
    step.state_forwards("tickets", after)
    counted = "SELECT stat FROM sqlite_stat1 WHERE idx = 'ticket_tried'"
    with connection.cursor() as cursor:
        for analyzed in (False, True):
            cursor.execute("ANALYZE" if analyzed else "SELECT 1")
            with connection.schema_editor(atomic=False) as editor:
                step.database_forwards("tickets", editor, before, after)
            try:
                cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'")
                assert bool(cursor.fetchone()) == analyzed, "nobody's statistics are begun"
                if analyzed:
                    assert cursor.execute(counted).fetchone()[0].startswith("3 ")
            finally:
                with connection.schema_editor(atomic=False) as editor:
                    step.database_backwards("tickets", editor, after, before)
        cursor.execute("DELETE FROM sqlite_stat1")
