"""Saved views: one model behind the workplace and the API, with readers, order and columns."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test import Client

from polydesk.directory import actors
from polydesk.faces.desk import lists
from polydesk.faces.desk.lists import Asked
from polydesk.faces.desk.vocabulary import Vocabulary
from polydesk.features.search.models import View
from tests.faces.desk.conftest import signed_in
from tests.faces.desk.test_forms import text

pytestmark = [pytest.mark.django_db, pytest.mark.spec("PL-201")]


def native(person):
    """The API with a key of this person."""
    _row, secret = actors.issue(person, "native")
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    def call(method, path, body=None):
        answer = client.generic(method, f"/api/v1{path}", json.dumps(body or {}), content_type="application/json")
        return answer.json() if answer.content else answer.status_code

    return call


@pytest.mark.spec("PL-101", "PL-104")
def test_workplace_and_api_show_the_same_views(world, tess):
    made = tess.post("/views", {"name": "Loud ones", "q": "priority>=high", "sort": "due"})
    view = View.objects.get()
    assert made["Location"].endswith(f"view={view.pk}")
    api = native(world.tess)
    assert [(v["name"], v["query"], v["sort"]) for v in api("GET", "/views")["items"]] == [
        ("Loud ones", "priority>=high", "due")
    ]
    mine = api("POST", "/views", {"name": "Quiet ones", "query": "priority<normal", "columns": ["queue"]})
    page = text(tess.get(f"/?view={mine['id']}"))
    assert "Quiet ones" in page and 'class="c-queue"' in page and 'class="c-due"' not in page
    api("PATCH", f"/views/{view.pk}", {"name": "Shouting"})
    assert "Shouting" in text(tess.get("/views")) and "Loud ones" not in text(tess.get("/"))


def test_a_teams_view_is_kept_and_removed_by_its_people(world, tess):
    tess.post("/views", {"name": "Loud ones", "q": "priority>=high", "team": world.level_one.pk})
    view = View.objects.get()
    page = text(signed_in(world.max).get(f"/?view={view.pk}"))
    assert "Loud ones" in page and "payroll" in page and "New laptop" not in page
    assert signed_in(world.other).post(f"/views/{view.pk}", {"remove": "1"}).status_code == 404
    assert View.objects.count() == 1
    signed_in(world.max).post(f"/views/{view.pk}", {"remove": "1"})
    assert not View.objects.exists()


def test_everybodys_views_come_from_administrators(world, tess):
    refused = signed_in(world.max).post("/views", {"name": "All", "q": "", "team": "all"}, follow=True)
    assert "Choose one of the list" in text(refused) and not View.objects.exists()
    tess.post("/views", {"name": "Ours", "q": "status:open", "team": "all"})
    view = View.objects.get(owner=None, team=None)
    assert "Ours" in text(signed_in(world.max).get("/"))
    assert signed_in(world.max).post(f"/views/{view.pk}", {"name": "Mine now"}).status_code == 403


def test_a_view_is_arranged(world, tess):
    for name in ("First", "Second"):
        tess.post("/views", {"name": name, "q": "status:open"})
    second = View.objects.get(name="Second")
    typed = {
        "name": "Second",
        "query": "status:open",
        "position": "-1",
        "sort": "title",
        "columns": ["team", "nothing"],
    }
    assert tess.get(f"/views/{second.pk}").status_code == 200
    tess.post(f"/views/{second.pk}", typed)
    second.refresh_from_db()
    assert (second.position, second.sort, second.columns, second.version) == (-1, "title", ["team"], 2)
    rail = text(tess.get("/?view=all"))
    assert rail.index("Second") < rail.index("First")
    wrong = tess.post(f"/views/{second.pk}", typed | {"query": "nonsense:1", "name": ""})
    assert wrong.status_code == 422 and "A view needs a name" in text(wrong)


@pytest.mark.spec("PL-201", "PL-303")
@pytest.mark.parametrize(
    "view",
    [
        "status:open assignee:me",
        pytest.param(
            "status:open assignee:none",
            marks=pytest.mark.skipif(
                connection.vendor == "postgresql", reason="PostgreSQL decides by how many there are: it sorts a few"
            ),
        ),
    ],
)
def test_the_inbox_and_ones_own_are_walked_by_who_is_assigned(world, view):
    asked, vocabulary = Asked(q=view), Vocabulary(world.by)
    plans = plans_of(lambda: lists.page(world.by, asked, vocabulary), "sort_key")
    assert len(plans) == 1 and "ticket_assignee" in plans[0] and "TEMP B-TREE" not in plans[0], plans
    assert " Sort  (" not in plans[0].replace("Incremental Sort", "")


def plans_of(act, part):
    """How the database would go about those statements that hold a word."""
    plans = []

    def look(execute, sql, params, many, context):
        if part in sql:
            with connection.cursor() as cursor:
                if connection.vendor == "postgresql":
                    for way in ("seqscan", "sort", "bitmapscan"):  # a handful of rows would be read whole
                        cursor.execute(f"SET LOCAL enable_{way} = off")
                explained = "EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
                cursor.cursor.execute(explained + sql, params)
                plans.append("\n".join(str(row[-1]) for row in cursor.fetchall()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        act()
    return plans
