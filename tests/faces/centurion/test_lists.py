"""Lists, errors, credentials and forms (centurion.md sections 12 to 17)."""

import datetime as dt
import json

import hypothesis
import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import strategies as st

from polydesk.directory import actors
from polydesk.directory.models import Asset, Credential, Milestone, Person, Project, Team
from polydesk.faces.centurion import comment_fields, fields
from polydesk.tickets import commands
from polydesk.tickets.models import Category, Ticket
from polydesk.web import limits
from polydesk.web.testing import count_statements

from .conftest import CHANGE, INCIDENT, PROBLEM, REQUEST, A, Api

pytestmark = pytest.mark.django_db
NOT_PERMITTED = {"detail": "You do not have permission to perform this action."}


def several(desk, count, **values):
    system = actors.system(desk.house.pk)
    return [commands.create("request", {"title": f"T{n:03}", **values}, by=system, via="test").pk for n in range(count)]


@pytest.mark.spec("CE-041", "CE-250", "CE-251", "CE-255", "CE-286", "CE-240")
def test_pages(desk, tri):
    empty = tri.get(REQUEST).data
    own = f"http://testserver{REQUEST}"
    assert empty == {
        "results": [],
        "meta": {"pagination": {"page": 1, "pages": 1, "count": 0}},
        "links": {
            "first": f"{own}?page%5Bnumber%5D=1",
            "last": f"{own}?page%5Bnumber%5D=1",
            "next": None,
            "prev": None,
        },
    }
    ids = several(desk, 23)
    page = tri.get(REQUEST).data
    assert [t["id"] for t in page["results"]] == ids[:10]
    assert page["meta"]["pagination"] == {"page": 1, "pages": 3, "count": 23}
    second = tri.get(f"{REQUEST}?page[number]=2&page[size]=5&search=T0&sort=id").data
    assert [t["id"] for t in second["results"]] == ids[5:10]
    following = second["links"]["next"]
    assert following == f"{own}?page%5Bnumber%5D=3&page%5Bsize%5D=5&search=T0&sort=id"
    assert [t["id"] for t in tri.get(following.removeprefix("http://testserver")).data["results"]] == ids[10:15]
    assert second["links"]["prev"].startswith(f"{own}?page%5Bnumber%5D=1&")
    assert len(tri.get(f"{REQUEST}?page[size]=100000").data["results"]) == 23
    assert tri.get(f"{REQUEST}?page[number]=&page[size]=").data["meta"]["pagination"]["page"] == 1
    assert tri.get(f"{REQUEST}?page[size]=x").data["meta"]["pagination"]["pages"] == 3
    for number in (4, 0, -1, "x", 10**30):
        answer = tri.get(f"{REQUEST}?page[number]={number}")
        assert (answer.status_code, answer.data) == (404, {"detail": "Invalid page."})
    several(desk, 81, description="more")
    assert len(tri.get(f"{REQUEST}?page[size]=500").data["results"]) == 100


@pytest.mark.spec("CE-252", "CE-253", "CE-254", "RC-111", "RC-156")
def test_filters_search_and_order(desk, tri):
    house = desk.house
    project = Project.objects.create(organization=house, name="P")
    stage = Milestone.objects.create(organization=house, project=project, name="M")
    category = Category.objects.create(organization=house, name="C")
    plain = desk.ticket(tri, title="Apple pie", description="Sweet")["id"]
    full = desk.ticket(
        desk.superuser(), title="Banana", description="Yellow apple", category=category.pk, project=project.pk,
        milestone=stage.pk, parent_ticket=plain, impact=4, urgency=5, priority=6, external_system=1, external_ref=3,
    )["id"]  # fmt: skip
    tri.patch(f"{REQUEST}/{full}", {"status": 7})
    null = tri.patch(f"{REQUEST}/{desk.ticket(tri, title='Cherry')['id']}", {"priority": None}).data["id"]

    def found(query):
        answer = tri.get(f"{REQUEST}?{query}")
        assert answer.status_code == 200, answer.data
        return [t["id"] for t in answer.data["results"]]

    for query in (
        f"category={category.pk}",
        f"filter[category]={category.pk}",
        "filter[external_system]=1",
        "filter[impact]=4",
        f"filter[milestone]={stage.pk}",
        f"filter[parent_ticket]={plain}",
        "priority=6",
        f"filter[project]={project.pk}",
        "filter[status]=7",
        "filter[urgency]=5",
        "filter[status]=7&filter[urgency]=5",
        "search=yellow",
    ):
        assert found(query) == [full], query
    assert found(f"filter[organization]={house.pk}") == [plain, full, null]
    assert found("filter[organization]=99999") == [] and found("bogus=1") == [plain, full, null]
    assert found("search=apple") == [plain, full] and found("sort=-title") == [null, full, plain]
    assert found("sort=-status") == [full, null, plain] or found("sort=-status,id") == [full, plain, null]
    assert found("filter[is_deleted]=false") == [plain, full, null]
    for query, body in (
        ("filter[bogus]=1", ["invalid filter[bogus]"]),
        ("filter[status]=99", {"status": ["Select a valid choice. 99 is not one of the available choices."]}),
        ("priority=x", {"priority": ["Select a valid choice. x is not one of the available choices."]}),
        ("filter[category]=x", None),
        ("filter[is_deleted]=maybe", None),
        ("sort=bogus", ["invalid sort parameter: bogus"]),
        ("sort=-bogus", ["invalid sort parameter: bogus"]),
    ):
        answer = tri.get(f"{REQUEST}?{query}")
        assert answer.status_code == 400 and (body is None or answer.data == body), query
    assert found("search=%00") == [plain, full, null]


@pytest.mark.spec("CE-232", "CE-233", "CE-234", "CE-235", "CE-236", "CE-237", "CE-241", "CE-231", "CE-240")
def test_objects_and_badges(desk, tri):
    house = desk.house
    project = Project.objects.create(organization=house, name="P")
    stage = Milestone.objects.create(organization=house, project=project, name="M")
    top = Category.objects.create(organization=house, name="Top")
    low = Category.objects.create(organization=house, name="Low", parent=top)
    team = Team.objects.create(organization=house, name="T")
    parent = desk.ticket(tri, PROBLEM, title="Parent")
    t = desk.ticket(
        tri, category=low.pk, project=project.pk, milestone=stage.pk, parent_ticket=parent["id"],
        subscribed_teams=[team.pk], priority=6, urgency=None, impact=1,
    )  # fmt: skip
    base = f"http://testserver{A}"
    assert t["organization"] == {
        "id": house.pk, "display_name": "House", "name": "House", "url": f"{base}/access/organization/{house.pk}"
    }  # fmt: skip
    assert t["project"] == {
        "id": project.pk, "display_name": "P", "name": "P", "url": f"{base}/project_management/project/{project.pk}"
    }  # fmt: skip
    assert t["milestone"]["url"] == f"{base}/project_management/project/{project.pk}/milestone/{stage.pk}"
    assert t["category"] == {
        "id": low.pk, "display_name": "Top > Low", "name": "Low", "url": f"{base}/settings/ticket_category/{low.pk}"
    }  # fmt: skip
    assert t["parent_ticket"] == {
        "id": parent["id"], "display_name": "Parent", "title": "Parent", "url": parent["_urls"]["_self"]
    }  # fmt: skip
    assert t["opened_by"] == {
        "id": tri.person.pk, "display_name": "tri", "first_name": "Tri", "last_name": "", "username": "tri",
        "is_active": True, "url": f"{base}/base/user/{tri.person.pk}",
    }  # fmt: skip
    assert t["subscribed_teams"][0] == {
        "id": team.pk, "display_name": "House, T", "team_name": "T",
        "url": f"{base}/access/organization/{house.pk}/team/{team.pk}",
    }  # fmt: skip
    assert t["status_badge"] == {
        "icon": {"name": "ticket_status_new", "style": "ticket-status-icon ticket-status-icon-new"},
        "text": "New",
        "text_style": "ticket-status-text badge-text-ticket_status-new",
        "url": None,
    }
    assert t["impact_badge"] == {
        "icon": {"name": "circle", "style": "status very-low"}, "text": "Very Low", "text_style": "", "url": None
    }  # fmt: skip
    assert (t["priority_badge"]["text"], t["urgency_badge"]["text"]) == ("Major", "-")
    planned = tri.patch(f"{REQUEST}/{t['id']}", {"status": 6}).data["status_badge"]
    assert planned["text"] == "Assigned (Planning)" and planned["icon"]["name"] == "ticket_status_assigned_planning"


@pytest.mark.spec("CE-294", "PL-304", "RS-111")
def test_reading_costs_a_fixed_number_of_statements(desk, tri, settings):
    settings.POLYDESK_RATE_LIMITS = False
    house = desk.house
    project = Project.objects.create(organization=house, name="P")
    stage = Milestone.objects.create(organization=house, project=project, name="M")
    category = Category.objects.create(organization=house, name="C")
    team = Team.objects.create(organization=house, name="T")
    people = [desk.caller(f"p{n}").person.pk for n in range(5)]
    parent = desk.ticket(tri)["id"]

    def fill(count):
        system = actors.system(house.pk)
        for n in range(count):
            values = {
                "title": f"t{n}", "project": project.pk, "milestone": stage.pk, "category": category.pk,
                "assignee": None, "assigned_people": people[: n % 5], "watchers": people, "assigned_teams": [team.pk],
                "requester": people[n % 5], "parent": parent,
            }  # fmt: skip
            commands.create("request", values, by=system, via="test")

    fill(3)
    with count_statements() as few:
        assert tri.get(f"{REQUEST}?page[size]=50").status_code == 200
    fill(47)
    with count_statements() as many:
        assert len(tri.get(f"{REQUEST}?page[size]=50").data["results"]) == 50
    assert len(few) == len(many) <= 4, many.sql
    with count_statements() as one:
        assert tri.get(f"{REQUEST}/{parent + 1}").status_code == 200
    assert len(one) <= 3, one.sql
    body = {"title": "Counted", "description": "x", "organization": house.pk}
    with count_statements() as made:
        number = tri.post(REQUEST, body).data["id"]
    assert len(made) <= 12, made.sql
    with count_statements() as edited:
        assert tri.patch(f"{REQUEST}/{number}", {"status": 7, "assigned_users": people[:2]}).status_code == 200
    assert len(edited) <= 14, edited.sql


@pytest.mark.spec("CE-260", "CE-261", "CE-262", "CE-263", "CE-264", "CE-265", "CE-083", "CE-061", "CE-205")
def test_options_of_tickets(desk, tri):
    for path, words in (
        (REQUEST, "Service Request Tickets"),
        (INCIDENT, "Incident Tickets"),
        (CHANGE, "Change Tickets"),
    ):
        form = tri.options(path).data
        assert set(form) == {
            "name", "description", "documentation", "urls", "renders", "parses", "allowed_methods", "fields", "layout",
            "version", "navigation", "table_fields",
        }  # fmt: skip
        assert (form["name"], form["description"], form["layout"]) == ("Tickets", words, [])
        assert form["urls"]["self"] == f"http://testserver{path}"
        assert form["allowed_methods"] == ["GET", "POST", "OPTIONS"]
        assert set(form["version"]) == {"project_url", "sha", "version"}
    ticket = desk.ticket(tri)
    one = tri.options(f"{REQUEST}/{ticket['id']}").data
    assert one["name"] == "Ticket" and "table_fields" not in one and one["layout"] == []
    assert one["allowed_methods"] == ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"]
    fields = one["fields"]
    assert sorted(fields) == sorted(ticket)
    assert all({"type", "required", "read_only", "write_only", "label"} <= set(f) for f in fields.values())
    types = {name: f["type"] for name, f in fields.items()}
    assert (types["title"], types["description"], types["status"], types["is_deleted"], types["created"]) == (
        "String", "Markdown", "Choice", "Boolean", "DateTime",
    )  # fmt: skip
    assert (types["status_badge"], types["_urls"], types["opened_by"]) == ("Badge", "GenericField", "Relationship")
    assert fields["title"]["max_length"] == 100 and fields["title"]["required"] is True
    assert fields["urgency"]["help_text"] == "How urgent is this tickets resolution for the user?"
    assert fields["estimate"]["label"] == "Estimation" and fields["description"]["multi_line"] is True
    assert fields["assigned_users"]["relationship_type"] == "ManyToMany" and "child" in fields["assigned_users"]
    assert fields["parent_ticket"]["relationship_resource"] == "Ticket"
    assert len(fields["ticket_type"]["choices"]) == 7 and fields["ticket_type"]["read_only"] is True
    assert fields["external_system"]["read_only"] is True and len(fields["external_system"]["choices"]) == 11
    assert fields["status"]["read_only"] is False and fields["title"]["read_only"] is False
    req = desk.role("requester").options(REQUEST).data["fields"]
    assert req["priority"]["read_only"] is True and req["urgency"]["read_only"] is False
    assert {g["name"] for g in one["navigation"]} == {"assistance", "itim"}
    pages = {p["name"] for g in one["navigation"] for p in g["pages"]}
    assert pages == {"request", "ticket_incident", "ticket_problem", "ticket_change"}
    adder = desk.caller("adder", "add:request")
    assert adder.options(REQUEST).status_code == 403
    Team.objects.create(organization=desk.other, name="Foreign")
    teams = [c["display_name"] for c in fields["assigned_teams"]["choices"]]
    assert teams and not any("Foreign" in name for name in teams)


@pytest.mark.spec("CE-165", "CE-164", "CE-260")
def test_options_say_what_references_stand_for(desk, tri):
    device = Asset.objects.create(organization=desk.house, type="device", name="Printer")
    hidden = desk.ticket(desk.superuser(), organization=desk.other.pk)["id"]
    problem = desk.ticket(tri, PROBLEM, title="Sensor")["id"]
    text = f"See #{problem}, #{hidden} and $device-{device.pk}, not `#{problem}`"
    root = desk.superuser()
    ticket = desk.ticket(tri, description=text)
    assert ticket["description"] == text
    render = root.options(f"{REQUEST}/{ticket['id']}").data["fields"]["description"]["render"]
    assert render["models"] == {"device": {str(device.pk): {"title": "Printer", "url": f"/itam/device/{device.pk}"}}}
    seen = tri.options(f"{REQUEST}/{ticket['id']}").data["fields"]["description"]["render"]["tickets"]
    assert seen == {
        str(problem): {"status": 2, "ticket_type": 4, "title": "Sensor", "url": f"/itim/ticket/problem/{problem}"}
    }
    comment = tri.post(f"{A}/core/ticket/{ticket['id']}/comments", {"comment_type": 2, "body": f"#{problem}"}).data
    form = tri.options(f"{A}/core/ticket/{ticket['id']}/comments/{comment['id']}").data
    assert str(problem) in form["fields"]["body"]["render"]["tickets"]
    listed = tri.options(f"{A}/core/ticket/{ticket['id']}/comments").data
    assert listed["name"] == "Ticket Comments" and listed["fields"]["private"]["read_only"] is False
    req = desk.role("requester").options(f"{A}/core/ticket/{ticket['id']}/comments").data["fields"]
    assert req["private"]["read_only"] is True and req["body"]["read_only"] is False
    assert len(req["comment_type"]["choices"]) == 5
    for name in ("linked_item", "related_ticket"):
        assert tri.options(f"{A}/core/ticket/{ticket['id']}/{name}").data["fields"]["_urls"]


@pytest.mark.spec("CE-166", "CE-164")
def test_markdown_never_runs_html():
    from polydesk.web import markdown

    html = markdown.render(
        "# Head\n\n| a |\n|---|\n| b |\n\n~~x~~ <script>alert(1)</script> https://a.example\n\n- [x] t"
    )
    assert "<script" not in html and "<table" in html and "https://a.example</a>" in html


@pytest.mark.spec("CE-270", "CE-271", "CE-283", "CE-275", "RC-191")
def test_credentials(desk, tri):
    unknown = {"detail": "Authentication credentials were not provided."}
    for header in ("", "Token " + "0" * 64, "Bearer " + tri.token, "token"):
        headers = {"HTTP_AUTHORIZATION": header} if header else {}
        answer = Client().get(REQUEST, **headers)
        assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Token", header
        assert answer.json() == unknown or header == "token"
    assert Client().get(REQUEST, HTTP_AUTHORIZATION=f"Token {tri.token} x").json()["detail"].startswith("Invalid token")
    assert Client().get(REQUEST, HTTP_AUTHORIZATION="Token").json()["detail"].startswith("Invalid token")
    assert Client().get(REQUEST, HTTP_AUTHORIZATION=f"token  {tri.token}").status_code == 200
    row = Credential.objects.get(person=tri.person)
    assert tri.token not in (row.digest, row.prefix)
    Credential.objects.filter(pk=row.pk).update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert tri.get(REQUEST).status_code == 401
    Credential.objects.filter(pk=row.pk).update(expires_at=timezone.now() + dt.timedelta(days=1))
    assert tri.get(REQUEST).status_code == 200
    Person.objects.filter(pk=tri.person.pk).update(is_active=False)
    assert tri.get(REQUEST).status_code == 401
    reader = desk.role("manager")
    Credential.objects.filter(person=reader.person).update(read_only=True)
    body = {"title": "t", "description": "d", "organization": desk.house.pk}
    assert reader.get(REQUEST).status_code == 200 and reader.post(REQUEST, body).status_code == 403
    other_face, secret = actors.issue(desk.role("requester").person, "crm")
    assert Api(secret).get(REQUEST).status_code == 401 and other_face.face == "crm"


@pytest.mark.spec("CE-225", "CE-270")
def test_the_login_cookie_needs_the_csrf_token_to_write(desk, tri, django_user_model, settings):
    user = django_user_model.objects.create_user("cookie", "c@x.example", "the secret of the cookie")
    Person.objects.filter(pk=tri.person.pk).update(user=user)
    client = Client(enforce_csrf_checks=True)
    where = f"{A}/auth/login/"
    page = client.get(where)
    token = page.content.decode().split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    form = {"username": "cookie", "password": "wrong", "csrfmiddlewaretoken": token}
    assert client.post(where, form | {"csrfmiddlewaretoken": "x"}).status_code == 403
    assert client.post(where, form).status_code == 400
    done = client.post(where, form | {"password": "the secret of the cookie", "next": "https://evil.example/"})
    assert (done.status_code, done.headers["Location"]) == (302, f"{A}/")
    assert client.get(REQUEST).status_code == 200
    body = json.dumps({"title": "By cookie", "description": "x", "organization": desk.house.pk})
    refused = client.post(REQUEST, body, content_type="application/json")
    assert refused.status_code == 403 and refused.json()["detail"].startswith("CSRF Failed")
    token = client.get(f"{A}/auth/logout/").content.decode().split('csrfmiddlewaretoken" value="')[1].split('"')[0]
    made = client.post(REQUEST, body, content_type="application/json", HTTP_X_CSRFTOKEN=token)
    assert made.status_code == 201, made.content
    assert client.post(f"{A}/auth/logout/", {"csrfmiddlewaretoken": token}).status_code == 302
    assert client.get(REQUEST).status_code == 401
    assert client.delete(where).status_code in (403, 405)


@pytest.mark.spec("CE-280", "CE-282", "CE-285", "CE-287", "CE-289", "CE-229", "CE-290", "RS-148", "RS-145", "RS-146")
def test_errors_have_the_shape_of_the_face(desk, tri):
    where = f"{REQUEST}/{desk.ticket(tri)['id']}"
    comments = f"{A}/core/ticket/{where.rpartition('/')[2]}/comments"
    before = Ticket.objects.count()
    for path in (REQUEST, comments):
        broken = tri.post(path, "{broken")
        assert broken.status_code == 400 and broken.data["detail"].startswith("JSON parse error - ")
        assert tri.post(path, "[1]").data == {
            "non_field_errors": ["Invalid data. Expected a dictionary, but got list."]
        }
        assert tri.post(path, '{"title": "a", "title": "b"}').status_code == 400
        assert tri.post(path, '{"title": NaN}').status_code == 400
        assert tri.post(path, '{"title": "\\ud800"}').status_code == 400
        assert tri.post(path, '{"x": ' + "[" * 70 + "]" * 70 + "}").status_code == 400
        assert tri.post(path, '{"title": "' + "x" * 1_100_000 + '"}').status_code == 413
        typed = tri.post(path, "x", content_type="text/plain")
        assert (typed.status_code, typed.data) == (415, {"detail": 'Unsupported media type "text/plain" in request.'})
        wrong = tri.delete(path)
        assert (wrong.status_code, wrong.data) == (405, {"detail": 'Method "DELETE" not allowed.'})
        assert "POST" in wrong.headers["Allow"]
    assert tri.post(where, {}).data == {"detail": 'Method "POST" not allowed.'}
    unknown = tri.get(f"{A}/nowhere")
    assert (unknown.status_code, unknown.data) == (404, {"detail": "Not found."})
    assert tri.get(f"{REQUEST}/abc").status_code == 404 and tri.get(f"{REQUEST}?x={'y' * 9000}").status_code == 414
    assert Ticket.objects.count() == before
    form = tri.post(REQUEST, f"title=By+form&description=x&organization={desk.house.pk}&urgency=3",
                    content_type="application/x-www-form-urlencoded")  # fmt: skip
    assert form.status_code == 201 and form.data["urgency"] == 3
    curl = tri.post(REQUEST, json.dumps({"title": "By curl", "description": "x", "organization": desk.house.pk}),
                    content_type="application/x-www-form-urlencoded")  # fmt: skip
    assert curl.status_code == 201
    assert tri("HEAD", where).status_code == 200


@pytest.mark.spec("CE-288", "CE-290", "PL-023", "RC-017", "RC-010")
def test_all_errors_are_told_at_once_and_nothing_is_written(desk, tri):
    ticket = desk.ticket(tri)
    where = f"{REQUEST}/{ticket['id']}"
    answer = tri.patch(where, {"title": "", "status": 13, "urgency": 9, "planned_start_date": "x", "impact": 5})
    assert answer.status_code == 400
    assert set(answer.data) == {"title", "status", "urgency", "planned_start_date"}
    assert all(isinstance(texts, list) for texts in answer.data.values())
    assert tri.get(where).data == ticket


ODD = (None, True, False, 0, -1, 1.5, 2**70, "", " ", "x", "\u0000", "9" * 40, [], [1], [None], [[1]], {}, {"id": 1},
       {"id": None}, {"id": []}, "2026-12-01", "x" * 300)  # fmt: skip


@pytest.mark.spec("CE-289", "RS-145")
def test_no_value_of_any_field_breaks_anything(desk):
    root = desk.superuser()
    ticket = desk.ticket(root)
    comment = root.post(f"{A}/core/ticket/{ticket['id']}/comments", {"comment_type": 3, "body": "x"}).data
    category = root.post(f"{A}/settings/ticket_category", {"name": "c", "organization": desk.house.pk}).data
    for where, keys in (
        (f"{REQUEST}/{ticket['id']}", ticket),
        (f"{A}/core/ticket/{ticket['id']}/comments/{comment['id']}", comment),
        (f"{A}/settings/ticket_category/{category['id']}", category),
    ):
        for value in ODD:
            assert root.patch(where, dict.fromkeys(keys, value)).status_code in (200, 400), (where, value)
    for key, field in fields.FIELDS.items():
        for value in () if field.read_only else (None, [], 0, "x"):
            assert root.patch(f"{REQUEST}/{ticket['id']}", {key: value}).status_code in (200, 400), (key, value)


@pytest.mark.spec("CE-276", "RC-203", "RS-160")
def test_the_own_limit_answers_429_with_retry_after(desk, tri, settings, monkeypatch):
    from polydesk.faces.centurion import auth

    settings.POLYDESK_RATE_LIMITS = True
    monkeypatch.setattr(auth, "LIMIT", limits.Limit("centurion-test", amount=2, seconds=3600))
    limits.forget()
    answers = [tri.get(A) for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) > 0 and answers[2].data["detail"].startswith("Request was throttled")
    assert "RateLimit" in answers[0].headers


@pytest.mark.spec("CE-210", "CE-211", "CE-228")
def test_roots_are_objects_of_links(desk, tri):
    base = f"http://testserver{A}"
    names = {
        "": {"access", "assistance", "base", "docs", "itim", "project_management", "settings"},
        "/access": {"organization"},
        "/assistance": {"request"},
        "/base": {"content_type", "permission", "user"},
        "/itim": {"change", "incident", "problem"},
        "/project_management": {"project"},
        "/settings": {"ticket_category", "ticket_comment_category", "user_settings"},
    }
    for path, wanted in names.items():
        found = tri.get(f"{A}{path}").data
        assert set(found) == wanted, path
        for url in found.values():
            assert url.startswith(base)
            assert tri.get(url.removeprefix("http://testserver")).status_code in (200, 403), url
    assert tri.options(A).status_code == 200 and tri.get(f"{A}/").status_code == 200
    assert tri.get(f"{A}/assistance").data["request"] == f"{base}/assistance/ticket/request"


@pytest.mark.spec("CE-225")
def test_the_schema_and_the_page_tell_every_address(desk):
    from openapi_spec_validator import validate

    document = Client().get(f"{A}/schema").json()
    validate(document)
    item = document["paths"]["/assistance/ticket/request/{pk}"]
    assert {"get", "put", "patch", "delete", "options"} <= set(item)
    body = document["paths"]["/assistance/ticket/request"]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]
    assert body["required"] == ["title", "description", "organization"] and "status_badge" not in body["properties"]
    page = Client().get(f"{A}/docs")
    assert page.status_code == 200 and "/api/v2/core/ticket/{ticket_id}/comments" in page.content.decode()


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "x"]), inner, max_size=2),
    max_leaves=5,
)
BODIES = st.dictionaries(st.sampled_from(sorted(fields.FIELDS)), JSON_VALUES | st.integers(0, 20), max_size=8)
COMMENTED = st.dictionaries(st.sampled_from(sorted(comment_fields.FIELDS)), JSON_VALUES | st.integers(0, 9), max_size=8)


@pytest.mark.spec("CE-289", "CE-290", "RS-145")
def test_drawn_bodies_are_answered_without_fault(desk, settings):
    settings.POLYDESK_RATE_LIMITS = False
    root = desk.superuser()
    ticket = desk.ticket(root)["id"]

    @hypothesis.settings(max_examples=60, deadline=None, database=None)
    @hypothesis.given(BODIES, COMMENTED)
    def answered(body, comment):
        for method, path, sent in (
            ("POST", REQUEST, {"title": "t", "description": "d", "organization": desk.house.pk} | body),
            ("PATCH", f"{REQUEST}/{ticket}", body),
            ("POST", f"{A}/core/ticket/{ticket}/comments", {"comment_type": 3, "body": "b"} | comment),
        ):
            answer = root(method, path, sent)
            assert answer.status_code in (200, 201, 400, 403, 404), (method, path, sent, answer.data)

    answered()
