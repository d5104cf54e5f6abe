"""A House with the conformance data, and a client that speaks the dialect."""

import json

import pytest
from django.test import Client

from polydesk.faces.autotask import demo
from polydesk.tickets.models import Event

NOTE = {"title": "Call", "description": "Rang back", "noteType": 1, "publish": 2}


class Api:
    """Calls of one API user; `get("Tickets/5")`, `post("Tickets", {...})`, `errors` for what must fail."""

    root = "/atservicesrest/v1.0/"

    def __init__(self, headers):
        self.client = Client()
        self.headers = headers

    def call(self, method, path, body=None, *, status=200, headers=None, raw=False):
        address = path if path.startswith("/") else self.root + path
        content = (
            {} if body is None else {"data": body if raw else json.dumps(body), "content_type": "application/json"}
        )
        answer = getattr(self.client, method)(address, headers={**self.headers, **(headers or {})}, **content)
        if status is not None:
            assert answer.status_code == status, (answer.status_code, answer.content[:2000])
        found = json.loads(answer.content)
        if status is not None and status >= 400:
            assert list(found) == ["errors"] and all(isinstance(e, str) for e in found["errors"]), found
            return found["errors"]
        return found

    def get(self, path, **more):
        return self.call("get", path, **more)

    def post(self, path, body, **more):
        return self.call("post", path, body, **more)

    def patch(self, path, body, **more):
        return self.call("patch", path, body, **more)

    def put(self, path, body, **more):
        return self.call("put", path, body, **more)

    def delete(self, path, **more):
        return self.call("delete", path, **more)

    def fails(self, method, path, body, field):
        """A field-named error: the text names the field, whatever the case."""
        errors = self.call(method, path, body, status=500)
        assert any(field.lower() in error.lower() for error in errors), (field, errors)
        return errors

    def item(self, entity, number):
        return self.get(f"{entity}/{number}")["item"]

    def find(self, entity, field, value):
        """The id of the one row with this value."""
        found = self.post(f"{entity}/query", {"filter": [{"op": "eq", "field": field, "value": value}]})["items"]
        assert len(found) == 1, (entity, value, found)
        return found[0]["id"]

    def choice(self, field, label, entity="Tickets"):
        """The number of a picklist entry."""
        fields = self.get(f"{entity}/entityInformation/fields")["fields"]
        entries = next(f for f in fields if f["name"].lower() == field.lower())["picklistValues"]
        return int(next(e for e in entries if e["label"] == label)["value"])

    def query(self, entity, *conditions, **more):
        return self.post(f"{entity}/query", {"filter": list(conditions), **more})["items"]

    def ids(self, entity, *conditions):
        return [item["id"] for item in self.query(entity, *conditions)]


@pytest.fixture
def house(world):
    """The conformance data in the House; its API users stand in `world.autotask`."""
    demo.build(world.house)
    return world


@pytest.fixture
def api(house):
    return Api(demo.issue(demo.api_user(house.house, demo.API_USER)))


@pytest.fixture
def limited(house):
    """An API user that may impersonate nobody (AT-601)."""
    level = {"impersonate": False, "impersonate_contacts": False}
    return Api(demo.issue(demo.api_user(house.house, demo.LIMITED_USER), security_level=level))


@pytest.fixture
def make(api):
    """Makes a ticket of Conformance Child in the category No Queue; answers its id."""

    def create(**fields):
        body = {
            "companyID": api.find("Companies", "companyName", "Conformance Child"),
            "title": "Printer down",
            "status": 1,
            "priority": 2,
            "ticketCategory": api.choice("ticketCategory", "No Queue"),
            **fields,
        }
        return api.post("Tickets", body)["itemId"]

    return create


def events(ticket):
    return Event.objects.filter(ticket_id=ticket).count()
