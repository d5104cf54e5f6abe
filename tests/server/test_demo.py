"""`polydesk demo`: a desk that looks real, made at once, again the same, and never over anything real."""

import json
import re
import resource
import stat
from collections import Counter

import pytest
from django.utils import timezone

from polydesk.server.demo import building, telling
from polydesk.tickets import kinds
from polydesk.tickets.models import Comment, Ticket
from tests.server.desks import Desk

QUESTION = """
import json
from django.db.models import Count
from polydesk.directory.models import Organization, Person
from polydesk.tickets.models import Ticket, Comment
print(json.dumps({
    "organizations": list(Organization.objects.order_by("id").values_list("key", "is_demo")),
    "tickets": list(Ticket.objects.values_list("organization__key", "kind", "status")),
    "comments": list(Comment.objects.values_list("type", "internal")),
    "people": sorted(Person.objects.exclude(login=None).values_list("login", flat=True)),
}))
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    desk = Desk.fresh(tmp_path_factory.mktemp("demo") / "polydesk-demo")
    file = desk.folder.parent / "credentials.json"
    before = _cpu_of_children()
    desk.made = desk.run("demo", "--no-serve", "--conformance", "--credentials", str(file))
    desk.cpu = _cpu_of_children() - before
    assert desk.made.returncode == 0, desk.made.stderr
    desk.credentials = json.loads(file.read_text())
    return desk


def _cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ask(desk):
    answer = desk.run("manage", "shell", "--no-imports", "-c", QUESTION)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


@pytest.mark.spec("PL-010")
def test_two_organizations_with_tickets_in_all_kinds_and_states(demo):
    found = ask(demo)
    assert found["organizations"][:2] == [["house", True], ["orchard", True]]
    states = Counter((kind, status) for key, kind, status in found["tickets"] if key == "house")
    assert {(kind, status) for kind in kinds.KINDS for status in kinds.KINDS[kind].allowed} <= set(states)
    assert len(found["tickets"]) >= 250
    assert len(found["comments"]) >= 500
    assert {internal for _, internal in found["comments"]} == {True, False}


@pytest.mark.spec("PL-010", "PL-012", "AT-600", "AT-601")
def test_it_says_where_to_go_and_who_may_come_in(demo):
    for word in ("/portal/", "/api/v1/docs", "admin", "agent", "customer", "password of everybody"):
        assert word in demo.made.stdout
    for name in ("autotask", "autotask_noimpersonation"):
        headers = "UserName={UserName} Secret={Secret} ApiIntegrationCode={ApiIntegrationCode}"
        assert headers.format(**demo.credentials[name]) in demo.made.stdout
    file = demo.folder.parent / "credentials.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert set(demo.credentials["web"]) == {"admin", "agent", "customer", "other_agent"}
    assert set(demo.credentials["house"]) == {"carl", "anna", "bob", "mona", "rita"}


@pytest.fixture(scope="module")
def server(demo):
    with demo.start("demo") as server:
        yield server.wait_until_ready()


# How each kind of key asks its face for tickets, and what it is told.
DOORS = {
    "native": ("/api/v1/tickets?limit=1", lambda key: {"Authorization": f"Bearer {key}"}),
    "crm": ("/backend/api/v1/tickets/?limit=1", lambda key: {"Authorization": f"Bearer {key}"}),
    "selectel": ("/support/v2/tickets", lambda key: {"X-Token": key}),
    "centurion": ("/api/v2/assistance/ticket/request", lambda key: {"Authorization": f"Token {key}"}),
    "autotask": ("/atservicesrest/v1.0/Tickets/1", lambda key: key),
}
# The CRM's API is for agents; whoever is in no team sees nothing in Centurion.
REFUSED = {("crm", "customer"), ("centurion", "probe")}


@pytest.mark.spec("PL-012")
def test_every_key_of_the_file_opens_its_door(demo, server):
    people = demo.credentials["house"].values()
    given = [(face, "house", keys[face]) for keys in people for face in DOORS if face in keys]
    for face in set(DOORS) & set(demo.credentials):
        named = demo.credentials[face]
        one = "UserName" in named
        given += [(face, who, key) for who, key in ({"api": named} if one else named).items() if who != "probe_user_id"]
    assert len(given) >= 15
    for face, who, key in given:
        path, headers = DOORS[face]
        status, body = server.get(path, headers=headers(key))
        assert status == (403 if (face, who) in REFUSED else 200), (face, who, status, body[:200])


@pytest.mark.spec("PL-012")
@pytest.mark.parametrize("login", ["admin", "agent", "customer", "other_agent", "carl", "anna", "bob", "mona", "rita"])
def test_every_login_of_the_file_opens_the_pages(demo, server, login):
    web = demo.credentials["web"].get(login) or demo.credentials["house"][login]["web"]
    assert server.sign_in(**web)
    assert login != "rita" or not server.sign_in(web["username"], "wrong password")


@pytest.mark.spec("PL-015")
def test_every_face_stands_at_its_address(server):
    standing = {
        "/": 200,
        "/api/v1/openapi.json": 200,
        "/atservicesrest/v1.0/Tickets/1": 401,
        "/support/tickets": 401,
        "/support/v2/tickets": 401,
        "/backend/api/v1/tickets/": 401,
        "/api/v2/": 401,
        "/tickets/": 200,
        "/portal/": 200,
    }
    assert {path: server.get(path)[0] for path in standing} == standing


@pytest.mark.spec("PL-015")
def test_a_face_can_be_switched_off(demo):
    with demo.start("serve", "--no-worker", POLYDESK_FACES_OFF="crm,native") as server:
        server.wait_until_ready()
        assert server.get("/backend/api/v1/tickets/")[0] == server.get("/api/v1/openapi.json")[0] == 404
        assert server.get("/support/v2/tickets")[0] == 401


@pytest.mark.spec("PL-011")
def test_it_is_ready_soon(demo):
    # Counted in work, not by the clock: other tests run on the same cores.
    assert demo.cpu < 30
    assert re.search(r"ready after (\d+) s", demo.made.stdout)


@pytest.mark.spec("PL-011", "PL-013")
def test_a_second_run_finds_everything_made(demo):
    before = ask(demo)
    again = demo.run("demo", "--no-serve", "--conformance")
    assert again.returncode == 0, again.stderr
    assert ask(demo) == before


@pytest.mark.spec("PL-011")
def test_it_never_touches_a_real_desk(tmp_path):
    desk = Desk.migrated(tmp_path / "real")
    assert desk.run("init", "--organization", "Real", "--admin", "ada").returncode == 0
    refused = desk.run("demo", "--no-serve")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "no demo" in refused.stderr
    by_database = desk.run("demo", "--no-serve", POLYDESK_DATA_DIR=str(tmp_path / "elsewhere"))
    assert "DATABASE_URL" not in desk.environment or by_database.returncode == 1


@pytest.mark.spec("PL-011")
def test_it_never_touches_a_folder_with_something_in_it(tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("Dear Sir")
    refused = Desk.fresh(tmp_path / "letters").run("demo", "--no-serve")
    assert refused.returncode == 1
    assert [file.name for file in (tmp_path / "letters").iterdir()] == ["dear.txt"]


@pytest.mark.spec("PL-011")
@pytest.mark.django_db
def test_the_same_seed_tells_the_same_tickets():
    from django.db import transaction

    def told():
        with transaction.atomic():
            desk = building.organizations()
            telling.tell(telling.Cast.of(desk.second), 12, now, seed=5)
            tickets = list(Ticket.objects.order_by("id").values_list("kind", "status", "title", "created_at"))
            comments = list(Comment.objects.order_by("id").values_list("text", "internal", "sent_at"))
            transaction.set_rollback(True)
        return tickets, comments

    now = timezone.now()
    first = told()
    assert len(first[0]) == 12
    assert told() == first
