"""Fields, enumerations, statuses and save rules of tickets (centurion.md sections 1 to 3, 5, 9, 10)."""

import datetime as dt

import pytest

from polydesk.directory import actors, founding
from polydesk.directory.models import Milestone, Project, Team
from polydesk.faces.centurion import codes, fields
from polydesk.tickets import commands, kinds
from polydesk.tickets.models import Category, Event, Ticket

from .conftest import CHANGE, INCIDENT, PROBLEM, REQUEST, A

pytestmark = pytest.mark.django_db

ROUTES = {"request": REQUEST, "incident": INCIDENT, "problem": PROBLEM, "change": CHANGE}
REQUIRED = "This field is required."


def task_path(desk):
    project = Project.objects.create(organization=desk.house, name="P")
    return project, f"{A}/project_management/project/{project.pk}/project_task"


@pytest.mark.spec("CE-001", "CE-002", "CE-003", "CE-022", "CE-212", "CE-213", "CE-214", "RC-150")
def test_the_type_is_that_of_the_address(desk, tri):
    _project, tasks = task_path(desk)
    for path, number in ((REQUEST, 1), (INCIDENT, 2), (CHANGE, 3), (PROBLEM, 4), (tasks, 7)):
        ticket = desk.ticket(tri, path, ticket_type=5)
        assert ticket["ticket_type"] == number
        assert ticket["_urls"]["_self"].endswith(f"{path}/{ticket['id']}")
    choices = tri.options(REQUEST).data["fields"]["ticket_type"]["choices"]
    assert [(c["value"], c["display_name"]) for c in choices] == [
        (1, "Request"),
        (2, "Incident"),
        (3, "Change"),
        (4, "Problem"),
        (5, "Issue"),
        (6, "Merge Request"),
        (7, "Project Task"),
    ]


@pytest.mark.spec("CE-004", "CE-226", "CE-227", "CE-295", "RC-313", "RC-410")
def test_issues_have_no_route_and_alerts_stand_among_incidents(desk, tri):
    system = actors.system(desk.house.pk)
    issue = commands.create("issue", {"title": "An issue"}, by=system, via="native")
    alert = commands.create("alert", {"title": "An alert"}, by=system, via="autotask")
    for path in ROUTES.values():
        assert tri.get(f"{path}/{issue.pk}").status_code == 403
    shown = tri.get(f"{INCIDENT}/{alert.pk}").data
    assert shown["ticket_type"] == 2 and alert.pk in [t["id"] for t in tri.get(INCIDENT).data["results"]]
    assert tri.patch(f"{INCIDENT}/{alert.pk}", {"impact": 3}).status_code == 200
    assert Ticket.objects.get(pk=alert.pk).kind == "alert"
    request = desk.ticket(tri)
    assert tri.get(f"{PROBLEM}/{request['id']}").status_code == 403
    assert tri.patch(f"{PROBLEM}/{request['id']}", {"title": "x"}).status_code == 403
    assert desk.superuser().get(f"{PROBLEM}/{request['id']}").status_code == 404


@pytest.mark.spec("CE-005", "CE-006", "CE-007", "CE-008", "CE-017", "CE-018", "CE-019", "RC-157", "RC-155", "RC-224")
def test_enumerations(desk, tri):
    ticket = desk.ticket(tri)
    assert (ticket["urgency"], ticket["impact"], ticket["priority"]) == (1, 1, 1)
    where = f"{REQUEST}/{ticket['id']}"
    for field, most in (("urgency", 5), ("impact", 5), ("priority", 6)):
        for number in (*range(1, most + 1), None):
            assert tri.patch(where, {field: number}).data[field] == number
        for wrong in (0, most + 1, "x", 2.5, True, [], {}):
            answer = tri.patch(where, {field: wrong})
            assert answer.status_code == 400 and list(answer.data) == [field], wrong
        assert tri.patch(where, {field: 9}).data == {field: ['"9" is not a valid choice.']}
    assert tri.patch(where, {"urgency": "3"}).data["urgency"] == 3
    root = desk.superuser()
    for number in (1, 2, *range(9991, 10000)):
        assert root.patch(where, {"external_system": number}).data["external_system"] == number
    assert root.patch(where, {"external_system": 3}).data == {"external_system": ['"3" is not a valid choice.']}
    labels = {c["value"]: c["display_name"] for c in root.options(where).data["fields"]["external_system"]["choices"]}
    assert (labels[1], labels[9999], labels[9991]) == ("Github", "Custom #1 (Imported)", "Custom #9 (Imported)")


KEYS = [
    "id",
    "assigned_teams",
    "assigned_users",
    "category",
    "created",
    "modified",
    "status",
    "status_badge",
    "title",
    "description",
    "estimate",
    "duration",
    "urgency",
    "urgency_badge",
    "impact",
    "impact_badge",
    "priority",
    "priority_badge",
    "external_ref",
    "external_system",
    "ticket_type",
    "is_deleted",
    "date_closed",
    "opened_by",
    "organization",
    "project",
    "milestone",
    "parent_ticket",
    "planned_start_date",
    "planned_finish_date",
    "real_start_date",
    "real_finish_date",
    "subscribed_teams",
    "subscribed_users",
    "_urls",
]


@pytest.mark.spec(
    "CE-010", "CE-011", "CE-012", "CE-013", "CE-014", "CE-016", "CE-020", "CE-021", "CE-023", "CE-024", "CE-025",
    "CE-026", "CE-027", "CE-028", "CE-029", "CE-030", "CE-031", "CE-032", "CE-033", "CE-034", "CE-035", "CE-036",
    "CE-037", "CE-038", "CE-039", "CE-040", "CE-051", "CE-230", "RC-225",
)  # fmt: skip
def test_every_field_is_in_every_response_whatever_the_type(desk, tri):
    project, tasks = task_path(desk)
    for path in (*ROUTES.values(), tasks):
        made = desk.ticket(tri, path)
        read = tri.get(f"{path}/{made['id']}").data
        patched = tri.patch(f"{path}/{made['id']}", {"title": made["title"]}).data
        assert made == read == patched and sorted(made) == sorted(KEYS)
        assert set(made["_urls"]) - {"project"} == {"_self", "comments", "linked_items", "related_tickets"}
    nulls = ("category", "parent_ticket", "milestone", "external_ref", "external_system", "date_closed")
    dates = ("planned_start_date", "planned_finish_date", "real_start_date", "real_finish_date")
    assert all(made[name] is None for name in (*nulls, *dates))
    assert (made["estimate"], made["duration"], made["is_deleted"], made["status"]) == (0, 0, False, 2)
    assert (made["assigned_users"], made["assigned_teams"], made["subscribed_teams"]) == ([], [], [])
    assert made["created"].endswith("Z") and made["project"]["id"] == project.pk


@pytest.mark.spec("CE-015", "CE-016", "CE-281", "CE-280", "CE-288", "RC-001", "RC-005")
def test_title_and_description(desk, tri):
    base = {"title": "T", "description": "D", "organization": desk.house.pk}
    for body, errors in (
        ({}, {"title": [REQUIRED], "description": [REQUIRED], "organization": [REQUIRED]}),
        (base | {"title": ""}, {"title": ["This field may not be blank."]}),
        (base | {"title": "  "}, {"title": ["This field may not be blank."]}),
        (base | {"title": None}, {"title": ["This field may not be null."]}),
        (base | {"title": "x" * 101}, {"title": ["Ensure this field has no more than 100 characters."]}),
        (base | {"title": ["x"]}, {"title": ["Not a valid string."]}),
        (base | {"description": ""}, {"description": ["This field may not be blank."]}),
        (base | {"description": None}, {"description": ["This field may not be null."]}),
        (base | {"title": "a\0b"}, {"title": ["Null characters are not allowed."]}),
    ):
        answer = tri.post(REQUEST, body)
        assert (answer.status_code in (400,) and set(answer.data) == set(errors)) or "detail" in answer.data, body
    assert tri.post(REQUEST, base | {"title": "x" * 100}).status_code == 201
    long = commands.create("request", {"title": "y" * 200}, by=actors.system(desk.house.pk), via="crm")
    where = f"{REQUEST}/{long.pk}"
    assert tri.get(where).data["title"] == "y" * 200
    assert tri.patch(where, {"title": "y" * 200, "impact": 3}).status_code == 200
    refused = tri.patch(where, {"title": "z" * 101})
    assert refused.data == {"title": ["Ensure this field has no more than 100 characters."]}


@pytest.mark.spec("CE-042", "RC-016", "RC-344", "RC-414")
def test_a_title_is_unique_in_its_organization(desk, tri):
    desk.ticket(tri, title="Same")
    taken = {"title": ["Ticket with this Title already exists."]}
    body = {"title": "Same", "description": "x", "organization": desk.house.pk}
    assert tri.post(PROBLEM, body).data == taken
    other = desk.ticket(tri)
    where = f"{REQUEST}/{other['id']}"
    assert tri.patch(where, {"title": "Same"}).data == taken
    elsewhere = desk.caller("there", "add:request", organization=desk.other)
    assert elsewhere.post(REQUEST, body | {"organization": desk.other.pk}).status_code == 201
    twins = [commands.create("request", {"title": "Twin"}, by=actors.system(desk.house.pk), via="crm") for _ in "ab"]
    assert tri.patch(f"{REQUEST}/{twins[0].pk}", {"title": "Twin", "impact": 2}).status_code == 200
    mgr = desk.role("manager")
    mgr.delete(where)
    again = body | {"title": other["title"]}
    assert tri.post(REQUEST, again).data == taken
    mgr.delete(where)
    assert tri.post(REQUEST, again).status_code == 201


@pytest.mark.spec("CE-050", "CE-052", "CE-053", "CE-054", "CE-057", "RC-227")
def test_fields_foreign_to_the_type(desk, tri):
    for path in ROUTES.values():
        ticket = desk.ticket(tri, path)
        where = f"{path}/{ticket['id']}"
        for name in ("real_start_date", "real_finish_date"):
            answer = tri.patch(where, {name: "2026-12-01T10:00:00Z", "impact": 5})
            assert (answer.status_code, answer.data) == (400, {name: [f"cant edit field: {name}"]})
            assert tri.patch(where, {name: None}).status_code == 200
            refused = tri.post(path, {
                "title": "Never", "description": "x", "organization": desk.house.pk, name: "2026-12-01T10:00:00Z"
            })  # fmt: skip
            assert refused.status_code == 400 and not Ticket.objects.filter(title="Never").exists()
        assert tri.get(where).data["impact"] == 1
        assert tri.patch(where, {"planned_start_date": "2026-12-01T10:00:00Z"}).status_code == 200
        editor = desk.role("editor")
        assert editor.patch(where, {"real_start_date": "2026-12-01T10:00:00Z"}).status_code == 200
    project, tasks = task_path(desk)
    other = Project.objects.create(organization=desk.house, name="Q")
    task = desk.ticket(tri, tasks, project=other.pk, real_start_date="2026-12-01T10:00:00+02:00")
    assert task["project"]["id"] == project.pk and task["real_start_date"] == "2026-12-01T08:00:00Z"
    moved = tri.patch(f"{tasks}/{task['id']}", {"project": other.pk}).data
    assert moved["project"]["id"] == project.pk


@pytest.mark.spec("CE-054", "CE-227")
def test_tasks_stand_under_their_own_project_alone(desk, tri):
    _project, tasks = task_path(desk)
    task = desk.ticket(tri, tasks)
    _other, other_tasks = task_path(desk)
    assert [t["id"] for t in tri.get(tasks).data["results"]] == [task["id"]]
    assert tri.get(other_tasks).data["results"] == []
    assert tri.get(f"{other_tasks}/{task['id']}").status_code == 403
    foreign = Project.objects.create(organization=desk.other, name="Foreign")
    body = {"title": "x", "description": "x", "organization": desk.house.pk}
    for number in (foreign.pk, 99_999, 2**70):
        path = f"{A}/project_management/project/{number}/project_task"
        assert tri.get(path).status_code in (403, 404)
        assert tri.post(path, body).status_code in (403, 404)
    assert desk.superuser().get(f"{A}/project_management/project/99999/project_task").status_code == 404


@pytest.mark.spec("CE-060", "CE-061", "CE-062", "RC-228", "RC-122")
@pytest.mark.parametrize("kind", [*ROUTES, "project_task"])
def test_any_status_of_the_type_may_be_selected_and_no_other(desk, tri, kind):
    path = ROUTES.get(kind) or task_path(desk)[1]
    ticket = desk.ticket(tri, path)
    where = f"{path}/{ticket['id']}"
    offered = codes.STATUS_CHOICES[kind]
    form = [c["value"] for c in tri.options(path).data["fields"]["status"]["choices"]]
    assert form == list(offered) == [c["value"] for c in tri.options(where).data["fields"]["status"]["choices"]]
    for number in offered:
        answer = tri.patch(where, {"status": number})
        assert (answer.status_code, answer.data["status"]) == (200, number)
    now = tri.get(where).data["status"]
    for number in set(range(20)) - set(offered):
        answer = tri.patch(where, {"status": number})
        assert answer.data == {"status": [f'"{number}" is not a valid choice.']}
    assert tri.get(where).data["status"] == now


LISTS = {
    "request": {1, 2, 3, 4, 5, 6, 7, 8},
    "incident": {1, 2, 3, 4, 5, 6, 7, 8},
    "problem": {1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
    "change": {1, 2, 4, 7, 10, 11, 12, 13, 14, 15, 16, 17, 18},
    "issue": {1, 2, 3, 4, 5, 6},
    "merge_request": {1, 2, 3, 4, 5, 6},
    "project_task": {1, 2, 3, 4, 5, 6, 7, 8},
}


@pytest.mark.spec("CE-060")
def test_the_lists_are_those_of_the_contract():
    assert {kind: set(codes.STATUS_CHOICES[kind]) for kind in LISTS} == LISTS


@pytest.mark.spec("CE-063", "CE-064", "CE-065", "CE-066", "CE-092", "CE-107", "RC-140", "RC-229", "RC-354", "RC-302")
def test_assignment_moves_new_and_assigned_alone_on_every_type(desk, tri):
    team = Team.objects.create(organization=desk.house, name="T")
    me = tri.person.pk
    for path in ROUTES.values():
        ticket = desk.ticket(tri, path, status=8)
        where = f"{path}/{ticket['id']}"
        assert ticket["status"] == 2
        assert tri.patch(where, {"assigned_users": [me]}).data["status"] == 3
        assert tri.patch(where, {"status": 3}).status_code == 200  # the one shown now, also on a change
        assert tri.patch(where, {"assigned_teams": [team.pk], "assigned_users": []}).data["status"] == 3
        assert tri.patch(where, {"assigned_teams": []}).data["status"] == 2
        assert tri.patch(where, {"status": 7}).data["status"] == 7
        assert tri.patch(where, {"assigned_users": [me]}).data["status"] == 7
        assert tri.patch(where, {"assigned_users": []}).data["status"] == 7
        assert tri.patch(where, {"status": 2, "assigned_users": [me]}).data["status"] == 3
        assert desk.ticket(tri, path, assigned_users=[me])["status"] == 3
    request = desk.ticket(tri)
    where = f"{REQUEST}/{request['id']}"
    assert tri.patch(where, {"status": 3}).data["status"] == 3
    assert tri.patch(where, {"impact": 2}).data["status"] == 3
    change = desk.ticket(tri, CHANGE)
    tri.post(f"{A}/core/ticket/{change['id']}/comments", {"comment_type": 5, "body": "Done"})
    assert tri.get(f"{CHANGE}/{change['id']}").data["status"] == 8
    assert tri.patch(f"{CHANGE}/{change['id']}", {"status": 8, "impact": 2}).status_code == 200


@pytest.mark.spec("RC-141", "RC-353", "RC-403", "CE-028", "RC-046")
def test_assigned_users_are_one_set_of_assignee_and_others(desk, tri):
    a, b, c = (desk.caller(login).person.pk for login in ("anna", "bert", "cora"))
    ticket = desk.ticket(tri, assigned_users=[a, b])
    where = f"{REQUEST}/{ticket['id']}"

    def stored():
        row = Ticket.objects.get(pk=ticket["id"])
        return row.assignee_id, row.assigned_people

    assert stored() == (a, [b])
    before = Event.objects.count()
    tri.patch(where, {"assigned_users": [b, a]})
    assert Event.objects.count() == before
    assert [u["id"] for u in tri.patch(where, {"assigned_users": [b, c, a]}).data["assigned_users"]] == [a, b, c]
    assert stored() == (a, [b, c])
    tri.patch(where, {"assigned_users": [c, b]})
    assert stored() == (c, [b, c])
    tri.patch(where, {"assigned_users": []})
    assert stored() == (None, [])
    commands.edit(ticket["id"], {"assigned_people": [b]}, by=actors.system(desk.house.pk), via="crm")
    tri.patch(where, {"assigned_users": [b, a]})
    assert stored() == (None, [b, a])


@pytest.mark.spec("CE-044", "CE-031", "RC-087", "RC-277", "RC-351")
def test_closing_dates_the_ticket_and_leaving_clears_it(desk, tri):
    where = f"{REQUEST}/{desk.ticket(tri)['id']}"
    closed = tri.patch(where, {"status": 4}).data["date_closed"]
    assert closed is not None
    assert tri.patch(where, {"impact": 2}).data["date_closed"] == closed
    assert tri.patch(where, {"status": 3}).data["date_closed"] is None


@pytest.mark.spec("CE-095", "RC-233", "RC-004", "RC-284")
def test_a_milestone_belongs_to_the_project_after_the_change(desk, tri):
    p, q = (Project.objects.create(organization=desk.house, name=name) for name in "PQ")
    m, n = (Milestone.objects.create(organization=desk.house, project=x, name="M") for x in (p, q))
    where = f"{REQUEST}/{desk.ticket(tri)['id']}"
    needs, foreign = (
        {"milestone": ["Milestones require a project"]},
        {"milestone": ["Milestone must be from the same project"]},
    )
    assert tri.patch(where, {"milestone": m.pk}).data == needs
    assert tri.patch(where, {"milestone": n.pk, "project": p.pk}).data == foreign
    both = tri.patch(where, {"milestone": m.pk, "project": p.pk}).data
    assert (both["project"]["id"], both["milestone"]["id"]) == (p.pk, m.pk)
    assert both["_urls"]["project"].endswith(f"/project_management/project/{p.pk}")
    assert tri.patch(where, {"project": None}).data == needs
    assert tri.patch(where, {"project": q.pk}).data == foreign
    assert tri.patch(where, {"impact": 4}).status_code == 200
    assert tri.patch(where, {"project": None, "milestone": None}).data["milestone"] is None


@pytest.mark.spec("CE-174", "CE-176", "CE-203", "CE-127", "RC-279", "RC-271")
def test_parents_make_no_circle_at_any_depth(desk, tri):
    a, b, c = (desk.ticket(tri, path)["id"] for path in (REQUEST, REQUEST, REQUEST))
    circle = {"parent_ticket": ["Adding this ticket will create a circular dependency"]}
    assert tri.patch(f"{REQUEST}/{b}", {"parent_ticket": a}).data["parent_ticket"]["id"] == a
    assert tri.patch(f"{REQUEST}/{c}", {"parent_ticket": b}).status_code == 200
    for parent in (a, b, c):
        assert tri.patch(f"{REQUEST}/{a}", {"parent_ticket": parent}).data == circle
    problem = desk.ticket(tri, PROBLEM)["id"]
    assert tri.patch(f"{PROBLEM}/{problem}", {"parent_ticket": c}).status_code == 200
    foreign = desk.ticket(desk.superuser(), organization=desk.other.pk)["id"]
    missing = tri.patch(f"{REQUEST}/{a}", {"parent_ticket": foreign})
    assert missing.data == {"parent_ticket": [f'Invalid pk "{foreign}" - object does not exist.']}
    mgr = desk.role("manager")
    for _ in "ab":
        assert mgr.delete(f"{REQUEST}/{b}").status_code == 204
    assert tri.get(f"{REQUEST}/{c}").data["parent_ticket"] is None


@pytest.mark.spec("CE-203", "CE-200", "RC-271", "CE-025")
def test_nothing_of_another_organization_can_be_named(desk, tri):
    other = desk.other
    project = Project.objects.create(organization=other, name="X")
    stranger = founding.add_person(other, "Stranger", role="agent", login="stranger")
    where = f"{REQUEST}/{desk.ticket(tri)['id']}"
    for body in (
        {"category": Category.objects.create(organization=other, name="X").pk},
        {"project": project.pk},
        {"assigned_users": [stranger.pk]},
        {"subscribed_users": [stranger.pk]},
        {"opened_by": stranger.pk},
        {"assigned_teams": [Team.objects.create(organization=other, name="X").pk]},
        {"category": "x"},
        {"category": True},
        {"assigned_users": "x"},
        {"opened_by": None},
    ):
        answer = tri.patch(where, body)
        assert answer.status_code == 400 and set(answer.data) == set(body), (body, answer.data)


@pytest.mark.spec("CE-190", "CE-191", "CE-192", "CE-193", "CE-114", "RC-305", "RC-306", "RC-237", "RC-413")
def test_delete_restore_and_purge(desk, tri):
    mgr, root = desk.role("manager"), desk.superuser()
    ticket = desk.ticket(tri, description="Find me")
    kept = desk.ticket(tri)
    where = f"{REQUEST}/{ticket['id']}"
    comments = f"{A}/core/ticket/{ticket['id']}/comments"
    tri.post(comments, {"comment_type": 2, "body": f"Words\n/relate #{kept['id']}"})
    assert mgr.delete(where).status_code == 204
    for caller in (tri, mgr):
        assert ticket["id"] not in [t["id"] for t in caller.get(f"{REQUEST}?search=Find").data["results"]]
        assert caller.get(f"{A}/core/ticket/{kept['id']}/related_ticket").data["results"] == []
    assert tri.get(where).status_code == tri.get(comments).status_code == 403
    assert mgr.get(where).data["is_deleted"] is True and root.get(where).data["is_deleted"] is True
    listed = mgr.get(f"{REQUEST}?filter[is_deleted]=true").data["results"]
    assert [t["id"] for t in listed] == [ticket["id"]]
    assert tri.get(f"{REQUEST}?filter[is_deleted]=true").data["results"] == []
    assert tri.patch(where, {"is_deleted": False}).status_code == 403
    back = mgr.patch(where, {"is_deleted": False})
    assert back.status_code == 200 and back.data["is_deleted"] is False
    assert tri.get(where).data["description"] == "Find me" and tri.get(comments).data["meta"]["pagination"]["count"]
    deleter = desk.caller("deleter", "delete:request")
    assert deleter.patch(where, {"is_deleted": True}).data["is_deleted"] is True
    assert deleter.delete(where).status_code == 403
    assert mgr.delete(where).status_code == 204
    assert mgr.get(where).status_code == 403 and root.get(where).status_code == 404
    assert not Ticket.objects.filter(pk=ticket["id"]).exists()
    assert desk.ticket(tri)["id"] > ticket["id"]


@pytest.mark.spec("CE-201", "CE-202", "CE-284", "CE-200", "RC-011", "RC-239", "RS-148")
def test_the_tickets_of_others_are_like_missing_ones(desk, tri):
    foreign = desk.ticket(desk.superuser(), organization=desk.other.pk)["id"]
    answers = []
    for number in (foreign, 999_999, 2**80):
        where = f"{REQUEST}/{number}"
        calls = (
            tri.get(where),
            tri.patch(where, {"title": "x"}),
            tri.put(where, {"title": "x"}),
            tri.delete(where),
            tri.options(where),
            tri.get(f"{A}/core/ticket/{number}/comments"),
            tri.post(f"{A}/core/ticket/{number}/comments", {"comment_type": 2, "body": "x"}),
            tri.get(f"{A}/core/ticket/{number}/related_ticket"),
            tri.get(f"{A}/core/ticket/{number}/linked_item"),
        )
        answers.append([(a.status_code, a.data) for a in calls])
    assert answers[0] == answers[1] == answers[2]
    assert {str(a) for a in answers[0]} == {
        str((403, {"detail": "You do not have permission to perform this action."}))
    }
    assert tri.get(REQUEST).data["meta"]["pagination"]["count"] == 0
    for organization in (desk.other.pk, 99_999):
        body = {"title": "x", "description": "x", "organization": organization}
        assert tri.post(REQUEST, body).status_code == 403


@pytest.mark.spec("RC-123", "RC-418", "RC-298", "CE-295", "RC-111", "CE-063", "CE-012")
def test_every_status_of_every_kind_is_shown_and_written_back_without_event(desk, tri):
    from polydesk.tickets.models import Status

    system = actors.system(desk.house.pk)
    added = {phase: f"own_{phase}" for phase in codes.PHASES}
    for phase, key in added.items():
        Status.objects.create(organization=desk.house, key=key, name=key, phase=phase)
    for kind, path in ROUTES.items():
        ticket = commands.create(kind, {"title": kind}, by=system, via="crm")
        for status in [*sorted(kinds.KINDS[kind].allowed), *added.values()]:
            commands.edit(ticket, {"status": status}, by=system, via="crm")
            before = Event.objects.count()
            number = tri.get(f"{path}/{ticket.pk}").data["status"]
            assert number in codes.STATUS
            assert tri.patch(f"{path}/{ticket.pk}", {"status": number}).status_code == 200
            assert Event.objects.count() == before and Ticket.objects.get(pk=ticket.pk).status == status
            if kind == "change":
                assert [t["id"] for t in tri.get(f"{path}?filter[status]={number}").data["results"]] == [ticket.pk]


@pytest.mark.spec("RC-065", "RC-079", "RC-329", "CE-034", "CE-020", "RC-026")
def test_what_the_face_cannot_say_is_shown_by_the_nearest_value(desk, tri):
    system = actors.system(desk.house.pk)
    ticket = commands.create(
        "request", {"title": "t", "external_system": "jira", "external_ref": "ABC-1"}, by=system, via="native"
    )
    where = f"{REQUEST}/{ticket.pk}"
    shown = tri.get(where).data
    assert (shown["external_system"], shown["external_ref"], shown["estimate"]) == (None, None, 0)
    assert shown["opened_by"]["display_name"] == "House service"
    before = Event.objects.count()
    assert tri.patch(where, {"estimate": 0}).status_code == 200 and Event.objects.count() == before
    assert tri.patch(where, {"estimate": 5400}).data["estimate"] == 5400
    for wrong in (None, -1, "x", 1.5, 2**40):
        assert list(tri.patch(where, {"estimate": wrong}).data) == ["estimate"], wrong


@pytest.mark.spec("CE-242", "RC-014")
def test_times_are_utc_and_input_takes_any_offset(desk, tri):
    where = f"{REQUEST}/{desk.ticket(tri)['id']}"
    for sent, shown in (
        ("2026-12-01T10:00:00+02:00", "2026-12-01T08:00:00Z"),
        ("2026-12-01T10:00:00", "2026-12-01T10:00:00Z"),
        ("2026-12-01 10:00:01.5Z", "2026-12-01T10:00:01.500000Z"),
    ):
        assert tri.patch(where, {"planned_start_date": sent}).data["planned_start_date"] == shown
    for wrong in ("tomorrow", "2026-13-01T10:00:00Z", 5, "", "9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+23:00"):
        assert list(tri.patch(where, {"planned_start_date": wrong}).data) == ["planned_start_date"], wrong
    me = f"{A}/settings/user_settings/{tri.person.pk}"
    assert tri.patch(me, {"timezone": "Europe/Berlin"}).data["timezone"] == "Europe/Berlin"
    tri.patch(where, {"planned_start_date": "2026-12-01T10:00:00Z"})
    assert tri.get(where).data["planned_start_date"] == "2026-12-01T11:00:00+01:00"


@pytest.mark.spec("CE-177", "CE-161", "RC-161", "RC-236")
def test_a_category_serves_the_types_that_its_flags_name(desk, tri):
    root = desk.superuser()
    settings = f"{A}/settings/ticket_category"
    made = root.post(settings, {"name": "Printing", "organization": desk.house.pk, "change": False})
    assert made.status_code == 201, made.data
    assert {k: made.data[k] for k in ("change", "incident", "problem", "project_task", "request")} == {
        "change": False, "incident": True, "problem": True, "project_task": True, "request": True,
    }  # fmt: skip
    change, request = desk.ticket(tri, CHANGE), desk.ticket(tri)
    refused = tri.patch(f"{CHANGE}/{change['id']}", {"category": made.data["id"]})
    assert refused.status_code == 400 and list(refused.data) == ["category"]
    taken = tri.patch(f"{REQUEST}/{request['id']}", {"category": made.data["id"]}).data
    assert taken["category"]["display_name"] == "Printing"
    assert taken["_urls"]["ticketcategory"].endswith(f"/settings/ticket_category/{made.data['id']}?request=true")
    root.patch(f"{settings}/{made.data['id']}", {"request": False})
    assert tri.patch(f"{REQUEST}/{request['id']}", {"impact": 3}).status_code == 200  # an unrelated edit
    assert root.delete(f"{settings}/{made.data['id']}").status_code == 204
    assert tri.get(f"{REQUEST}/{request['id']}").data["category"] is None


@pytest.mark.spec("RC-300", "RC-168")
def test_what_a_ticket_of_this_face_is_in_the_core(desk, tri):
    from polydesk.directory.models import Company

    acme = Company.objects.create(organization=desk.house, name="Acme")
    carl = desk.caller("carl", company=acme).person
    ticket = Ticket.objects.get(pk=desk.ticket(tri, opened_by=carl.pk)["id"])
    assert (ticket.company, ticket.requester, ticket.creator, ticket.channel) == (acme, carl, tri.person, "api")
    assert (ticket.kind, ticket.status, ticket.priority, ticket.description_format) == (
        "request",
        "new",
        "very_low",
        "markdown",
    )


@pytest.mark.spec("CE-055")
def test_the_tech_fields_are_the_seeds():
    assert fields.TECH_FIELDS == (
        "category",
        "project",
        "milestone",
        "assigned_users",
        "assigned_teams",
        "subscribed_teams",
        "subscribed_users",
        "status",
        "urgency",
        "impact",
        "priority",
        "planned_start_date",
        "planned_finish_date",
    )
    assert all(fields.belongs(name, "request") for name in fields.TECH_FIELDS)
    assert not fields.belongs("real_start_date", "request") and fields.belongs("real_start_date", "project_task")
    assert not fields.belongs("category", "issue") and fields.belongs("parent_ticket", "issue")
    assert not fields.belongs("project", "project_task") and not fields.belongs("status", "merge_request")


@pytest.mark.spec("CE-204")
def test_no_ticket_is_put_into_a_global_organization(desk, tri):
    desk.house.is_global = True
    desk.house.save()
    body = {"title": "x", "description": "x", "organization": desk.house.pk}
    for caller in (tri, desk.superuser()):
        answer = caller.post(REQUEST, body)
        assert (answer.status_code, list(answer.data)) == (400, ["organization"])


@pytest.mark.spec("RC-310", "RC-409")
def test_a_final_ticket_stays_closed(desk, tri):
    system = actors.system(desk.house.pk)
    ticket = commands.create("incident", {"title": "t", "final": True}, by=system, via="simpletickets")
    commands.edit(ticket, {"status": "closed"}, by=system, via="simpletickets")
    refused = tri.patch(f"{INCIDENT}/{ticket.pk}", {"status": 2})
    assert refused.status_code == 400 and list(refused.data) == ["status"]
    solved = tri.post(f"{A}/core/ticket/{ticket.pk}/comments", {"comment_type": 5, "body": "x"})
    assert solved.status_code == 400
    assert tri.patch(f"{INCIDENT}/{ticket.pk}", {"impact": 2}).status_code == 200
    assert dt.datetime.fromisoformat(tri.get(f"{INCIDENT}/{ticket.pk}").data["date_closed"])
