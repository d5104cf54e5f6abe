"""The meeting of RC-400: House with its people, a credential per face each, and a small client of every face."""

import json
import re

from django.test import Client, TestCase

from polydesk.faces.autotask import demo as autotask_demo
from polydesk.faces.centurion import demo as centurion_demo
from polydesk.faces.crm import demo as crm_demo
from polydesk.faces.native import demo as native_demo
from polydesk.faces.selectel import demo as selectel_demo
from polydesk.server.demo import building
from polydesk.tickets.models import Event, Ticket
from simpletickets.models import Ticket as SimpleTicket

ROUTES = {
    "request": "assistance/ticket/request",
    "incident": "itim/ticket/incident",
    "problem": "itim/ticket/problem",
    "change": "itim/ticket/change",
    "alert": "itim/ticket/incident",
}


class Answer:
    def __init__(self, response):
        self.status = response.status_code
        self.text = response.content.decode()
        try:
            self.json = json.loads(self.text)
        except ValueError:
            self.json = None

    def __repr__(self):
        return f"{self.status} {self.text[:600]}"


class Meeting(TestCase):
    """House with its people, a credential per face each, and small clients."""

    @classmethod
    def setUpTestData(cls):
        cls.desk = building.organizations()
        for part in building.parts("furnish"):
            part.furnish(cls.desk)
        building.conform(cls.desk)
        desk = cls.desk
        cls.keys = {
            "autotask": {
                k: {"UserName": v["UserName"], "Secret": v["Secret"], "ApiIntegrationCode": v["ApiIntegrationCode"]}
                for k, v in autotask_demo.house(desk).items()
            },
            "crm": {k: {"Authorization": f"Bearer {v}"} for k, v in crm_demo.house(desk).items()},
            "native": {k: {"Authorization": f"Bearer {v}"} for k, v in native_demo.house(desk).items()},
            "centurion": {k: {"Authorization": f"Token {v}"} for k, v in centurion_demo.house(desk).items()},
            "selectel": {k: {"X-Auth-Token": v} for k, v in selectel_demo.house(desk).items()},
        }
        cls.ids = {login: person.pk for login, person in desk.people.items()}

    def call(self, face, who, method, path, body=None):
        content = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return Answer(getattr(Client(), method)(path, headers=self.keys[face][who], **content))

    def ok(self, answer, status=200):
        assert answer.status == status, answer
        return answer.json

    # Autotask
    def at(self, number, who="anna"):
        return self.ok(self.call("autotask", who, "get", f"/atservicesrest/v1.0/Tickets/{number}"))["item"]

    def at_write(self, body, method="patch", who="anna", path="Tickets"):
        return self.call("autotask", who, method, f"/atservicesrest/v1.0/{path}", body)

    def at_create(self, **values):
        values = {
            "companyID": self.desk.acme.pk,
            "title": "Printer down",
            "status": 1,
            "priority": 1,
            "ticketCategory": self.picklist("ticketCategory")["No Queue"],
            **values,
        }
        return self.ok(self.at_write(values, "post"))["itemId"]

    def picklist(self, field):
        """label -> id of a picklist field"""
        answer = self.call("autotask", "anna", "get", "/atservicesrest/v1.0/Tickets/entityInformation/fields")
        found = next(f for f in self.ok(answer)["fields"] if f["name"] == field)
        return {value["label"]: int(value["value"]) for value in found["picklistValues"]}

    def at_query(self, entity, *conditions):
        body = {"filter": [dict(zip(("field", "op", "value"), c, strict=False)) for c in conditions]}
        return self.ok(self.call("autotask", "anna", "post", f"/atservicesrest/v1.0/{entity}/query", body))["items"]

    # Selectel
    def se(self, number, who="carl", family="v2/", status=200):
        return self.ok(self.call("selectel", who, "get", f"/support/{family}tickets/{number}"), status)

    def se_comments(self, number, who="carl", status=200):
        found = self.ok(self.call("selectel", who, "get", f"/support/v2/tickets/{number}/comments"), status)
        if status != 200:
            return found
        return found if isinstance(found, list) else next(v for v in found.values() if isinstance(v, list))

    # CRM
    def cr(self, number, who="bob", status=200):
        return self.ok(self.call("crm", who, "get", f"/backend/api/v1/tickets/{number}"), status)

    def cr_write(self, number, body, who="bob"):
        return self.call("crm", who, "patch", f"/backend/api/v1/tickets/{number}", body)

    def cr_create(self, **values):
        made = self.ok(
            self.call("crm", "bob", "post", "/backend/api/v1/tickets/", {"subject": "No dial tone", **values}), 201
        )
        return int(made["id"])

    # Centurion
    def ce_path(self, number):
        ticket = Ticket.objects.get(pk=number)
        if ticket.kind == "project_task":
            return f"/api/v2/project_management/project/{ticket.project_id}/project_task/{number}"
        return f"/api/v2/{ROUTES[ticket.kind]}/{number}"

    def ce(self, number, who="anna", status=200):
        return self.ok(self.call("centurion", who, "get", self.ce_path(number)), status)

    def ce_write(self, number, body, who="anna", method="patch"):
        return self.call("centurion", who, method, self.ce_path(number), body)

    def ce_create(self, kind="request", who="anna", **values):
        body = {"organization": self.desk.house.pk, "title": "A title", "description": "words", **values}
        return self.ok(self.call("centurion", who, "post", f"/api/v2/{ROUTES[kind]}", body), 201)["id"]

    def ce_comment(self, number, body, kind=2, who="anna", **more):
        return self.call(
            "centurion",
            who,
            "post",
            f"/api/v2/core/ticket/{number}/comments",
            {"comment_type": kind, "body": body, **more},
        )

    def ce_comments(self, number, who="anna"):
        return self.ok(self.call("centurion", who, "get", f"/api/v2/core/ticket/{number}/comments?page[size]=100"))[
            "results"
        ]

    # native
    def na(self, number, who="anna", status=200):
        return self.ok(self.call("native", who, "get", f"/api/v1/tickets/{number}"), status)

    def na_write(self, number, body, who="anna", status=200):
        return self.ok(self.call("native", who, "patch", f"/api/v1/tickets/{number}", body), status)

    # simpletickets: pages of a signed-in person
    def web(self, who):
        client = Client()
        client.force_login(self.desk.people[who].user)
        return client

    def st(self, number, who="mona"):
        """(state, severity) of the row in somebody's list; None when it is not there."""
        page = self.web(who).get("/tickets/list/").content.decode()
        row = re.search(rf'<tr[^>]*data-ticket-id="{number}"[^>]*>', page)
        if row is None:
            return None
        return int(re.search(r"st-state-(\d+)", row[0])[1])

    def st_severity(self, number):
        return SimpleTicket.objects.get(pk=number).severity

    def st_state(self, number):
        """As the package's own model says it; a closed one is in no list of staff."""
        return SimpleTicket.objects.get(pk=number).state

    # "No event"
    def traces(self, number):
        t = Ticket.objects.get(pk=number)
        return (Event.objects.filter(ticket_id=number).count(), t.version, t.edited_at, t.active_at, t.public_active_at)

    def no_event(self, number, act, status=200):
        before = self.traces(number)
        answer = act()
        assert answer.status == status, answer
        assert self.traces(number) == before, (
            answer,
            list(Event.objects.filter(ticket_id=number).values_list("changes", flat=True))[-1],
        )

    @staticmethod
    def _plain(value):
        if isinstance(value, dict):
            return value.get("id")
        if isinstance(value, list):
            return [Meeting._plain(v) for v in value]
        return value
