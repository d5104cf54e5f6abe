"""Our database backends, beside what reliability says of them."""

import copy

import pytest
from django.db import connection, connections

from polydesk.web.engines.postgresql.base import DatabaseWrapper

pytestmark = [
    pytest.mark.skipif(connections["default"].vendor != "postgresql", reason="PostgreSQL's settings"),
    pytest.mark.django_db,
]


def setting(wrapper, name):
    with wrapper.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return cursor.fetchone()[0]


@pytest.fixture
def another():
    """A connection with its own options, as an operator writes them into the address."""
    opened = []

    def connect(options):
        settings = copy.deepcopy(connection.settings_dict)
        settings["OPTIONS"] = {**settings["OPTIONS"], "pool": False, "options": options}
        opened.append(DatabaseWrapper(settings, "another"))
        return opened[-1]

    yield connect
    for one in opened:
        one.close()


@pytest.mark.spec("PL-301")
def test_any_page_costs_the_same_and_no_query_is_shared_unless_the_operator_says_otherwise(another):
    assert setting(connection, "random_page_cost") == "1.1"
    assert setting(connection, "max_parallel_workers_per_gather") == "0"
    theirs = another("-c random_page_cost=3 -c max_parallel_workers_per_gather=1")
    assert setting(theirs, "random_page_cost") == "3"
    assert setting(theirs, "max_parallel_workers_per_gather") == "1"
