"""The five faces on one desk: what one writes, every other must answer (RC section 8).

Each test tells one scenario of the contract, with each person's own credential in each face (RC-400)."""

import datetime as dt
import json
import re

import pytest
import time_machine
from django.test import Client, TestCase

from polydesk.directory import actors
from polydesk.directory.models import (
    Asset,
    Company,
    Contract,
    ContractService,
    Milestone,
    Opportunity,
    Project,
    Site,
    SlaPolicy,
    WorkType,
)
from polydesk.faces.autotask import demo as autotask_demo
from polydesk.faces.centurion import demo as centurion_demo
from polydesk.faces.crm import demo as crm_demo
from polydesk.faces.native import demo as native_demo
from polydesk.faces.selectel import demo as selectel_demo
from polydesk.server.demo import building
from polydesk.tickets import commands, kinds
from polydesk.tickets.kinds import KINDS, STATUSES
from polydesk.tickets.models import Category, Event, Queue, Status, Ticket

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
        kind = Ticket.objects.get(pk=number).kind
        return f"/api/v2/{ROUTES[kind]}/{number}"

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
        from simpletickets.models import Ticket as SimpleTicket

        return SimpleTicket.objects.get(pk=number).severity

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


class House(Meeting):
    """The scenarios of section 8."""

    def born_in_autotask(self):
        return self.at_create(description="No paper light", contactID=self.ids["carl"])

    @pytest.mark.spec("RC-401", "RC-021", "RC-026", "RC-024", "RC-100", "RC-104", "CE-295", "PL-027")
    def test_born_in_autotask(self):
        n = self.born_in_autotask()
        se = self.se(n)
        assert (se["number"], se["status"], se["summary"], se["is_await_support"]) == (
            n,
            "in_progress",
            "Printer down",
            True,
        )
        assert (se["access_level"], se["categories"], se["vote_type"]) == ("all_users", [], "plus_minus")
        assert self.se(n, family="")["is_client_author"] is True
        [first] = self.se_comments(n)
        assert (first["body"], first["client_author_id"]) == ("No paper light", str(self.ids["carl"]))
        cr = self.cr(n)
        assert (cr["id"], cr["customerID"], cr["ticketType"], cr["status"], cr["ticketPriority"]) == (
            str(n),
            self.desk.acme.pk,
            None,
            "New",
            "High",
        )
        assert (cr["customerEmail"], cr["ticketContent"], cr["owner"], cr["users"]) == (
            "carl@acme.example",
            "No paper light",
            None,
            "",
        )
        ce = self.ce(n)
        assert (ce["ticket_type"], ce["status"], ce["priority"], ce["urgency"], ce["impact"]) == (1, 2, 4, None, None)
        assert (ce["opened_by"]["username"], ce["estimate"], ce["assigned_users"]) in (
            ("carl@acme.example", 0, []),
            ("carl", 0, []),
        )
        assert self.st(n) == 1
        assert self.st_severity(n) == 5

    @pytest.mark.spec("RC-402", "RC-002", "RC-003", "RC-350")
    def test_nobody_changes_anything_by_writing_back(self):
        n = self.born_in_autotask()
        item = self.at(n)
        self.no_event(n, lambda: self.at_write(item))
        self.no_event(n, lambda: self.at_write(item, "put"))
        whole = self.cr(n)
        self.no_event(n, lambda: self.cr_write(n, whole))
        ce = self.ce(n)
        flat = {k: self._plain(v) for k, v in ce.items() if not k.startswith("_") and not k.endswith("_badge")}
        self.no_event(n, lambda: self.ce_write(n, flat, method="put"))
        se = self.se(n)
        two = {k: se[k] for k in ("access_level", "keystone_projects")}
        self.no_event(n, lambda: self.call("selectel", "carl", "patch", f"/support/v2/tickets/{n}", two))
        all_of_it = self.na(n)
        self.no_event(n, lambda: self.call("native", "anna", "patch", f"/api/v1/tickets/{n}", all_of_it))

    @pytest.mark.spec("RC-403", "RC-140", "RC-141", "RC-045", "RC-044", "RC-302")
    def test_assigned_in_centurion(self):
        n = self.born_in_autotask()
        self.ok(self.ce_write(n, {"assigned_users": [self.ids["anna"]]}))
        assert self.ce(n)["status"] == 3
        item = self.at(n)
        technician = self.at_query("Roles", ("name", "eq", "Technician"))[0]["id"]
        assert (item["status"], item["assignedResourceID"], item["assignedResourceRoleID"]) == (
            13,
            self.ids["anna"],
            technician,
        )
        assert self.at_query("TicketSecondaryResources", ("ticketID", "eq", n)) == []
        cr = self.cr(n)
        assert (cr["status"], cr["owner"], cr["users"]) == ("Assigned", "anna", "")
        assert self.st(n, "anna") == 2 and self.st(n, "bob") is None
        assert self.se(n)["status"] == "in_progress"
        self.ok(self.ce_write(n, {"assigned_users": [self.ids["anna"], self.ids["bob"]]}))
        assert [r["resourceID"] for r in self.at_query("TicketSecondaryResources", ("ticketID", "eq", n))] == [
            self.ids["bob"]
        ]
        assert self.cr(n)["users"] == "bob"
        self.ok(self.ce_write(n, {"assigned_users": []}))
        item = self.at(n)
        assert (self.ce(n)["status"], item["status"], item["assignedResourceID"], item["assignedResourceRoleID"]) == (
            2,
            1,
            None,
            None,
        )
        assert (self.cr(n)["status"], self.cr(n)["owner"]) == ("New", None)

    @pytest.mark.spec("RC-404", "RC-123", "RC-006", "RC-007")
    def test_status_walks_round(self):
        n = self.born_in_autotask()
        self.ok(self.cr_write(n, {"status": "On Hold"}))
        assert (self.at(n)["status"], self.ce(n)["status"], self.se(n)["status"], self.st(n)) == (
            15,
            7,
            "in_progress",
            5,
        )
        self.no_event(n, lambda: self.ce_write(n, {"status": 7}))
        self.ok(self.at_write({"id": n, "status": 7}))
        assert (self.cr(n)["status"], self.ce(n)["status"]) == ("Waiting", 7)
        self.no_event(n, lambda: self.ce_write(n, {"status": 7}))
        assert self.at(n)["status"] == 7
        self.ok(self.at_write({"id": n, "status": 8}))
        assert (self.cr(n)["status"], self.ce(n)["status"]) == ("In Progress", 3)
        self.no_event(n, lambda: self.cr_write(n, {"status": "In Progress"}))
        assert self.cr_write(n, {"status": "Sleeping"}).status == 400
        self.no_event(n, lambda: self.ce_write(n, {"status": 3}))
        assert self.at(n)["status"] == 8
        self.ok(self.cr_write(n, {"status": "Resolved"}))
        assert (self.at(n)["status"], self.ce(n)["status"], self.se(n)["status"], self.st(n)) == (16, 8, "resolved", 8)

    @pytest.mark.spec("RC-405", "RC-031", "RC-001", "RC-004", "RC-005", "RC-046", "RC-047", "RC-077")
    def test_born_in_the_crm_with_little(self):
        title = "T" * 200
        sent = {
            "customerID": self.desk.acme.pk,
            "subject": title,
            "status": "Assigned",
            "ticketPriority": "Urgent",
            "owner": "bob",
            "users": "anna, bob",
            "departments": "Support",
            "ticketFollowupDate": "2027-03-01",
        }
        made = self.ok(self.call("crm", "bob", "post", "/backend/api/v1/tickets/", sent), 201)
        assert {k: made[k] for k in sent} == sent
        assert (made["customerEmail"], made["ticketContent"]) == ("ops@acme.example", "")
        n = int(made["id"])
        item = self.at(n)
        assert (item["title"], item["description"], item["status"], item["priority"]) == (title, "", 13, 5)
        assert (item["assignedResourceID"], item["queueID"], item["dueDateTime"]) == (self.ids["bob"], None, None)
        assert item["ticketCategory"] == self.picklist("ticketCategory")["Standard"]
        assert [r["resourceID"] for r in self.at_query("TicketSecondaryResources", ("ticketID", "eq", n))] == [
            self.ids["anna"]
        ]
        self.ok(self.at_write({"id": n, "purchaseOrderNumber": "PO-1"}))
        refused = self.at_write({"id": n, "assignedResourceID": None, "assignedResourceRoleID": None})
        assert refused.status == 500 and "queueid" in " ".join(refused.json["errors"]).lower(), refused
        ce = self.ce(n)
        assert (ce["title"], ce["description"], ce["status"], ce["priority"]) == (title, "", 3, 5)
        assert [u["id"] for u in ce["assigned_users"]] == [self.ids["bob"], self.ids["anna"]]
        assert [t["team_name"] for t in ce["assigned_teams"]] == ["Support"]
        self.ok(self.ce_write(n, {"title": title, "impact": 3}))
        refused = self.ce_write(n, {"title": "U" * 101})
        assert refused.status == 400 and "title" in refused.json, refused
        assert self.se(n)["summary"] == title and self.se_comments(n) == [] and self.se(n)["is_await_support"] is True

    def born_in_selectel(self):
        upload = Client().post(
            "/files/public/files", {"file": _file("log.txt", b"hello")}, headers=self.keys["selectel"]["carl"]
        )
        assert upload.status_code == 200, upload.content
        found = upload.json()
        file_id = next(v for k, v in found.items() if k in ("id", "uuid", "file_id"))
        category = Category.objects.get(organization=self.desk.house, key="technical_issue")
        body = {
            "summary": "Router is dead",
            "categories": ["technical_issue"],
            "category_fields": [],
            "products": ["servers"],
            "comment_body": "w" * 9000,
            "body_values": None,
            "files": [file_id],
            "secrets": [],
            "access_level": "all_users",
            "keystone_projects": [],
        }
        made = self.ok(self.call("selectel", "carl", "post", "/support/v2/tickets", body))
        return made["number"], category

    @pytest.mark.spec("RC-406", "RC-163", "RC-160", "RC-095", "RC-204")
    def test_born_in_selectel_with_much(self):
        n, category = self.born_in_selectel()
        item = self.at(n)
        assert len(item["description"]) == 9000
        assert (item["companyID"], item["contactID"], item["ticketType"], item["status"], item["priority"]) == (
            self.desk.acme.pk,
            self.ids["carl"],
            1,
            1,
            2,
        )
        assert (item["issueType"], item["subIssueType"], item["source"]) == (category.pk, None, 4)
        assert [a["title"] or a["fullPath"] for a in self.at_query("TicketAttachments", ("ticketID", "eq", n))] == [
            "log.txt"
        ]
        self.no_event(n, lambda: self.at_write(item))
        refused = self.at_write({"id": n, "description": "v" * 8001})
        assert refused.status == 500 and "description" in " ".join(refused.json["errors"]).lower()
        assert (len(self.cr(n)["ticketContent"]), self.cr(n)["ticketPriority"]) == (9000, "Normal")
        ce = self.ce(n)
        assert (len(ce["description"]), ce["priority"], ce["category"]["id"]) == (9000, 3, category.pk)
        se = self.se(n)
        assert (se["categories"], se["products"]) == (["technical_issue"], ["servers"])

    @pytest.mark.spec(
        "RC-407", "RC-177", "RC-084", "RC-092", "RC-093", "RC-033", "RC-303", "RC-327", "AT-413", "SE-066"
    )
    def test_what_is_internal_stays_so(self):
        n, _ = self.born_in_selectel()
        before = self.se(n)
        content = self.cr(n)["ticketContent"]
        since = dt.datetime.now(dt.UTC).isoformat().replace("+00:00", "Z")
        note = {"title": "billing", "description": "Call billing first", "noteType": 1, "publish": 2}
        self.ok(self.at_write(note, "post", path=f"Tickets/{n}/Notes"))
        se = self.se(n)
        assert (se["unread_comments_count"], se["updated_at"]) == (0, before["updated_at"])
        assert self.cr(n)["ticketContent"] == content
        changed = self.ok(self.call("crm", "bob", "get", f"/backend/api/v1/tickets/?updatedSince={since}"))
        assert str(n) in [t["id"] for t in changed]
        assert [c["private"] for c in self.ce_comments(n) if c["body"] == "Call billing first"] == [True]
        rita = self.call("centurion", "rita", "get", f"/api/v2/core/ticket/{n}/comments?page[size]=100")
        assert "Call billing first" not in rita.text
        self.ok(
            self.at_write(
                {**note, "description": "Please send the log", "publish": 1}, "post", path=f"Tickets/{n}/Notes"
            )
        )
        se = self.se(n)
        assert (se["unread_comments_count"], se["is_await_client"]) == (1, True)
        assert self.se(n, family="")["is_client_read"] is False if "is_client_read" in self.se(n, family="") else True
        assert self.cr(n)["ticketContent"] == "Please send the log"
        [entry] = [c for c in self.ce_comments(n) if c["body"] == "Please send the log"]
        assert (entry["comment_type"], entry["private"]) == (2, False)
        listed = self.se_comments(n)
        assert [c["is_client_read"] for c in listed][1] is False and len(listed) == 2
        assert self.se(n)["unread_comments_count"] == 0
        self.ok(self.cr_write(n, {"ticketContent": "Thank you"}))
        third = self.se_comments(n)[2]
        assert (third["body"], third["admin_author"]["name"]) == ("Thank you", self.desk.people["bob"].name)
        notes = self.at_query("TicketNotes", ("ticketID", "eq", n))
        assert [x["publish"] for x in notes] == [2, 1, 1]

    @pytest.mark.spec("RC-408", "RC-178", "RC-277", "RC-304", "RC-308", "RC-325", "RC-326", "RC-347", "RC-185")
    def test_solved_here_closed_there_reopened_elsewhere(self):
        n, _ = self.born_in_selectel()
        self.ok(self.ce_comment(n, "Cable replaced", kind=5), 201)
        item = self.at(n)
        assert (self.ce(n)["status"], item["status"], item["resolution"], item["completedDate"]) == (
            8,
            16,
            "Cable replaced",
            None,
        )
        classic = self.se(n, family="")
        assert (self.cr(n)["status"], self.se(n)["status"], classic["is_resolved"], classic["is_closed"]) == (
            "Resolved",
            "resolved",
            True,
            False,
        )
        self.ok(self.call("selectel", "carl", "post", f"/support/v2/tickets/{n}/close", {"score": 4}))
        ce, se, item = self.ce(n), self.se(n, family=""), self.at(n)
        assert (
            ce["status"],
            item["status"],
            item["completedByResourceID"],
            item["currentServiceThermometerRating"],
        ) == (4, 5, None, 4)
        moments = {_moment(ce["date_closed"]), _moment(se["closed_at"]), _moment(item["completedDate"])}
        assert len(moments) == 1
        assert self.cr(n)["status"] == "Closed"
        self.ok(self.ce_comment(n, "For the record"), 201)
        assert self.se_comments(n, status=400)["code"] == "TICKET_CLOSED"
        self.ok(self.cr_write(n, {"status": "Open"}))
        se, item, ce = self.se(n), self.at(n), self.ce(n)
        assert self.se(n, family="")["closed_at"] is None
        assert (se["status"], se["vote_score"], se["vote_type"]) == ("in_progress", 4, "five_points")
        assert "For the record" in [c["body"] for c in self.se_comments(n)]
        assert (item["status"], item["completedDate"], ce["status"], ce["date_closed"]) == (14, None, 3, None)

    @pytest.mark.spec("RC-409", "RC-310", "RC-297", "RC-307", "RC-322", "RC-088", "ST-047")
    def test_closed_is_final(self):
        rita, anna = self.web("rita"), self.web("anna")
        with time_machine.travel(dt.datetime(2026, 6, 1, 9, 0, tzinfo=dt.UTC), tick=False) as clock:
            answer = rita.post(
                "/tickets/new-ticket/",
                {"ticket_type": 2, "severity": 5, "description": "The printer on floor two is dead"},
            )
            assert answer.status_code == 302, answer.content
            n = Ticket.objects.latest("pk").pk
            item = self.at(n)
            assert (item["companyID"], item["title"], item["ticketType"], item["priority"], item["status"]) == (
                0,
                "The printer on floor two is dead",
                2,
                1,
                1,
            )
            assert self.cr(n)["customerID"] is None
            assert anna.get(f"/tickets/edit-ticket-{n}/").status_code == 200
            assert self.st(n, "anna") == 2 and self.at(n)["status"] == 13
            form = {
                "staff": self.desk.people["anna"].user.pk,
                "ticket_type": 2,
                "severity": 5,
                "state": 8,
                "resolution_text": "Replaced the fuser unit today",
            }
            assert anna.post(f"/tickets/edit-ticket-{n}/", form).status_code == 302
            clock.shift(dt.timedelta(hours=6, minutes=1))
            assert self.st(n, "rita") == 9
            assert (self.at(n)["status"], self.ce(n)["status"]) == (5, 4)
            refused = self.cr_write(n, {"status": "Open"})
            assert refused.status == 400 and "status" in refused.json["fields"]
            refused = self.at_write({"id": n, "status": 1})
            assert refused.status == 500 and "status" in " ".join(refused.json["errors"]).lower()
            refused = self.ce_write(n, {"status": 2})
            assert refused.status == 400 and "status" in refused.json
            assert self.ce_comment(n, "again", kind=5).status == 400
            self.ok(self.at_write({"id": n, "purchaseOrderNumber": "PO-9"}))
            assert (self.at(n)["status"], self.ce(n)["status"], self.cr(n)["status"], self.st(n, "rita")) == (
                5,
                4,
                "Closed",
                9,
            )
            monitor = self.web("mona").get(f"/tickets/monitor-ticket-{n}/").content.decode().strip().splitlines()
            assert "[STATE: closed]" in monitor[-1]

    @pytest.mark.spec("RC-410", "RC-053", "RC-150", "RC-132", "RC-321")
    def test_a_change_and_an_alert(self):
        n = self.ce_create("change", title="Move the mail server")
        self.ok(self.ce_write(n, {"status": 13}))
        item = self.at(n)
        assert (item["ticketType"], item["status"]) == (4, 23)
        fields = self.ok(self.call("autotask", "anna", "get", "/atservicesrest/v1.0/Tickets/entityInformation/fields"))[
            "fields"
        ]
        values = {v["value"]: v for v in next(f for f in fields if f["name"] == "status")["picklistValues"]}
        assert (values["23"]["label"], values["23"]["isActive"]) == ("Testing", False)
        self.ok(self.at_write({"id": n, "status": 23, "title": "Move the mail server soon"}))
        refused = self.at_write({"id": n, "status": 24})
        assert refused.status == 500 and "status" in " ".join(refused.json["errors"]).lower()
        whole = self.cr(n)
        assert whole["status"] == "Testing"
        self.no_event(n, lambda: self.cr_write(n, whole))
        self.ok(self.cr_write(n, {"status": "Waiting"}))
        assert (self.ce(n)["status"], self.at(n)["status"]) == (7, 7)
        self.ok(self.at_write({"id": n, "companyID": self.desk.acme.pk}))
        assert self.call("selectel", "carl", "get", f"/support/v2/tickets/{n}").status == 404
        assert self.se(n, "anna")["status"] == "in_progress"
        alert = self.at_create(ticketType=5, title="Disk is full")
        listed = self.ok(self.call("centurion", "anna", "get", "/api/v2/itim/ticket/incident?page[size]=100"))[
            "results"
        ]
        assert [t["ticket_type"] for t in listed if t["id"] == alert] == [2]
        self.ok(self.ce_write(alert, {"impact": 3}))
        assert self.at(alert)["ticketType"] == 5

    @pytest.mark.spec("RC-411", "RC-079", "RC-080", "RC-107", "RC-292", "RC-329", "RC-183", "RC-334")
    def test_time(self):
        n = self.born_in_autotask()
        self.ok(self.ce_write(n, {"estimate": 5400}))
        assert self.at(n)["estimatedHours"] == 1.5
        made = self.ok(self.ce_comment(n, "Looked at it /spend 20m"), 201)
        assert (made["body"], made["duration"]) == ("Looked at it", 1200)
        [entry] = self.at_query("TimeEntries", ("ticketID", "eq", n))
        assert entry["hoursWorked"] == 0.3333
        role = self.at_query("Roles", ("name", "eq", "Technician"))[0]["id"]
        work = {
            "ticketID": n,
            "resourceID": self.ids["anna"],
            "roleID": role,
            "hoursWorked": 0.5,
            "dateWorked": "2026-06-01",
            "summaryNotes": "x",
        }
        self.ok(self.at_write(work, "post", path="TimeEntries"))
        assert self.ce(n)["duration"] == 3000
        [line] = [c for c in self.ce_comments(n) if c["body"] == "added 30m of time spent"]
        assert (line["comment_type"], line["duration"]) == (1, 1800)
        self.ok(self.at_write({"id": n, "estimatedHours": 1.3333}))
        assert self.ce(n)["estimate"] == 4800
        self.no_event(n, lambda: self.at_write({"id": n, "estimatedHours": 1.3333}))
        self.ok(
            self.at_write(
                {"title": "t", "description": "/spend 1h", "noteType": 1, "publish": 1},
                "post",
                path=f"Tickets/{n}/Notes",
            )
        )
        assert self.ce(n)["duration"] == 3000
        assert "/spend 1h" in [x["description"] for x in self.at_query("TicketNotes", ("ticketID", "eq", n))]

    @pytest.mark.spec("RC-412", "RC-155", "RC-009", "RC-323", "RC-035")
    def test_priority(self):
        n = self.ce_create(who="rita", title="Rita asks")
        assert (self.ce(n)["priority"], self.at(n)["priority"], self.cr(n)["ticketPriority"], self.st_severity(n)) == (
            1,
            6,
            "Low",
            1,
        )
        self.no_event(n, lambda: self.cr_write(n, {"ticketPriority": "Low"}))
        assert self.ce(n)["priority"] == 1
        self.na_write(n, {"priority": "major"})
        assert (self.ce(n)["priority"], self.at(n)["priority"], self.cr(n)["ticketPriority"], self.st_severity(n)) == (
            6,
            4,
            "Urgent",
            9,
        )
        self.no_event(n, lambda: self.cr_write(n, {"ticketPriority": "Urgent"}))
        self.ok(self.cr_write(n, {"ticketPriority": "Normal"}))
        assert (self.ce(n)["priority"], self.at(n)["priority"], self.st_severity(n)) == (3, 2, 2)
        self.ok(self.ce_write(n, {"priority": None}))
        assert (self.at(n)["priority"], self.cr(n)["ticketPriority"]) == (2, "Normal")
        self.no_event(n, lambda: self.at_write({"id": n, "priority": 2}))

    @pytest.mark.spec("RC-413", "RC-305", "RC-306", "RC-094", "RC-011", "RC-293", "RC-337")
    def test_deleted_restored_purged(self):
        n = self.born_in_autotask()
        self.ok(self.ce_comment(n, "a word"), 201)
        path = self.ce_path(n)
        assert self.call("crm", "bob", "delete", f"/backend/api/v1/tickets/{n}").status == 204
        assert self.call("crm", "bob", "get", f"/backend/api/v1/tickets/{n}").status == 404
        assert self.at(n) is None and self.at_query("Tickets", ("id", "eq", n)) == []
        assert n in [r["ticketID"] for r in self.at_query("DeletedTicketLogs", ("ticketID", "eq", n))]
        assert self.call("selectel", "carl", "get", f"/support/v2/tickets/{n}").status == 404
        assert self.web("anna").get(f"/tickets/edit-ticket-{n}/").status_code == 404
        assert self.call("centurion", "anna", "get", path).status == 403
        assert self.ok(self.call("centurion", "mona", "get", path))["is_deleted"] is True
        self.ok(self.call("centurion", "mona", "patch", path, {"is_deleted": False}))
        assert self.at(n)["title"] == "Printer down" and self.cr(n)["ticketContent"] == "a word"
        assert [c["body"] for c in self.se_comments(n)] == ["No paper light", "a word"]
        assert self.st(n) == 1 and self.ce(n)["is_deleted"] is False
        assert self.call("centurion", "mona", "delete", path).status == 204
        assert self.call("centurion", "mona", "delete", path).status == 204
        assert self.call("centurion", "mona", "get", path).status == 403
        assert self.at(n) is None and self.call("crm", "bob", "get", f"/backend/api/v1/tickets/{n}").status == 404
        assert self.cr_create() > n

    @pytest.mark.spec("RC-414", "RC-016", "RC-344", "RC-065", "RC-066", "CE-042", "CE-043")
    def test_same_words_same_references(self):
        a, b = self.cr_create(subject="Twice"), self.cr_create(subject="Twice")
        refused = self.call(
            "centurion",
            "anna",
            "post",
            "/api/v2/assistance/ticket/request",
            {"organization": self.desk.house.pk, "title": "Twice", "description": "x"},
        )
        assert refused.status == 400 and "title" in refused.json
        self.ok(self.ce_write(a, {"impact": 3}))
        for n in (a, b):
            self.ok(self.at_write({"id": n, "externalID": "same"}))

    @pytest.mark.spec("RC-415", "RC-152", "RC-221", "RC-286", "RC-309", "RC-345", "AT-288")
    def test_another_customer(self):
        acme, beta = self.desk.acme, self.desk.beta
        site = Site.objects.create(organization=self.desk.house, company=acme, name="Head office")
        contract = Contract.objects.create(organization=self.desk.house, company=acme, name="Gold")
        asset = Asset.objects.create(organization=self.desk.house, company=acme, name="LT-1")
        n = self.at_create(
            contactID=self.ids["carl"], companyLocationID=site.pk, contractID=contract.pk, configurationItemID=asset.pk
        )
        self.ok(self.cr_write(n, {"customerID": beta.pk}))
        item = self.at(n)
        assert (item["companyLocationID"], item["contractID"], item["configurationItemID"]) == (None, None, asset.pk)
        self.ok(self.at_write({"id": n, "purchaseOrderNumber": "P"}))
        assert self.call("selectel", "carl", "get", f"/support/v2/tickets/{n}").status == 404
        m = self.at_create(companyLocationID=site.pk)
        refused = self.at_write({"id": m, "companyID": beta.pk})
        assert refused.status == 500 and "companylocationid" in " ".join(refused.json["errors"]).lower(), refused
        anna = actors.of(self.desk.people["anna"])
        commands.add_time(m, 600, by=anna, via="test", posted_at=dt.datetime(2026, 6, 1, tzinfo=dt.UTC))
        refused = self.cr_write(m, {"customerID": beta.pk})
        assert refused.status == 400 and "customerID" in refused.json["fields"], refused
        refused = self.at_write({"id": m, "companyID": beta.pk, "companyLocationID": None})
        assert refused.status == 500 and "companyid" in " ".join(refused.json["errors"]).lower(), refused
        assert Company.objects.get(pk=Ticket.objects.get(pk=m).company_id) == acme

    @pytest.mark.spec("RC-416", "RC-311", "RC-249", "RC-099", "PL-028")
    def test_merged(self):
        a = self.at_create(title="a", description="first words", contactID=self.ids["carl"])
        b = self.at_create(title="b", description="second words", contactID=self.ids["carl"])
        merged = self.call("native", "anna", "post", f"/api/v1/tickets/{b}/merge", {"tickets": [a]})
        assert merged.status in (200, 201), merged
        assert (self.se(a)["number"], self.se(a)["status"]) == (a, "closed")
        assert {"first words", "second words"} <= {c["body"] for c in self.se_comments(b)}
        assert (self.at(a)["id"], self.at(a)["status"]) == (a, 5)
        assert (self.cr(a)["id"], self.cr(a)["status"]) == (str(a), "Closed")
        assert self.ce(a)["status"] == 4
        related = self.ok(self.call("centurion", "anna", "get", f"/api/v2/core/ticket/{a}/related_ticket"))["results"]
        assert any(b in (r["to_ticket_id"]["id"], r["from_ticket_id"]["id"]) for r in related), related
        assert self.na(a)["id"] == b
        assert self.cr_write(a, {"status": "Open"}).status == 400
        event = Event.objects.filter(ticket_id=a, verb="merge").get()
        undone = self.call("native", "anna", "post", f"/api/v1/tickets/{a}/undo", {"event": event.pk})
        assert undone.status in (200, 201), undone
        assert (
            self.se(a)["status"],
            self.at(a)["status"],
            self.cr(a)["status"],
            self.ce(a)["status"],
            self.na(a)["id"],
        ) == ("in_progress", 1, "New", 2, a)
        assert [c["body"] for c in self.se_comments(a)] == ["first words"]
        assert [c["body"] for c in self.se_comments(b)] == ["second words"]

    @pytest.mark.spec("RC-417", "RC-182", "RC-183", "RC-332")
    def test_text_is_text(self):
        words = "**now** <b>x</b> /spend 1h $team-1"
        n = self.cr_create(customerID=self.desk.acme.pk, ticketContent=words)
        assert (
            self.at(n)["description"] == words
            and self.ce(n)["description"] == words
            and self.na(n)["description"] == words
        )
        assert self.se_comments(n, "anna")[0]["body"] == words
        assert self.ce(n)["duration"] == 0 and Ticket.objects.get(pk=n).items == []
        page = self.web("agent").get(f"/t/{n}")
        assert page.status_code == 200 and "<strong>now</strong>" not in page.content.decode()
        self.ok(self.ce_write(n, {"description": "**later**"}))
        assert (self.at(n)["description"], self.na(n)["description"]) == ("**later**", "**later**")
        self.no_event(n, lambda: self.at_write({"id": n, "description": "**later**"}))
        self.ok(self.at_write({"id": n, "description": "later"}))
        assert Ticket.objects.get(pk=n).description_format == "plain"

    @pytest.mark.spec("RC-418", "PL-027", "RC-120", "RC-121", "RC-123", "RC-298", "CE-295")
    def test_every_kind_in_every_status_in_every_face(self):
        system = actors.system(self.desk.house.pk)
        added = [
            Status.objects.create(
                organization=self.desk.house, key=f"own_{phase}", name=f"Own {phase}", phase=phase
            ).key
            for phase in ("new", "open", "waiting", "solved", "closed", "dropped")
        ]
        for kind, declared in KINDS.items():
            n = commands.create(
                kind,
                {"title": f"One {kind}", "company": self.desk.acme.pk, "shared": True, "description": "d"},
                by=system,
                via="test",
            ).pk
            for status in [*(s for s in STATUSES if s in declared.allowed), *added]:
                commands.edit(n, {"status": status}, by=system, via="test")
                phase = kinds.status(self.desk.house.pk, status).phase
                item, cr, se = self.at(n), self.cr(n), self.se(n, "anna")
                assert item["status"] and cr["status"], (kind, status)
                assert se["status"] == {"solved": "resolved", "closed": "closed", "dropped": "closed"}.get(
                    phase, "in_progress"
                )
                assert self.na(n)["status"] == status
                if kind in ("incident", "change", "issue") or status in added:
                    self._write_back(n, kind, status, item, cr)

    def _write_back(self, n, kind, status, item, cr):
        self.no_event(n, lambda: self.at_write({"id": n, "status": item["status"]}))
        self.no_event(n, lambda: self.cr_write(n, {"status": cr["status"]}))
        self.no_event(n, lambda: self.call("native", "anna", "patch", f"/api/v1/tickets/{n}", {"status": status}))
        if kind in ROUTES:
            shown = self.ce(n)["status"]
            assert 1 <= shown <= 18
            self.no_event(n, lambda: self.ce_write(n, {"status": shown}))


def _file(name, content):
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, content, content_type="text/plain")


def _moment(text):
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC).replace(microsecond=0)


class Dictionary(Meeting):
    """Section 2: each concept of the core as every face says it (RC-020 … RC-099)."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        house, acme = cls.desk.house, cls.desk.acme
        cls.rows = {
            "site": Site.objects.create(organization=house, company=acme, name="Head office"),
            "contract": Contract.objects.create(organization=house, company=acme, name="Gold"),
            "asset": Asset.objects.create(organization=house, company=acme, name="LT-1"),
            "project": Project.objects.create(organization=house, company=acme, name="Move"),
            "opportunity": Opportunity.objects.create(organization=house, company=acme, title="More seats"),
            "work_type": WorkType.objects.create(organization=house, name="Onsite"),
            "queue": Queue.objects.create(organization=house, name="Dispatch"),
            "sla": SlaPolicy.objects.create(organization=house, name="Silver"),
            "parent": None,
        }
        cls.rows["milestone"] = Milestone.objects.create(organization=house, project=cls.rows["project"], name="One")
        cls.rows["contract_service"] = ContractService.objects.create(
            organization=house, contract=cls.rows["contract"], name="Support"
        )
        root = Category.objects.create(organization=house, name="Network", in_crm_list=True)
        cls.rows["root"] = root
        cls.rows["category"] = Category.objects.create(organization=house, name="VPN", parent=root)

    def filled(self):
        moment = dt.datetime(2027, 3, 1, 10, 0, tzinfo=dt.UTC)
        names = ("site", "contract", "contract_service", "asset", "project", "milestone", "opportunity", "work_type")
        values = {
            "title": "Every field",
            "description": "words",
            "company": self.desk.acme,
            "requester": self.desk.people["carl"],
            "impact": 4,
            "urgency": 2,
            "priority": "high",
            "purchase_order": "PO-7",
            "external_id": "X-9",
            "channel": "phone",
            "due_at": moment,
            "planned_start": moment,
            "planned_finish": moment + dt.timedelta(hours=1),
            "real_start": moment,
            "real_finish": moment + dt.timedelta(hours=2),
            "follow_up_on": dt.date(2027, 3, 2),
            "action_due_on": dt.date(2027, 3, 3),
            "estimate": 9000,
            "resolution": "done so",
            "change_plan": ["a", "b"],
            "category": self.rows["category"],
            "queue": self.rows["queue"],
            "sla": self.rows["sla"],
            "assigned_teams": [self.desk.support],
            "access": "account_users",
            "access_projects": ["p1"],
            "watchers": [self.desk.people["rita"]],
            "watching_teams": [self.desk.support],
            **{name: self.rows[name] for name in names},
        }
        return commands.create("incident", values, by=actors.of(self.desk.people["anna"]), via="test").pk

    @pytest.mark.spec(
        "RC-020",
        "RC-023",
        "RC-025",
        "RC-029",
        "RC-030",
        "RC-032",
        "RC-034",
        "RC-036",
        "RC-037",
        "RC-038",
        "RC-041",
        "RC-050",
        "RC-052",
        "RC-059",
        "RC-060",
        "RC-061",
        "RC-062",
        "RC-063",
        "RC-064",
        "RC-074",
        "RC-075",
        "RC-076",
        "RC-078",
        "RC-081",
        "RC-089",
        "RC-098",
        "RC-158",
        "RC-159",
        "RC-162",
        "RC-328",
    )
    def test_each_field_reads_alike_in_every_face(self):
        n = self.filled()
        item, cr, ce, se, na = self.at(n), self.cr(n), self.ce(n), self.se(n, "anna"), self.na(n)
        ids = {name: row.pk for name, row in self.rows.items() if row is not None}
        autotask = {
            "companyLocationID": ids["site"],
            "contractID": ids["contract"],
            "contractServiceID": ids["contract_service"],
            "configurationItemID": ids["asset"],
            "projectID": ids["project"],
            "opportunityID": ids["opportunity"],
            "billingCodeID": ids["work_type"],
            "queueID": ids["queue"],
            "purchaseOrderNumber": "PO-7",
            "externalID": "X-9",
            "estimatedHours": 2.5,
            "resolution": "done so",
            "changeInfoField1": "a",
            "changeInfoField2": "b",
            "issueType": ids["root"],
            "subIssueType": ids["category"],
            "ticketType": 2,
            "source": 2,
            "priority": 1,
            "serviceLevelAgreementID": ids["sla"],
            "companyID": self.desk.acme.pk,
            "contactID": self.ids["carl"],
        }
        assert {name: item[name] for name in autotask} == autotask
        assert _moment(item["dueDateTime"]) == dt.datetime(2027, 3, 1, 10, 0, tzinfo=dt.UTC)
        crm = {
            "ticketType": "Network",
            "ticketFollowupDate": "2027-03-02",
            "ticketActionRequiredDate": "2027-03-03",
            "departments": "Support",
            "ticketPriority": "High",
        }
        assert {name: cr[name] for name in crm} == crm
        assert (ce["impact"], ce["urgency"], ce["priority"], ce["estimate"], ce["ticket_type"]) == (4, 2, 4, 9000, 2)
        assert (ce["category"]["id"], ce["project"]["id"], ce["milestone"]["id"]) == (
            ids["category"],
            ids["project"],
            ids["milestone"],
        )
        assert (_moment(ce["planned_start_date"]), _moment(ce["real_finish_date"])) == (
            dt.datetime(2027, 3, 1, 10, 0, tzinfo=dt.UTC),
            dt.datetime(2027, 3, 1, 12, 0, tzinfo=dt.UTC),
        )
        assert self.ids["rita"] in [u["id"] for u in ce["subscribed_users"]]
        assert [t["team_name"] for t in ce["subscribed_teams"]] == ["Support"]
        assert (se["access_level"], se["keystone_projects"]) == ("account_users", ["p1"])
        core = {
            "impact": 4,
            "urgency": 2,
            "estimate": 9000,
            "purchase_order": "PO-7",
            "change_plan": ["a", "b"],
            "follow_up_on": "2027-03-02",
            "action_due_on": "2027-03-03",
            "resolution": "done so",
            "version": 1,
        }
        assert {name: na[name] for name in core} == core
        assert na["sla"] == {"id": ids["sla"], "name": "Silver"} and na["site"]["name"] == "Head office"
        assert len({_moment(t) for t in (item["createDate"], ce["created"], se["created_at"], na["created_at"])}) == 1

    @pytest.mark.spec("RC-019", "RC-002", "RC-003", "RC-218", "RC-301", "RC-324")
    def test_writing_everything_back_changes_nothing(self):
        n = self.filled()
        item, whole, ce = self.at(n), self.cr(n), self.ce(n)
        self.no_event(n, lambda: self.at_write(item))
        self.no_event(n, lambda: self.cr_write(n, whole))
        flat = {k: self._plain(v) for k, v in ce.items() if not k.startswith("_") and not k.endswith("_badge")}
        self.no_event(n, lambda: self.ce_write(n, flat, method="put"))

    @pytest.mark.spec("RC-194", "RC-197", "RC-198", "RC-199", "RC-242", "RC-278", "RC-231", "RC-244")
    def test_rights_are_the_same_behind_every_face(self):
        n = self.filled()
        assert self.call("native", "anna", "delete", f"/api/v1/tickets/{n}").status == 403
        assert self.call("centurion", "anna", "delete", self.ce_path(n)).status == 403
        before = self.na(n)["created_at"]
        self.ok(self.at_write({"id": n, "createDate": "2020-01-01T00:00:00Z", "purchaseOrderNumber": "PO-8"}))
        self.ok(self.cr_write(n, {"createdDate": "2020-01-01", "subject": "Other"}))
        assert self.na(n)["created_at"] == before
        assert self.call("native", "mona", "delete", f"/api/v1/tickets/{n}").status in (200, 204)
        assert self.at(n) is None
