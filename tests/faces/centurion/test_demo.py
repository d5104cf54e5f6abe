"""What the demo hands out for this face works (PL-012, RC-400)."""

import pytest

from polydesk.directory import founding
from polydesk.directory.demo import Desk as Demo
from polydesk.directory.models import Company, Team
from polydesk.faces.centurion import demo

from .conftest import REQUEST, A, Api, permission_ids

pytestmark = pytest.mark.django_db


@pytest.fixture
def handed(db):
    house, second = founding.found("House", "house"), founding.found("Second", "second")
    people = {
        login: founding.add_person(house, login.title(), role=role, login=login, **facts)
        for login, role, facts in (
            ("anna", "agent", {}),
            ("bob", "agent", {}),
            ("mona", "manager", {"is_admin": True}),
            ("rita", "requester", {"side": "customer"}),
            ("admin", "manager", {}),
        )
    }
    people["admin"].is_superuser = True
    people["admin"].save()
    people["other_agent"] = founding.add_person(second, "Other", role="agent", login="other_agent")
    company = Company.objects.create(organization=house, name="Acme")
    return Demo(house, second, people, company, company, Team.objects.create(organization=house, name="Support"))


@pytest.mark.spec("PL-012", "RC-400", "CE-072", "CE-075")
def test_every_credential_works_as_its_name_says(handed):
    given = demo.credentials(handed)
    api = {name: Api(secret) for name, secret in given.items() if isinstance(secret, str)}
    assert all(len(secret) == 64 for secret in given.values() if isinstance(secret, str))
    body = {"title": "T", "description": "x", "organization": handed.house.pk}
    number = api["user"].post(REQUEST, body).data["id"]
    where = f"{REQUEST}/{number}"
    assert api["user"].patch(where, {"title": "x"}).status_code == 403
    assert api["triage"].patch(where, {"priority": 6}).data["priority"] == 6
    assert api["other_org"].get(where).status_code == 403 and api["other_org"].get(REQUEST).data["results"] == []
    assert api["probe"].get(REQUEST).status_code == 403
    teams = f"{A}/access/organization/{handed.house.pk}/team"
    team = api["admin"].post(teams, {"team_name": "Probed", "permissions": permission_ids("view:request")}).data
    joined = api["admin"].post(f"{teams}/{team['id']}/user", {"user": given["probe_user_id"]})
    assert joined.status_code == 201 and api["probe"].get(where).status_code == 200
    assert api["admin"].delete(where).status_code == api["admin"].delete(where).status_code == 204
    again = demo.credentials(handed)
    assert again["probe_user_id"] == given["probe_user_id"] and again["probe"] != given["probe"]


@pytest.mark.spec("RC-400", "RC-407", "RC-413", "RC-357")
def test_the_people_of_the_house(handed):
    api = {login: Api(secret) for login, secret in demo.house(handed).items()}
    assert set(api) == {"anna", "bob", "mona", "rita"}
    body = {"title": "By Rita", "description": "x", "organization": handed.house.pk}
    number = api["rita"].post(REQUEST, body).data["id"]
    where, comments = f"{REQUEST}/{number}", f"{A}/core/ticket/{number}/comments"
    assert api["anna"].patch(where, {"status": 7}).data["status"] == 7
    assert api["anna"].post(comments, {"comment_type": 2, "body": "Hush", "private": True}).status_code == 201
    seen = [c["body"] for c in api["rita"].get(comments).data["results"]]
    assert "Hush" not in seen and "Hush" in [c["body"] for c in api["bob"].get(comments).data["results"]]
    assert api["rita"].patch(where, {"title": "x"}).status_code == api["anna"].delete(where).status_code == 403
    assert api["mona"].delete(where).status_code == 204 and api["anna"].get(where).status_code == 403
    assert api["mona"].patch(where, {"is_deleted": False}).status_code == 200
    agent = api["anna"].post(f"{A}/access/organization/{handed.house.pk}/team", {"team_name": "x"})
    assert agent.status_code == 403
    assert api["mona"].post(f"{A}/access/organization/{handed.house.pk}/team", {"team_name": "x"}).status_code == 201
