"""Comments, threads, action lines, time and commands (centurion.md sections 6 and 7)."""

import pytest

from polydesk.directory import actors, founding
from polydesk.directory.models import Asset, Milestone, Organization, Project, Team
from polydesk.faces.centurion import lines
from polydesk.tickets import commands
from polydesk.tickets.models import Category, Comment, CommentCategory, Event, Ticket

from .conftest import PROBLEM, REQUEST, A, bodies

pytestmark = pytest.mark.django_db

KEYS = [
    "id",
    "parent",
    "ticket",
    "external_ref",
    "external_system",
    "comment_type",
    "body",
    "private",
    "duration",
    "category",
    "template",
    "is_template",
    "source",
    "status",
    "responsible_user",
    "responsible_team",
    "user",
    "planned_start_date",
    "planned_finish_date",
    "real_start_date",
    "real_finish_date",
    "organization",
    "date_closed",
    "created",
    "modified",
    "_urls",
]


def of(ticket):
    number = ticket if isinstance(ticket, int) else ticket["id"]
    return f"{A}/core/ticket/{number}/comments"


def written(api, ticket):
    """Real comments, without action lines."""
    return [c for c in api.get(f"{of(ticket)}?page[size]=100").data["results"] if c["comment_type"] != 1]


@pytest.mark.spec("CE-100", "CE-101", "CE-102", "CE-103", "CE-215", "RC-101", "RC-102", "RC-104", "RC-105")
def test_a_comment_has_its_keys_and_defaults(desk, tri):
    ticket = desk.ticket(tri)
    stranger = desk.caller("stranger").person
    made = tri.post(
        of(ticket), {"comment_type": 2, "body": "Words", "user": stranger.pk, "organization": desk.other.pk}
    )
    assert made.status_code == 201, made.data
    c = made.data
    assert sorted(c) == sorted(KEYS)
    assert (c["comment_type"], c["source"], c["status"], c["private"], c["duration"]) == (2, 1, 1, False, 0)
    assert (c["user"]["username"], c["organization"]["name"]) == ("tri", "House")
    assert (c["ticket"], c["parent"], c["category"], c["template"]) == (ticket["id"], None, None, None)
    assert tri.get(f"{of(ticket)}/{c['id']}").data == c == written(tri, ticket)[0]
    line = tri.get(of(ticket)).data["results"][0]
    assert sorted(line) == sorted(KEYS) and (line["comment_type"], line["source"], line["private"]) == (1, 1, False)
    assert tri.get(f"{of(ticket)}/{line['id']}").data == line


@pytest.mark.spec("CE-104", "CE-105", "CE-106", "CE-108", "CE-111", "CE-216", "RC-106", "RC-290")
def test_bad_comments(desk, tri):
    ticket = desk.ticket(tri)
    where = of(ticket)
    for body, key in (
        ({"body": "x"}, "comment_type"),
        ({"comment_type": 2}, "body"),
        ({"comment_type": 2, "body": " "}, "body"),
        ({"comment_type": 2, "body": None}, "body"),
        ({"comment_type": 9, "body": "x"}, "comment_type"),
        ({"comment_type": 1, "body": "x"}, "comment_type"),
        ({"comment_type": "x", "body": "x"}, "comment_type"),
        ({"comment_type": 2, "body": "x", "parent": 99_999}, "parent"),
    ):
        answer = tri.post(where, body)
        assert (answer.status_code, list(answer.data)) == (400, [key]), body
    assert written(tri, ticket) == []
    req = desk.role("requester")
    assert list(req.post(where, {"comment_type": 4, "body": "x"}).data) == ["comment_type"]
    assert tri.post(where, {"comment_type": 4, "body": "Told"}).status_code == 201
    comment = tri.post(where, {"comment_type": 2, "body": "x"}).data
    changed = tri.patch(f"{where}/{comment['id']}", {"comment_type": 3})
    assert (changed.status_code, changed.data) == (400, {"comment_type": "Comment Type is not editable"})
    assert tri.patch(f"{where}/{comment['id']}", {"comment_type": 2, "body": "y"}).data["body"] == "y"
    threads = f"{where}/{comment['id']}/threads"
    reply = tri.post(threads, {"comment_type": 2, "body": "Reply"})
    assert reply.status_code == 201 and reply.data["parent"] == comment["id"]
    deeper = tri.post(f"{where}/{reply.data['id']}/threads", {"comment_type": 2, "body": "x"})
    assert (deeper.status_code, deeper.data) == (400, {"parent": "Replying to a discussion reply is not possible"})
    assert [r["id"] for r in tri.get(threads).data["results"]] == [reply.data["id"]]
    assert reply.data["id"] not in [c["id"] for c in written(tri, ticket)]
    assert tri.get(f"{threads}/{reply.data['id']}").data["body"] == "Reply"
    assert tri.get(f"{where}/{reply.data['id']}").status_code == 200
    assert tri.get(f"{where}/99999/threads").status_code == 403


@pytest.mark.spec("CE-109", "CE-110", "RC-108", "RC-234", "RC-173")
def test_who_may_set_which_field_of_a_comment(desk, tri):
    ticket = desk.ticket(tri)
    category = CommentCategory.objects.create(organization=desk.house, name="C")
    body = {
        "comment_type": 3,
        "body": "Do it",
        "private": True,
        "category": category.pk,
        "is_template": True,
        "source": 4,
        "status": 2,
        "responsible_user": tri.person.pk,
        "responsible_team": Team.objects.create(organization=desk.house, name="T").pk,
        "planned_start_date": "2026-12-01T10:00:00Z",
        "real_finish_date": "2026-12-02T10:00:00Z",
        "duration": 999,
    }
    full = tri.post(of(ticket), body).data
    shown = {k: v["id"] if isinstance(v, dict) and "id" in v else v for k, v in full.items()}
    assert {k: shown[k] for k in body if k != "duration"} == {k: v for k, v in body.items() if k != "duration"}
    assert full["duration"] == 0 and full["date_closed"] is not None
    plain = tri.post(of(ticket), body | {"comment_type": 2, "private": False, "body": "Plain"}).data
    assert plain["responsible_user"] is None and plain["status"] == 1 and plain["source"] == 4
    req = desk.role("requester")
    bare = req.post(of(ticket), body | {"body": "By requester"}).data
    assert (bare["private"], bare["source"], bare["status"], bare["category"]) == (False, 1, 1, None)
    solution = req.post(of(ticket), {"comment_type": 5, "body": "S", "category": category.pk, "private": True}).data
    assert solution["category"]["id"] == category.pk and solution["private"] is False
    foreign = CommentCategory.objects.create(organization=desk.other, name="F")
    refused = tri.post(of(ticket), {"comment_type": 2, "body": "x", "category": foreign.pk})
    assert list(refused.data) == ["category"]
    CommentCategory.objects.filter(pk=category.pk).update(types=["task"])
    assert tri.post(of(ticket), {"comment_type": 2, "body": "x", "category": category.pk}).status_code == 400
    where = f"{of(ticket)}/{full['id']}"
    done = tri.patch(where, {"status": 1, "private": False, "planned_start_date": None}).data
    assert (done["status"], done["private"], done["planned_start_date"], done["date_closed"]) == (1, False, None, None)


@pytest.mark.spec("CE-112", "RC-177", "RC-273", "RC-327", "RC-407", "RC-172")
def test_private_comments_are_for_their_author_and_triage(desk, tri):
    ticket = desk.ticket(tri)
    req = desk.role("requester")
    hidden = tri.post(of(ticket), {"comment_type": 2, "body": "Secret", "private": True}).data
    assert [c["id"] for c in written(tri, ticket)] == [hidden["id"]] and written(req, ticket) == []
    assert req.get(f"{of(ticket)}/{hidden['id']}").status_code == 403
    assert req.get(f"{of(ticket)}?search=Secret").data["results"] == []
    answer = tri.post(f"{of(ticket)}/{hidden['id']}/threads", {"comment_type": 2, "body": "Hush"})
    assert answer.data["private"] is True
    Comment.objects.filter(pk=hidden["id"]).update(author=req.person)
    assert [c["id"] for c in written(req, ticket)] == [hidden["id"]]
    assert [c["id"] for c in written(desk.superuser(), ticket)] == [hidden["id"]]


@pytest.mark.spec("CE-113", "RC-230")
def test_comments_have_permissions_of_their_own(desk, tri):
    ticket = desk.ticket(tri)
    comment = tri.post(of(ticket), {"comment_type": 2, "body": "x"}).data
    reply = tri.post(f"{of(ticket)}/{comment['id']}/threads", {"comment_type": 2, "body": "r"}).data
    where = f"{of(ticket)}/{comment['id']}"

    def tried(login, *rights):
        api = desk.caller(login, "view:request", *rights)
        return (
            api.get(of(ticket)).status_code,
            api.post(of(ticket), {"comment_type": 2, "body": "y"}).status_code,
            api.patch(where, {"body": login}).status_code,
        )

    assert tried("none") == (403, 403, 403)
    assert tried("viewer", "view:comment") == (200, 403, 403)
    assert tried("adder", "add:comment") == (403, 201, 403)
    assert tried("changer", "change:comment") == (403, 403, 200)
    assert tri.delete(where).status_code == 403
    deleter = desk.caller("deleter", "view:request", "delete:comment")
    assert deleter.delete(where).status_code == 204
    assert not Comment.objects.filter(pk__in=(comment["id"], reply["id"]), deleted_at__isnull=True).exists()
    line = tri.get(of(ticket)).data["results"][0]["id"]
    assert tri.patch(f"{of(ticket)}/{line}", {"body": "x"}).status_code == 403
    assert deleter.delete(f"{of(ticket)}/{line}").status_code == 403


@pytest.mark.spec("CE-115", "CE-107", "RC-178", "RC-179", "RC-291", "RC-408")
def test_comments_on_closed_tickets_and_solutions(desk, tri):
    ticket = desk.ticket(tri)
    tri.patch(f"{REQUEST}/{ticket['id']}", {"status": 4})
    assert tri.post(of(ticket), {"comment_type": 2, "body": "Late words"}).status_code == 201
    tri.post(of(ticket), {"comment_type": 5, "body": "Solved after all"})
    assert tri.get(f"{REQUEST}/{ticket['id']}").data["status"] == 8
    assert bodies(tri, ticket["id"])[-2:] == ["Solved after all", "changed status to Solved"]
    assert Ticket.objects.get(pk=ticket["id"]).resolution == "Solved after all"


def fresh_lines(api, number, seen):
    return list(bodies(api, number)[seen:])


@pytest.mark.spec(
    "CE-094", "CE-120", "CE-121", "CE-122", "CE-123", "CE-124", "CE-125", "CE-126", "CE-127", "CE-128", "CE-129",
    "CE-130", "CE-131", "CE-136", "CE-137", "CE-138", "RC-170", "RC-181", "RC-235", "RC-333",
)  # fmt: skip
def test_each_change_is_told_once_in_the_words_of_the_original(desk, tri):
    house, root = desk.house, desk.superuser()
    anna, bert = desk.caller("anna").person, desk.caller("bert").person
    team = Team.objects.create(organization=house, name="Night Shift")
    category = Category.objects.create(organization=house, name="C")
    p, q = (Project.objects.create(organization=house, name=n) for n in "PQ")
    m = Milestone.objects.create(organization=house, project=p, name="M")
    parent = desk.ticket(tri)["id"]
    project = f"{A}/project_management/project/{p.pk}/project_task"
    task = desk.ticket(tri, project, title="Old", description="one\ntwo")
    number, where = task["id"], f"{project}/{task['id']}"
    seen = len(bodies(tri, number))
    steps = (
        ({"status": 7}, ["changed status to Pending"]),
        ({"impact": 4, "urgency": 2, "priority": 6}, [
            "changed impact to High", "changed urgency to Low", "changed priority to Major"]),
        ({"priority": None}, ["changed priority to None"]),
        ({"title": "New"}, ["Title changed ~~Old~~ to **New**"]),
        ({"category": category.pk}, [f"changed category from None to $ticket_category-{category.pk}"]),
        ({"milestone": m.pk}, [f"changed milestone from None to $milestone-{m.pk}"]),
        ({"milestone": None}, [f"changed milestone from $milestone-{m.pk} to None"]),
        ({"planned_start_date": "2026-12-02T09:00:00Z"}, [
            "changed Planned Start Date from _None_ to **2026-12-02 09:00:00+00:00**"]),
        ({"planned_start_date": None, "planned_finish_date": "2026-12-03T09:30:00+01:00"}, [
            "changed Planned Start Date from _2026-12-02 09:00:00+00:00_ to **None**",
            "changed Planned Finish Date from _None_ to **2026-12-03 08:30:00+00:00**"]),
        ({"real_start_date": "2026-12-02T09:00:00Z", "real_finish_date": "2026-12-02T09:00:00Z"}, [
            "changed Real Start Date from _None_ to **2026-12-02 09:00:00+00:00**",
            "changed Real Finish Date from _None_ to **2026-12-02 09:00:00+00:00**"]),
        ({"parent_ticket": parent}, [f"Parent ticket changed from None to #{parent}"]),
        ({"parent_ticket": None}, [f"Parent ticket changed from #{parent} to None"]),
        ({"assigned_users": [anna.pk, bert.pk]}, ["Assigned @anna", "Assigned @bert"]),
        ({"assigned_users": [bert.pk], "assigned_teams": [team.pk]}, [
            "Unassigned @anna", "Assigned team @Night Shift"]),
        ({"assigned_teams": []}, ["Unassigned team @Night Shift"]),
        ({"status": 2, "assigned_teams": [team.pk]}, ["changed status to Assigned", "Assigned team @Night Shift"]),
        ({"assigned_teams": [], "assigned_users": []}, [
            "changed status to New", "Unassigned @bert", "Unassigned team @Night Shift"]),
        ({"subscribed_users": [tri.person.pk, anna.pk], "subscribed_teams": [team.pk]}, [
            "Added @anna as watching", "Added team @Night Shift as watching"]),
        ({"subscribed_users": [], "subscribed_teams": []}, [
            "Removed @tri as watching", "Removed @anna as watching", "Removed team @Night Shift as watching"]),
        ({"estimate": 90}, ["changed estimate to 90"]),
        ({"opened_by": anna.pk}, ["changed opened_by to @anna"]),
        ({"title": "New", "estimate": 90}, []),
    )  # fmt: skip
    for body, wanted in steps:
        answer = tri.patch(where, body)
        assert answer.status_code == 200, (body, answer.data)
        assert fresh_lines(tri, number, seen) == wanted, body
        seen += len(wanted)
    root.patch(where, {"external_system": 1, "external_ref": 7})
    assert fresh_lines(tri, number, seen) == ["changed external_system to Github", "changed external_ref to 7"]
    tri.patch(where, {"description": "one\nthree"})
    told = bodies(tri, number)[-1]
    assert told.startswith("<details>") and "Changed the Description" in told
    assert "\n-two\n+three\n" in told
    request = desk.ticket(tri, project=p.pk)
    tri.patch(f"{REQUEST}/{request['id']}", {"project": q.pk})
    assert bodies(tri, request["id"])[-1] == f"changed project from $project-{p.pk} to $project-{q.pk}"
    ids = [c["id"] for c in tri.get(f"{of(number)}?page[size]=100").data["results"]]
    assert len(set(ids)) == len(ids) and ids == [
        c["id"] for c in tri.get(f"{of(number)}?page[size]=100").data["results"]
    ]
    assert all(lines.event_of(i) is None or i < 2**53 for i in ids)


@pytest.mark.spec("CE-136", "CE-137", "CE-130", "CE-128")
def test_a_creation_tells_who_is_on_it(desk, tri):
    anna, bert = desk.caller("anna").person, desk.caller("bert").person
    team = Team.objects.create(organization=desk.house, name="T")
    ticket = desk.ticket(
        tri, assigned_users=[anna.pk, bert.pk], subscribed_teams=[team.pk], urgency=4, priority=5, title="x"
    )
    assert bodies(tri, ticket["id"]) == [
        "changed status to Assigned",
        "Assigned @anna",
        "Assigned @bert",
        "Added @tri as watching",
        "Added team @T as watching",
    ]
    first = tri.get(of(ticket)).data["results"][0]
    assert first["user"]["username"] == "tri" and first["parent"] is None


@pytest.mark.spec("CE-135")
def test_a_moved_ticket_is_told(desk, tri):
    ticket = desk.ticket(tri)
    event = Event.objects.filter(ticket_id=ticket["id"]).get()
    moved = Event(pk=event.pk + 1, ticket_id=ticket["id"], verb="edit", changes={"organization": [3, 4]}, at=event.at)
    told = lines.lines(ticket["id"], [event, moved], {}, None or _Names())
    assert told[-1].text(_Names()) == "Ticket moved from $organization-3 to $organization-4"


class _Names:
    def want(self, *_):
        pass

    def name(self, *_):
        return "somebody"


@pytest.mark.spec("RC-055", "RC-057", "RC-311", "RC-312", "RC-416")
def test_what_other_faces_do_is_told_too(desk, tri):
    system = actors.system(desk.house.pk)
    a, b = desk.ticket(tri), desk.ticket(tri)
    commands.merge([a["id"]], b["id"], by=system, via="native")
    assert tri.get(f"{REQUEST}/{a['id']}").data["status"] == 4
    # what was written on the merged ticket comes first, at its own moment
    assert bodies(tri, b["id"]) == ["Words", "Added @tri as watching", f"added #{b['id']} as related to #{a['id']}"]
    assert f"added #{a['id']} as related to #{b['id']}" in bodies(tri, a["id"])
    for number in (a["id"], b["id"]):
        ties = tri.get(f"{A}/core/ticket/{number}/related_ticket").data["results"]
        assert [(t["from_ticket_id"]["id"], t["to_ticket_id"]["id"], t["how_related"]) for t in ties] == [
            (a["id"], b["id"], 1)
        ]
    assert tri.get(of(b)).data["results"][-1]["user"] is None


@pytest.mark.spec("CE-134", "CE-139", "CE-158", "CE-093", "RC-080", "RC-107", "RC-292", "RC-411", "RC-334")
def test_time(desk, tri):
    ticket = desk.ticket(tri, description="Broken\n/spend 1h 2m 3s\n/spend 1h")
    assert (ticket["duration"], ticket["description"]) == (7323, "Broken")
    line = tri.get(of(ticket)).data["results"][-1]
    assert (line["body"], line["duration"]) == ("added 2h2m3s of time spent", 7323)
    made = tri.post(of(ticket), {"comment_type": 2, "body": "Looked at it /spend 20m and /spent 1m left"}).data
    assert (made["body"], made["duration"]) == ("Looked at it and left", 1260)
    where = f"{of(ticket)}/{made['id']}"
    assert tri.patch(where, {"body": "More /spend 1m"}).data["duration"] == 1320
    reply = tri.post(f"{where}/threads", {"comment_type": 2, "body": "/spend 10s"}).data
    assert (reply["body"], reply["duration"]) == ("", 10)
    commands.add_time(ticket["id"], 1800, by=tri_actor(tri), via="autotask")
    found = tri.get(f"{of(ticket)}?page[size]=100").data["results"]
    assert (found[-1]["body"], found[-1]["duration"]) == ("added 30m of time spent", 1800)
    total = tri.get(f"{REQUEST}/{ticket['id']}").data["duration"]
    assert total == sum(c["duration"] for c in found) + reply["duration"] == 7323 + 1320 + 10 + 1800
    changed = tri.patch(f"{REQUEST}/{ticket['id']}", {"description": "Broken\n/spend 5m"}).data
    assert (changed["duration"], changed["description"]) == (total + 300, "Broken")
    for left in ("/spend 0h", "/spend", "/spend 1d", "/spend 100m", "/send 5m"):
        stays = tri.post(of(ticket), {"comment_type": 2, "body": f"a {left} b"}).data
        assert (stays["body"], stays["duration"]) == (f"a {left} b", 0)
    tri.post(of(ticket), {"comment_type": 2, "body": "/spend 500000h"})
    over = tri.post(of(ticket), {"comment_type": 2, "body": "/spend 500000h"})
    assert over.status_code == 201 and over.data["body"] == "/spend 500000h"


def tri_actor(api):
    from dataclasses import replace

    return replace(actors.of(api.person), rights=frozenset({"*"}))


@pytest.mark.spec(
    "CE-150", "CE-151", "CE-152", "CE-153", "CE-154", "CE-157", "CE-159", "CE-133", "RC-183", "RC-232", "CE-203"
)
def test_links_in_text(desk, tri):
    device = Asset.objects.create(organization=desk.house, type="device", name="Printer")
    foreign = Asset.objects.create(organization=desk.other, type="device", name="Theirs")
    text = f"See /link $device-{device.pk} $device-{foreign.pk} $device-99999 $spoon-1 there"
    ticket = desk.ticket(tri, description=text)
    assert ticket["description"] == f"See /link $device-{foreign.pk} $device-99999 $spoon-1 there"
    assert f"linked $device-{device.pk}" in bodies(tri, ticket["id"])
    again = tri.post(of(ticket), {"comment_type": 2, "body": f"/link $device-{device.pk}"})
    assert again.status_code == 201 and again.data["body"] == ""
    linked = tri.get(f"{A}/core/ticket/{ticket['id']}/linked_item").data["results"]
    assert [link["display_name"] for link in linked] == [f"$device-{device.pk}"]
    plain = tri.post(of(ticket), {"comment_type": 2, "body": f"```\n/link $organization-{desk.house.pk}\n```"}).data
    assert "/link" in plain["body"]
    crm = commands.create("request", {"title": "t", "description": "/spend 1h", "description_format": "plain"},
                          by=actors.system(desk.house.pk), via="crm")  # fmt: skip
    assert tri.get(f"{REQUEST}/{crm.pk}").data["duration"] == 0


@pytest.mark.spec("CE-132", "CE-160", "CE-161", "CE-162", "CE-238", "RC-056", "RC-281", "CE-153", "CE-293")
def test_relations_in_text(desk, tri):
    a, b, c = (desk.ticket(tri, path)["id"] for path in (REQUEST, PROBLEM, REQUEST))
    foreign = desk.ticket(desk.superuser(), organization=desk.other.pk)["id"]
    seen = {n: len(bodies(tri, n)) for n in (a, b, c)}
    made = tri.post(of(a), {"comment_type": 2, "body": f"x /relate #{b} #{a} #{foreign} #99999\n/blocks #{c}"}).data
    assert made["body"] == f"x /relate #{a} #{foreign} #99999"
    assert bodies(tri, a)[seen[a] :] == [made["body"], f"added #{a} as related to #{b}", f"added #{a} as blocking #{c}"]
    assert bodies(tri, b)[seen[b] :] == [f"added #{b} as related to #{a}"]
    assert bodies(tri, c)[seen[c] :] == [f"added #{c} as blocked by #{a}"]
    for verb in ("relate", "blocks", "blocked_by"):
        assert tri.post(of(b), {"comment_type": 2, "body": f"/{verb} #{a}"}).data["body"] == f"/{verb} #{a}"
    how = {
        (r["from_ticket_id"]["id"], r["to_ticket_id"]["id"]): r["how_related"]
        for r in tri.get(f"{A}/core/ticket/{a}/related_ticket").data["results"]
    }
    assert how == {(a, b): 1, (a, c): 2}
    d = desk.ticket(tri, description=f"New\n/blocked_by #{c}")
    assert d["description"] == "New"
    assert bodies(tri, d["id"])[-1] == f"added #{d['id']} as blocked by #{c}"
    assert bodies(tri, c)[-1] == f"added #{c} as blocking #{d['id']}"


@pytest.mark.spec("CE-256", "CE-250", "CE-254", "RC-111")
def test_comments_are_listed_oldest_first_and_filtered(desk, tri):
    ticket = desk.ticket(tri)
    category = CommentCategory.objects.create(organization=desk.house, name="C")
    first = tri.post(of(ticket), {"comment_type": 2, "body": "Apples", "source": 4}).data
    second = tri.post(of(ticket), {"comment_type": 3, "body": "Pears", "status": 2, "category": category.pk}).data
    reply = tri.post(f"{of(ticket)}/{first['id']}/threads", {"comment_type": 2, "body": "Re"}).data
    template = tri.post(of(ticket), {"comment_type": 2, "body": "T", "is_template": True}).data
    third = tri.post(of(ticket), {"comment_type": 2, "body": "U", "template": template["id"]}).data

    def found(query):
        return [
            c["id"] for c in tri.get(f"{of(ticket)}?page[size]=100&{query}").data["results"] if c["comment_type"] != 1
        ]

    assert found("") == [first["id"], second["id"], template["id"], third["id"]]
    assert found("filter[source]=4") == [first["id"]] and found("status=2") == [second["id"]]
    assert found(f"filter[category]={category.pk}") == [second["id"]]
    assert found(f"filter[parent]={first['id']}") == [reply["id"]]
    assert found("filter[is_template]=true") == [template["id"]]
    assert found(f"filter[template]={template['id']}") == [third["id"]]
    assert found(f"filter[organization]={desk.house.pk}") == found("")
    assert found("filter[external_system]=1") == [] and found("search=apple") == [first["id"]]
    assert found("sort=-id") == list(reversed(found("")))
    assert tri.get(f"{of(ticket)}?filter[bogus]=1").data == ["invalid filter[bogus]"]
    assert tri.get(f"{of(ticket)}?sort=bogus").data == ["invalid sort parameter: bogus"]
    assert tri.get(f"{of(ticket)}?filter[source]=9").status_code == 400
    paged = tri.get(f"{of(ticket)}?page[size]=2&page[number]=2").data
    assert paged["meta"]["pagination"] == {"page": 2, "pages": 3, "count": 5}


@pytest.mark.spec("CE-139", "CE-163", "CE-171", "CE-175", "RC-226")
def test_python_code_reads_the_originals_attributes(desk, tri):
    from polydesk.faces.centurion.models import Ticket as Seen

    device = Asset.objects.create(organization=desk.house, type="device", name="Printer")
    b = desk.ticket(tri, PROBLEM, title="Sensor")
    a = desk.ticket(tri, description=f"x /spend 1m /blocks #{b['id']} /link $device-{device.pk}")
    one, other = Seen.objects.get(pk=a["id"]), Seen.objects.get(pk=b["id"])
    assert one.duration_ticket == "60" and other.duration_ticket == "0"
    assert one.linked_items == [
        {"id": device.pk, "name": "Printer", "type": "device", "url": f"/itam/device/{device.pk}"}
    ]
    assert other.linked_items == []
    assert one.related_tickets == [
        {
            "id": b["id"],
            "type": "problem",
            "title": "Sensor",
            "how_related": "blocks",
            "icon_filename": "icons/ticket/ticket-blocks.svg",
            "project": None,
            "status": "new",
            "markdown": f"#{b['id']}",
        }
    ]
    assert other.related_tickets[0]["how_related"] == "blocked_by"
    assert one.circular_dependency_check(one, other) is True
    assert one.circular_dependency_check(one, one) is False
    Ticket.objects.filter(pk=other.pk).update(parent=one)
    assert one.circular_dependency_check(one, other) is False
    Ticket.objects.filter(pk=one.pk).update(parent=other)  # old data: a circle that is there already
    third = Seen.objects.get(pk=desk.ticket(tri)["id"])
    assert one.circular_dependency_check(third, other, depth=0) is True
    assert Seen.table_fields[0] == "id" and Seen._meta.ordering == ("id",)


@pytest.mark.spec("CE-295", "CE-100", "RC-176", "RC-303")
def test_entries_of_other_faces_are_shown(desk, tri):
    carl = founding.add_person(desk.house, "Carl", role="customer", login="carl", email="carl@x.example")
    ticket = commands.create(
        "request", {"title": "t", "requester": carl, "description": "Hello"}, by=actors.of(carl), via="selectel"
    )
    commands.comment(ticket, "Any news?", by=actors.of(carl), via="selectel", format="plain")
    commands.comment(ticket, "A note", by=actors.system(desk.house.pk), via="automation", type="automation")
    shown = written(tri, ticket.pk)
    assert [(c["body"], c["comment_type"]) for c in shown] == [("Any news?", 2), ("A note", 2)]
    assert shown[1]["user"] is None and Organization.objects.count() == 2
