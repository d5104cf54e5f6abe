"""One permission alone, the usual roles, and who may write which field (centurion.md section 4)."""

import pytest

from polydesk.directory import audit
from polydesk.directory.models import Milestone, Project, SecurityEvent, Team
from polydesk.faces.centurion import permissions
from polydesk.tickets import commands
from polydesk.tickets.models import Event, Ticket

from .conftest import KINDS, REQUEST, A, permission_ids

pytestmark = pytest.mark.django_db

VERBS = ("add", "change", "delete", "import", "purge", "triage", "view")
PATHS = {
    "request": f"{A}/assistance/ticket/request",
    "incident": f"{A}/itim/ticket/incident",
    "problem": f"{A}/itim/ticket/problem",
    "change": f"{A}/itim/ticket/change",
    "project_task": f"{A}/project_management/project/{{project}}/project_task",
}
# verb -> list, read another's, create, change, delete, purge of a deleted one (section 4.2)
TABLE = {
    None: (403, 403, 403, 403, 403, 403),
    "add": (200, 403, 201, 403, 403, 403),
    "change": (200, 403, 403, 200, 403, 403),
    "delete": (200, 403, 403, 403, 204, 403),
    "import": (200, 403, 201, 403, 403, 403),
    "purge": (200, 403, 403, 403, 403, 204),
    "triage": (200, 403, 403, 200, 403, 403),
    "view": (200, 200, 403, 403, 403, 403),
}


@pytest.mark.spec("CE-070", "CE-071", "CE-072", "CE-073", "CE-075", "CE-076", "CE-077", "CE-141", "RC-230")
@pytest.mark.parametrize("kind", KINDS)
def test_one_permission_alone(desk, kind):
    """7 permissions × this type: the table, on others' tickets, and nothing on another type."""
    project = Project.objects.create(organization=desk.house, name="P")
    path = PATHS[kind].format(project=project.pk)
    elsewhere = PATHS["problem" if kind != "problem" else "change"]
    root = desk.superuser()
    actor = root_actor(desk)
    holder = desk.caller("holder")
    team = desk.join(holder.person)

    def fresh(title):
        return commands.create(kind, {"title": title, "project": project.pk}, by=actor, via="test")

    for verb, (listed, read, create, change, delete, purge) in TABLE.items():
        Team.objects.filter(pk=team.pk).update(rights=[f"{verb}:{kind}"] if verb else [])
        ticket, gone = fresh(f"{verb} live"), fresh(f"{verb} gone")
        commands.remove(gone, by=actor, via="test")
        body = {"title": f"new by {verb}", "description": "x", "organization": desk.house.pk}
        if verb == "import":
            body["opened_by"] = root.person.pk
        found = {
            "list": holder.get(path).status_code,
            "read": holder.get(f"{path}/{ticket.pk}").status_code,
            "create": holder.post(path, body).status_code,
            "change": holder.patch(f"{path}/{ticket.pk}", {"title": f"changed by {verb}"}).status_code,
            "read gone": holder.get(f"{path}/{gone.pk}").status_code,
            "purge": holder.delete(f"{path}/{gone.pk}").status_code,
            "delete": holder.delete(f"{path}/{ticket.pk}").status_code,
        }
        wanted = {
            "list": listed,
            "read": read,
            "create": create,
            "change": change,
            "read gone": 200 if verb in ("delete", "purge") else 403,
            "purge": purge,
            "delete": delete,
        }
        assert found == wanted, verb
        if verb and "{" not in elsewhere:
            assert holder.get(elsewhere).status_code == 403, verb


def root_actor(desk):
    from polydesk.directory import actors

    return actors.system(desk.house.pk)


@pytest.mark.spec("CE-076", "CE-077", "RC-193")
@pytest.mark.parametrize("verb", VERBS)
def test_own_tickets_are_visible_with_any_permission_of_the_type(desk, verb):
    holder = desk.caller("holder", f"{verb}:request")
    stranger = desk.caller("stranger")
    for person in (holder.person, stranger.person):
        commands.create("request", {"title": person.login, "requester": person}, by=root_actor(desk), via="test")
    own = Ticket.objects.get(requester=holder.person)
    assert holder.get(f"{REQUEST}/{own.pk}").status_code == 200
    listed = [t["id"] for t in holder.get(REQUEST).data["results"]]
    assert own.pk in listed and (len(listed) == 2) == (verb == "view")
    theirs = Ticket.objects.get(requester=stranger.person)
    assert stranger.get(f"{REQUEST}/{theirs.pk}").status_code == 403


@pytest.mark.spec("CE-070", "CE-071", "CE-223")
def test_the_thirty_five_permissions_are_listed_with_the_seeds_names(desk, tri):
    found = tri.get(f"{A}/base/permission?page[size]=100").data["results"]
    tickets = {p["codename"]: p for p in found if "_ticket_" in p["codename"]}
    assert len(tickets) == 35 and {p["content_type"]["app_label"] for p in tickets.values()} == {"core"}
    names = {p["name"] for p in tickets.values()}
    assert {
        "Can add a request ticket",
        "Can change any request ticket",
        "Can delete a incident ticket",
        "Can import a problem ticket",
        "Can purge a change ticket",
        "Can triage all request ticket",
        "Can view all change ticket",
        "Can add a project task",
        "Can change any project task",
        "Can triage all project task",
    } <= names
    assert not any("issue" in code or "merge_request" in code for code in tickets)
    one = tri.get(f"{A}/base/permission/{found[0]['id']}").data
    assert one["codename"] == found[0]["codename"]
    assert tri.get(f"{A}/base/permission/9999").status_code == 403


@pytest.mark.spec("CE-072", "CE-075", "RC-294")
def test_permissions_act_from_the_next_request_on_and_only_in_their_organization(desk):
    root, probe = desk.superuser(), desk.caller("probe")
    assert probe.get(REQUEST).status_code == 403
    teams = f"{A}/access/organization/{desk.house.pk}/team"
    team = root.post(teams, {"team_name": "New team"}).data
    assert team["display_name"] == "House, New team" and team["permissions"] == []
    users = f"{teams}/{team['id']}/user"
    member = root.post(users, {"user": probe.person.pk})
    assert member.status_code == 201 and member.data["user"]["username"] == "probe"
    ids = permission_ids("add:request", "view:request")
    changed = root.patch(f"{teams}/{team['id']}", {"permissions": ids})
    assert [p["id"] for p in changed.data["permissions"]] == ids
    assert probe.get(REQUEST).status_code == 200
    body = {"title": "By probe", "description": "x", "organization": desk.house.pk}
    assert probe.post(REQUEST, body).status_code == 201
    assert probe.post(REQUEST, body | {"title": "There", "organization": desk.other.pk}).status_code == 403
    root.patch(f"{teams}/{team['id']}", {"permissions": permission_ids("view:request")})
    assert probe.post(REQUEST, body | {"title": "Again"}).status_code == 403
    assert root.delete(f"{users}/{member.data['id']}").status_code == 204
    assert probe.get(REQUEST).status_code == 403


@pytest.mark.spec("RS-171", "CE-072", "CE-273")
def test_the_audit_log_remembers_what_teams_grant_who_is_in_them_and_tokens(desk):
    root, stranger = desk.superuser(), desk.caller("stranger", organization=desk.other)
    before = SecurityEvent.objects.latest("id").pk
    teams = f"{A}/access/organization/{desk.house.pk}/team"
    team = root.post(teams, {"team_name": "T", "permissions": permission_ids("add:request")}).data["id"]
    root.patch(f"{teams}/{team}", {"permissions": permission_ids("view:request")})
    root.patch(f"{teams}/{team}", {"permissions": permission_ids("view:request"), "model_notes": "the same"})
    member = root.post(f"{teams}/{team}/user", {"user": stranger.person.pk}).data["id"]
    root.patch(f"{teams}/{team}/user/{member}", {"manager": True})
    root.delete(f"{teams}/{team}/user/{member}")
    root.delete(f"{teams}/{team}")
    tokens = f"{A}/settings/user_settings/{root.person.pk}/token"
    key = root.post(tokens, {"note": "n", "token": "ab" * 32}).data["id"]
    root.delete(f"{tokens}/{key}")
    told = [
        (event.verb, event.subject, event.details)
        for event in SecurityEvent.objects.filter(pk__gt=before, actor_id=root.person.pk).order_by("id")
    ]
    person, grants = f"person {stranger.person.pk}", ["view:request"]
    standing = {"role": "", "side": "staff", "is_admin": False}
    assert told == [
        ("team.rights_changed", f"team {team}", {"given": ["add:request"], "taken": []}),
        ("team.rights_changed", f"team {team}", {"given": grants, "taken": ["add:request"]}),
        ("team.joined", f"{person} in team {team}", {"rights": grants}),
        ("membership.granted", person, standing),
        ("team.left", f"{person} in team {team}", {}),
        ("team.deleted", f"team {team}", {"rights": grants}),
        ("key.issued", f"centurion key {key} of person {root.person.pk}", {}),
        ("key.revoked", f"centurion key {key} of person {root.person.pk}", {}),
    ]
    assert not list(audit.broken())


@pytest.mark.spec("CE-074", "CE-272", "RC-202", "RC-191")
def test_a_superuser_may_do_anything_anywhere(desk):
    root = desk.superuser()
    there = desk.ticket(root, organization=desk.other.pk)
    assert there["organization"]["id"] == desk.other.pk
    assert root.patch(f"{REQUEST}/{there['id']}", {"status": 4}).data["status"] == 4
    assert root.delete(f"{REQUEST}/{there['id']}").status_code == 204
    assert root.delete(f"{REQUEST}/{there['id']}").status_code == 204
    assert root.get(f"{REQUEST}/{there['id']}").status_code == 404
    assert root.post(REQUEST, {"title": "t", "description": "d", "organization": 99_999}).status_code == 403


@pytest.mark.spec("CE-074", "RC-191", "CE-200")
def test_one_token_acts_in_every_organization_of_its_owner(desk):
    both = desk.caller("both", "add:request", "view:request")
    desk.join(both.person, "view:request", "add:request", organization=desk.other)
    desk.ticket(both)
    desk.ticket(both, organization=desk.other.pk)
    found = both.get(REQUEST).data["results"]
    assert {t["organization"]["id"] for t in found} == {desk.house.pk, desk.other.pk}


WRITTEN = {
    "title": "Another title",
    "description": "Other words",
    "urgency": 5,
    "status": 7,
    "impact": 4,
    "priority": 6,
    "estimate": 60,
    "planned_start_date": "2026-12-01T10:00:00Z",
    "external_ref": 5,
    "external_system": 1,
    "created": "2020-01-01T00:00:00Z",
    "date_closed": "2020-01-02T00:00:00Z",
    "is_deleted": True,
    "id": 9999,
    "modified": "2020-01-01T00:00:00Z",
    "duration": 77,
    "ticket_type": 4,
    "status_badge": {"text": "x"},
    "_urls": {},
    "unknown_field": 1,
}
CONTENT = {"title", "description", "urgency", "parent_ticket"}
TRIAGED = {
    *CONTENT,
    "status",
    "impact",
    "priority",
    "estimate",
    "planned_start_date",
    "category",
    "project",
    "milestone",
    "assigned_users",
    "assigned_teams",
    "subscribed_users",
    "subscribed_teams",
    "opened_by",
}


def rows_of(desk, person):
    from polydesk.tickets.models import Category

    project = Project.objects.create(organization=desk.house, name="P")
    return {
        "category": Category.objects.create(organization=desk.house, name="C").pk,
        "project": project.pk,
        "milestone": Milestone.objects.create(organization=desk.house, project=project, name="M").pk,
        "assigned_users": [person.pk],
        "assigned_teams": [Team.objects.create(organization=desk.house, name="T").pk],
        "subscribed_users": [person.pk],
        "subscribed_teams": [Team.objects.create(organization=desk.house, name="S").pk],
        "opened_by": person.pk,
        "parent_ticket": desk.ticket(desk.superuser())["id"],
    }


def plain(value):
    if isinstance(value, dict):
        return value.get("id", value)
    return [plain(item) for item in value] if isinstance(value, list) else value


@pytest.mark.spec("CE-055", "CE-056", "CE-057", "CE-080", "CE-082", "CE-003", "CE-110", "CE-193", "D8")
@pytest.mark.parametrize(
    ("rights", "writable"),
    [
        (("change", "view"), CONTENT),
        (("triage", "view"), TRIAGED),
        (("change", "triage", "view"), TRIAGED),
        (("change", "delete", "view"), {*CONTENT, "is_deleted"}),
    ],
)
def test_fields_that_a_role_may_not_write_are_ignored(desk, rights, writable):
    caller = desk.caller("caller", *(f"{verb}:request" for verb in rights))
    other = desk.caller("other").person
    ticket = desk.ticket(desk.superuser())
    body = WRITTEN | rows_of(desk, other)
    if "is_deleted" in writable:
        body = {"is_deleted": True, **{k: v for k, v in body.items() if k != "is_deleted"}}
    answer = caller.patch(f"{REQUEST}/{ticket['id']}", body)
    assert answer.status_code == 200, answer.data
    changed = {k for k in body if k in ticket and plain(answer.data[k]) != plain(ticket[k])}
    derived = {"status_badge", "urgency_badge", "impact_badge", "priority_badge", "modified", "_urls"}
    assert changed - derived == writable
    assert {k: plain(answer.data[k]) for k in writable - {"is_deleted"}} == {
        k: body[k] for k in writable - {"is_deleted"}
    }


@pytest.mark.spec("CE-080", "CE-082", "CE-090", "CE-091", "RC-231")
@pytest.mark.parametrize(
    ("rights", "writable"),
    [
        (("add",), CONTENT),
        (("add", "change"), CONTENT),
        (("add", "triage"), TRIAGED - {"status"}),
    ],
)
def test_what_counts_on_create(desk, rights, writable):
    caller = desk.caller("caller", *(f"{verb}:request" for verb in rights))
    other = desk.caller("other").person
    body = WRITTEN | rows_of(desk, other) | {"organization": desk.house.pk}
    answer = caller.post(REQUEST, body)
    assert answer.status_code == 201, answer.data
    plain_fields = ("external_ref", "external_system", "date_closed", "is_deleted")
    assert [answer.data[k] for k in plain_fields] == [None, None, None, False]
    assert answer.data["created"] > "2026" and answer.data["ticket_type"] == 1
    kept = {k: plain(answer.data[k]) for k in writable - {"subscribed_users"}}
    assert kept == {k: body[k] for k in kept}
    opener = other.pk if "opened_by" in writable else caller.person.pk
    assert answer.data["opened_by"]["id"] == opener
    watching = [opener] if "triage" not in rights else list(dict.fromkeys([opener, other.pk]))
    assert [u["id"] for u in answer.data["subscribed_users"]] == watching
    assert answer.data["status"] == (3 if "triage" in rights else 2)
    if "triage" not in rights:
        assert (answer.data["priority"], answer.data["impact"], answer.data["estimate"]) == (1, 1, 0)


@pytest.mark.spec("CE-081", "CE-291")
def test_the_organization_stays(desk, tri):
    ticket = desk.ticket(tri)
    where = f"{REQUEST}/{ticket['id']}"
    assert tri.patch(where, {"organization": desk.house.pk}).status_code == 200
    moved = tri.patch(where, {"organization": desk.other.pk})
    assert (moved.status_code, moved.data) == (400, {"organization": ["cant edit field: organization"]})


@pytest.mark.spec("CE-140", "CE-141", "CE-142", "CE-043", "RC-199", "RC-238", "RC-282", "RC-414")
def test_an_import_keeps_what_it_sends(desk):
    importer, opener = desk.caller("imp", "import:request", "view:request"), desk.caller("opener").person
    body = {
        "title": "Imported",
        "description": "x",
        "organization": desk.house.pk,
        "opened_by": opener.pk,
        "external_system": 9999,
        "external_ref": 17,
        "created": "2020-01-01T00:00:00Z",
        "date_closed": "2020-02-01T00:00:00Z",
        "status": 4,
        "priority": 6,
        "assigned_users": [opener.pk],
    }
    missing = importer.post(REQUEST, {k: v for k, v in body.items() if k != "opened_by"})
    assert missing.status_code == 400 and list(missing.data) == ["opened_by"]
    made = importer.post(REQUEST, body)
    assert made.status_code == 201, made.data
    t = made.data
    assert (t["status"], t["external_system"], t["external_ref"], t["priority"]) == (4, 9999, 17, 6)
    assert (t["created"], t["date_closed"]) == ("2020-01-01T00:00:00Z", "2020-02-01T00:00:00Z")
    assert [u["id"] for u in t["subscribed_users"]] == [opener.pk] == [u["id"] for u in t["assigned_users"]]
    again = importer.post(REQUEST, body | {"title": "Imported again"})
    assert again.status_code == 400
    assert again.data == {"non_field_errors": ["The fields external_system, external_ref must make a unique set."]}
    assert importer.post(REQUEST, body | {"title": "Half a pair", "external_ref": None}).status_code == 201
    assert importer.post(REQUEST, body | {"title": "Half again", "external_ref": None}).status_code == 201
    assert importer.patch(f"{REQUEST}/{t['id']}", {"title": "x"}).status_code == 403
    gone = importer.post(REQUEST, body | {"title": "Gone already", "external_ref": 18, "is_deleted": True})
    assert gone.status_code == 201 and gone.data["is_deleted"] is True
    wrong = importer.post(REQUEST, body | {"title": "Bad status", "external_ref": 19, "status": 13})
    assert wrong.status_code == 400 and list(wrong.data) == ["status"]


@pytest.mark.spec("CE-140")
def test_a_holder_of_add_and_import_imports_by_sending_facts_of_an_import(desk):
    caller = desk.caller("caller", "add:request", "import:request")
    plain_one = desk.ticket(caller, status=4)
    assert plain_one["status"] == 2 and plain_one["opened_by"]["id"] == caller.person.pk
    kept = desk.ticket(caller, status=4, external_ref=3, opened_by=caller.person.pk)
    assert kept["status"] == 4 and kept["external_ref"] == 3


@pytest.mark.spec("CE-073", "RC-196")
def test_wildcards_of_roles_are_the_codes_they_stand_for():
    held = frozenset({"add:*", "view:*", "change:comment"})
    assert permissions.covers(held, "add:request") and permissions.covers(held, "view:team")
    assert permissions.covers(held, "add:comment") and not permissions.covers(held, "add:team")
    assert not permissions.covers(held, "change:request")
    assert permissions.replaced(["add:*", "approve:change", "view:request"], []) == ["approve:change"]


@pytest.mark.spec("CE-053", "CE-094", "RC-002", "RC-003", "RC-276", "CE-291", "CE-231", "RC-301", "RC-402")
def test_writing_the_whole_ticket_back_leaves_no_event(desk, tri):
    project = Project.objects.create(organization=desk.house, name="P")
    ticket = desk.ticket(tri, project=project.pk, assigned_users=[tri.person.pk], description="  padded \n")
    where = f"{REQUEST}/{ticket['id']}"
    before = (Event.objects.count(), tri.get(where).data)
    ids = {k: plain(v) if not k.endswith(("_badge", "_urls")) else v for k, v in before[1].items()}
    for method in (tri.put, tri.patch):
        answer = method(where, ids)
        assert answer.status_code == 200, answer.data
    assert tri.put(where, before[1]).status_code == 200  # and with the objects as they were shown
    assert (Event.objects.count(), tri.get(where).data) == before
    nobodys = commands.create("request", {"title": "By a rule"}, by=root_actor(desk), via="automation")
    shown = tri.get(f"{REQUEST}/{nobodys.pk}").data
    count = Event.objects.count()
    assert tri.put(f"{REQUEST}/{nobodys.pk}", shown).status_code == 200 and Event.objects.count() == count
    assert tri.put(where, {"title": "x"}).data == {
        "description": ["This field is required."],
        "organization": ["This field is required."],
    }
