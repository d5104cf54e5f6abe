"""Links, categories, projects, organizations, teams, users, settings and tokens (centurion.md sections 8, 11, 15)."""

import secrets

import pytest

from polydesk.directory import founding
from polydesk.directory.models import Asset, Credential, Person, Project
from polydesk.features.knowledge.models import Article
from polydesk.tickets.models import Category, Ticket

from .conftest import REQUEST, A

pytestmark = pytest.mark.django_db


@pytest.mark.spec("CE-170", "CE-172", "CE-173", "CE-217", "CE-219", "CE-239", "CE-292", "RC-058", "CE-231")
def test_linked_items(desk, tri):
    kinds = {}
    for number, kind in ((1, "cluster"), (2, "config_group"), (3, "device"), (4, "operating_system"), (5, "service"),
                         (6, "software"), (10, "feature_flag")):  # fmt: skip
        kinds[number] = Asset.objects.create(organization=desk.house, type=kind, name=kind).pk
    kinds[7] = Article.objects.create(organization=desk.house, title="How to").pk
    kinds[8] = desk.house.pk
    kinds[9] = desk.join(tri.person).pk
    ticket = desk.ticket(tri)
    where = f"{A}/core/ticket/{ticket['id']}/linked_item"
    for item_type, item in kinds.items():
        made = tri.post(where, {"item": item, "item_type": item_type, "ticket": 12345})
        assert made.status_code == 201, made.data
        assert made.data["item"]["id"] == item and made.data["item_type"] == item_type
        assert made.data["ticket"]["id"] == ticket["id"]
    device = tri.get(where).data["results"][2]
    assert device["display_name"] == f"$device-{kinds[3]}" and device["item"]["name"] == "device"
    assert device["item"]["url"] == f"http://testserver{A}/itam/device/{kinds[3]}"
    assert tri.get(f"{where}/{device['id']}").data == device
    twice = tri.post(where, {"item": kinds[3], "item_type": 3})
    assert twice.status_code == 400 and list(twice.data) == ["non_field_errors"]
    foreign = Asset.objects.create(organization=desk.other, type="device", name="x").pk
    for body, keys in (
        ({"item": 1, "item_type": 99}, ["item_type"]),
        ({"item_type": 3}, ["item"]),
        ({"item": 99_999, "item_type": 3}, ["item"]),
        ({"item": foreign, "item_type": 3}, ["item"]),
        ({}, ["item", "item_type"]),
    ):
        answer = tri.post(where, body)
        assert (answer.status_code, list(answer.data)) == (400, keys)
    of_item = tri.get(f"{A}/core/device/{kinds[3]}/item_ticket").data["results"]
    assert [link["ticket"]["id"] for link in of_item] == [ticket["id"]]
    assert tri.get(f"{A}/core/spoon/1/item_ticket").status_code == 404
    changer = desk.caller("changer", "view:request", "change:item_link")
    other = Asset.objects.create(organization=desk.house, type="device", name="second").pk
    assert changer.patch(f"{where}/{device['id']}", {"item": other}).data["item"]["id"] == other
    none = desk.caller("none", "view:request")
    assert none.get(where).status_code == none.post(where, {}).status_code == 403
    root = desk.superuser()
    assert root.delete(f"{A}/itam/device/{other}").status_code == 204
    assert all(link["item_type"] != 3 for link in tri.get(where).data["results"])
    first = tri.get(where).data["results"][0]
    assert tri.delete(f"{where}/{first['id']}").status_code == 204
    assert tri.get(f"{where}/{first['id']}").status_code == 403


@pytest.mark.spec("RC-058", "CE-171")
def test_the_primary_asset_is_linked_too(desk, tri):
    asset = Asset.objects.create(organization=desk.house, type="device", name="Primary")
    ticket = desk.ticket(tri)
    Ticket.objects.filter(pk=ticket["id"]).update(asset=asset)
    where = f"{A}/core/ticket/{ticket['id']}/linked_item"
    link = tri.get(where).data["results"][0]
    assert link["item"]["name"] == "Primary" and link["id"] < 2**53
    assert tri.delete(f"{where}/{link['id']}").status_code == 204
    assert Ticket.objects.get(pk=ticket["id"]).asset is None


@pytest.mark.spec("CE-218", "CE-229", "CE-238", "CE-293", "CE-160")
def test_related_tickets_are_read_and_deleted_from_either_side(desk, tri):
    b = desk.ticket(tri)["id"]
    a = desk.ticket(tri, description=f"x /relate #{b}")["id"]
    row = tri.get(f"{A}/core/ticket/{a}/related_ticket").data["results"][0]
    assert set(row) == {"id", "display_name", "to_ticket_id", "from_ticket_id", "how_related", "organization", "_urls"}
    where = f"{A}/core/ticket/{b}/related_ticket"
    for method in ("POST", "PATCH", "PUT"):
        answer = tri(method, where, {})
        assert (answer.status_code, answer.data) == (405, {"detail": f'Method "{method}" not allowed.'})
    assert tri.patch(f"{where}/{row['id']}", {}).status_code == 405
    none = desk.caller("none", "view:request", "view:relation")
    assert none.get(where).status_code == 200 and none.delete(f"{where}/{row['id']}").status_code == 403
    assert tri.delete(f"{where}/{row['id']}").status_code == 204
    assert tri.get(f"{A}/core/ticket/{a}/related_ticket").data["results"] == []


@pytest.mark.spec("CE-177", "CE-178", "CE-179", "CE-220", "CE-204", "RC-284")
@pytest.mark.parametrize("name", ["ticket_category", "ticket_comment_category"])
def test_categories_are_a_tree(desk, tri, name):
    root = desk.superuser()
    where = f"{A}/settings/{name}"
    top = root.post(where, {"name": "Top", "organization": desk.house.pk}).data
    low = root.post(where, {"name": "Low", "organization": desk.house.pk, "parent": top["id"], "runbook": None}).data
    assert low["display_name"] == "Top > Low" and low["parent"]["id"] == top["id"]
    assert root.patch(f"{where}/{top['id']}", {"parent": top["id"]}).data == {
        "parent": "Cant set self as parent category"
    }
    circle = root.patch(f"{where}/{top['id']}", {"parent": low["id"]})
    assert (circle.status_code, list(circle.data)) == (400, ["parent"])
    foreign = root.post(where, {"name": "F", "organization": desk.other.pk}).data
    assert list(root.patch(f"{where}/{top['id']}", {"parent": foreign["id"]}).data) == ["parent"]
    assert root.post(where, {"organization": desk.house.pk}).data == {"name": ["This field is required."]}
    assert list(root.post(where, {"name": "x" * 51, "organization": desk.house.pk}).data) == ["name"]
    flags = {"comment", "notification", "solution", "task"} if "comment" in name else {
        "change", "incident", "problem", "project_task", "request"
    }  # fmt: skip
    assert {k for k, v in top.items() if v is True} == flags
    one = sorted(flags)[0]
    assert root.patch(f"{where}/{top['id']}", {one: False}).data[one] is False
    assert root.put(f"{where}/{top['id']}", root.get(f"{where}/{top['id']}").data).data[one] is False
    assert root.patch(f"{where}/{top['id']}", {one: True}).data[one] is True
    viewer = desk.caller("viewer", "view:category", "view:comment_category")
    assert {c["id"] for c in viewer.get(where).data["results"]} == {top["id"], low["id"]}
    desk.other.is_global = True
    desk.other.save()
    assert foreign["id"] in {c["id"] for c in viewer.get(where).data["results"]}
    assert viewer.post(where, {"name": "x", "organization": desk.other.pk}).status_code == 403
    assert viewer.patch(f"{where}/{top['id']}", {"name": "x"}).status_code == 403
    assert root.delete(f"{where}/{top['id']}").status_code == 400  # it has a child
    assert root.delete(f"{where}/{low['id']}").status_code == 204
    assert root.get(f"{where}/{low['id']}").status_code == 404
    assert root.get(f"{where}?search=Top&sort=-name").data["meta"]["pagination"]["count"] == 1


@pytest.mark.spec("CE-236", "CE-177")
def test_categories_are_filtered_by_their_flags(desk, tri):
    Category.objects.create(organization=desk.house, name="All")
    Category.objects.create(organization=desk.house, name="Changes", kinds=["change"])
    root = desk.superuser()
    found = root.get(f"{A}/settings/ticket_category?request=true").data["results"]
    assert [c["name"] for c in found] == ["All"]
    found = root.get(f"{A}/settings/ticket_category?request=false").data["results"]
    assert [c["name"] for c in found] == ["Changes"]


@pytest.mark.spec("CE-180", "CE-221", "CE-023", "CE-024")
def test_projects_and_milestones(desk, tri):
    root = desk.superuser()
    where = f"{A}/project_management/project"
    made = root.post(where, {"name": "Move", "organization": desk.house.pk, "code": "MV"})
    assert made.status_code == 201, made.data
    p = made.data
    assert {"name", "organization", "description", "priority", "code", "planned_start_date", "real_finish_date",
            "is_deleted"} <= set(p)  # fmt: skip
    assert (p["priority"], p["is_deleted"], p["organization"]["name"]) == (2, False, "House")
    stages = f"{where}/{p['id']}/milestone"
    m = root.post(stages, {"name": "First", "start_date": "2026-12-01T00:00:00Z"}).data
    assert (m["name"], m["project"]["id"], m["finish_date"]) == ("First", p["id"], None)
    ticket = desk.ticket(tri, project=p["id"], milestone=m["id"])
    assert ticket["milestone"]["url"].endswith(f"/project_management/project/{p['id']}/milestone/{m['id']}")
    assert root.delete(f"{stages}/{m['id']}").status_code == 204
    assert tri.get(f"{REQUEST}/{ticket['id']}").data["milestone"] is None
    assert root.patch(f"{where}/{p['id']}", {"is_deleted": True, "priority": 4}).data["is_deleted"] is True
    assert root.delete(f"{where}/{p['id']}").status_code == 204
    assert tri.get(f"{REQUEST}/{ticket['id']}").data["project"] is None
    assert root.get(f"{where}/{p['id']}/milestone").status_code == 404
    foreign = Project.objects.create(organization=desk.other, name="F")
    viewer = desk.caller("viewer", "view:project", "view:milestone")
    assert viewer.get(f"{where}/{foreign.pk}").status_code == 403
    assert viewer.get(f"{where}/{foreign.pk}/milestone").status_code == 403


@pytest.mark.spec("CE-222", "CE-200", "CE-233", "CE-234", "CE-011")
def test_organizations_and_teams(desk, tri):
    root = desk.superuser()
    where = f"{A}/access/organization"
    made = root.post(where, {"name": "Third"})
    assert made.status_code == 201 and made.data["display_name"] == "Third"
    assert root.post(where, {"name": "Third"}).status_code == 400
    number = made.data["id"]
    assert root.patch(f"{where}/{number}", {"name": "Renamed"}).data["name"] == "Renamed"
    desk.ticket(root, organization=number)
    admin = desk.caller("admin")
    founding.join(admin.person, desk.house, is_admin=True)
    assert [o["id"] for o in admin.get(where).data["results"]] == [desk.house.pk]
    assert admin.post(where, {"name": "x"}).status_code == 403
    assert admin.get(f"{where}/{number}").status_code == admin.delete(f"{where}/{desk.house.pk}").status_code == 403
    teams = f"{where}/{desk.house.pk}/team"
    team = admin.post(teams, {"team_name": "T", "permissions": [1]}).data
    assert team["permissions"][0]["codename"] == "add_ticket_request" and team["organization"]["id"] == desk.house.pk
    assert admin.patch(f"{teams}/{team['id']}", {"permissions": [0]}).data == {
        "permissions": ['Invalid pk "0" - object does not exist.']
    }
    for wrong in (["x"], "x", None, [True], [999]):
        assert list(admin.patch(f"{teams}/{team['id']}", {"permissions": wrong}).data) == ["permissions"], wrong
    assert admin.post(teams, {"team_name": "T"}).status_code == 400
    assert admin.post(f"{where}/{desk.other.pk}/team", {"team_name": "T"}).status_code == 403
    users = f"{teams}/{team['id']}/user"
    stranger = founding.add_person(desk.other, "Stranger", role="agent", login="stranger")
    assert list(admin.post(users, {"user": stranger.pk}).data) == ["user"]
    assert list(admin.post(users, {}).data) == ["user"]
    member = admin.post(users, {"user": tri.person.pk, "manager": True}).data
    assert member["manager"] is True and member["display_name"] == "tri"
    assert admin.post(users, {"user": tri.person.pk}).status_code == 400
    assert tri.get(users).status_code == 403
    assert [u["id"] for u in admin.get(users).data["results"]] == [member["id"]]
    ticket = desk.ticket(tri, assigned_teams=[team["id"]])
    assert ticket["assigned_teams"] == [{
        "id": team["id"], "display_name": "House, T", "team_name": "T",
        "url": f"http://testserver{teams}/{team['id']}",
    }]  # fmt: skip
    assert admin.delete(f"{teams}/{team['id']}").status_code == 204
    assert tri.get(f"{REQUEST}/{ticket['id']}").data["assigned_teams"] == []
    assert root.delete(f"{where}/{number}").status_code == 204
    assert not Ticket.objects.filter(organization_id=number).exists()


@pytest.mark.spec("CE-223", "CE-232", "CE-205")
def test_users_are_those_of_the_own_organizations(desk, tri):
    stranger = founding.add_person(desk.other, "Stranger", role="agent", login="stranger")
    found = tri.get(f"{A}/base/user").data["results"]
    assert [u["username"] for u in found] == ["tri"]
    me = tri.get(f"{A}/base/user/{tri.person.pk}").data
    assert set(me) == {"id", "display_name", "first_name", "last_name", "username", "is_active", "url"}
    assert me["url"] == f"http://testserver{A}/base/user/{tri.person.pk}"
    assert tri.get(f"{A}/base/user/{stranger.pk}").status_code == 403
    assert stranger.pk in [u["id"] for u in desk.superuser().get(f"{A}/base/user?page[size]=100").data["results"]]
    assert tri.get(f"{A}/base/user?username=tri&search=t&sort=-username").data["meta"]["pagination"]["count"] == 1
    assert desk.caller("nobody").get(f"{A}/base/user").status_code == 403
    types = tri.get(f"{A}/base/content_type?page[size]=100").data["results"]
    assert ("core", "ticket") in {(t["app_label"], t["model"]) for t in types}
    assert tri.get(f"{A}/base/content_type/{types[0]['id']}").data == types[0]
    assert tri.get(f"{A}/base/content_type/999").status_code == 403
    choices = tri.options(REQUEST).data["fields"]["assigned_users"]["choices"]
    assert [c["display_name"] for c in choices] == ["tri"]


@pytest.mark.spec("CE-224", "CE-273", "CE-274", "CE-275", "CE-272", "RC-294")
def test_tokens_are_the_own_ones_and_never_shown(desk, tri):
    where = f"{A}/settings/user_settings/{tri.person.pk}/token"
    form = tri.options(where).data["fields"]
    fresh = form["token"]["initial"]
    assert len(fresh) == 64 and form["token"]["write_only"] is True and form["expires"]["initial"] > "2026-12"
    body = {"note": "For the script", "token": fresh, "expires": "2030-01-01T00:00:00.123456Z"}
    made = tri.post(where, body)
    assert made.status_code == 201, made.data
    assert fresh not in str(made.data) and "token" not in made.data
    from .conftest import Api

    script = Api(fresh)
    assert script.get(REQUEST).status_code == 200
    listed = tri.get(where)
    row = Credential.objects.get(pk=made.data["id"])
    assert len(listed.data["results"]) == 2 and made.data["expires"] == "2030-01-01T00:00:00.123456Z"
    assert fresh not in listed.content.decode() and row.digest not in listed.content.decode() and row.prefix == ""
    for wrong, key in (
        ({"note": "x" * 51}, "note"),
        ({"note": f"it is {fresh[:9]}"}, "note"),
        ({"token": "short"}, "token"),
        ({"token": fresh}, "token"),
        ({"token": None}, "token"),
        ({"expires": "never"}, "expires"),
        ({"expires": "2001-01-01T00:00:00Z"}, "expires"),
    ):
        again = {"note": "n", "token": secrets.token_hex(32)} | wrong
        if "note" in wrong:
            again["token"] = fresh
        answer = tri.post(where, again)
        assert answer.status_code == 400 and key in answer.data, wrong
    without = tri.post(where, {"token": secrets.token_hex(32)})
    assert without.status_code == 201 and without.data["expires"] is not None
    for other in (desk.superuser(), desk.role("requester")):
        assert other.get(where).status_code == other.post(where, body).status_code == 403
        assert other.options(where).status_code == other.get(where.removesuffix("/token")).status_code == 403
    assert tri.get(f"{where}/{made.data['id']}").data["note"] == "For the script"
    assert tri.delete(f"{where}/{made.data['id']}").status_code == 204
    gone = script.get(REQUEST)
    assert (gone.status_code, gone.data) == (401, {"detail": "Authentication credentials were not provided."})
    assert tri.get(f"{where}/{made.data['id']}").status_code == 403


@pytest.mark.spec("CE-224", "CE-242")
def test_own_settings(desk, tri):
    where = f"{A}/settings/user_settings/{tri.person.pk}"
    shown = tri.get(where).data
    assert (shown["browser_mode"], shown["timezone"], shown["default_organization"]) == (1, "UTC", None)
    assert tri.patch(where, {"default_organization": desk.house.pk, "browser_mode": 2}).status_code == 200
    assert tri.get(where).data["default_organization"]["id"] == desk.house.pk
    for wrong in ({"default_organization": desk.other.pk}, {"timezone": "Mars/Olympus"}, {"browser_mode": 9}):
        answer = tri.patch(where, wrong)
        assert (answer.status_code, list(answer.data)) == (400, list(wrong))
    assert Person.objects.get(pk=tri.person.pk).preferences["centurion"]["browser_mode"] == 2
    assert tri.options(where).data["fields"]["timezone"]["initial"] == "UTC"


@pytest.mark.spec("CE-173", "CE-217")
@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("itam/device", "name"),
        ("itam/software", "name"),
        ("itam/operating_system", "name"),
        ("itim/service", "name"),
        ("itim/cluster", "name"),
        ("config_management/group", "name"),
        ("devops/feature_flag", "name"),
        ("assistance/knowledge_base", "title"),
    ],
)
def test_things_that_tickets_are_linked_to_are_kept(desk, path, name):
    root = desk.superuser()
    where = f"{A}/{path}"
    made = root.post(where, {name: "Thing", "organization": desk.house.pk})
    assert made.status_code == 201, made.data
    assert made.data["display_name"] == "Thing" and made.data["organization"]["id"] == desk.house.pk
    one = f"{where}/{made.data['id']}"
    assert root.get(one).data == made.data == root.put(one, made.data).data
    assert root.patch(one, {name: "Other"}).data[name] == "Other"
    assert (
        root.get(f"{where}?search=Oth&filter[organization]={desk.house.pk}").data["results"][0]["id"] == made.data["id"]
    )
    assert root.get(made.data["_urls"]["tickets"].removeprefix("http://testserver")).data["results"] == []
    stranger = desk.caller("stranger", "view:*", organization=desk.other)
    assert stranger.get(where).data["results"] == [] and stranger.get(one).status_code == 403
    assert root.options(one).status_code == root.options(where).status_code == 200
    assert root.delete(one).status_code == 204 and root.get(one).status_code == 404
