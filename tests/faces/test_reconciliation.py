"""The five faces on one desk: what one writes, every other must answer (RC section 8).

Each test tells one scenario of the contract, with each person's own credential in each face (RC-400)."""

import datetime as dt
import functools
import json

import pytest
import time_machine
from django.test import Client

from polydesk.directory import actors, founding
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
    Team,
    TeamMember,
    WorkType,
)
from polydesk.features.automation import keeping
from polydesk.features.automation.recipe import Event as On
from polydesk.features.automation.recipe import Recipe, Then
from polydesk.jobs.testing import drain
from polydesk.tickets import commands, kinds
from polydesk.tickets.kinds import KINDS, STATUSES
from polydesk.tickets.models import Category, Event, Queue, Status, Ticket
from simpletickets.models import Ticket as SimpleTicket
from tests.faces.meeting import ROUTES, Meeting


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
        assert (ce["opened_by"]["username"], ce["estimate"], ce["assigned_users"]) == ("carl@acme.example", 0, [])
        assert self.st(n) == 1
        assert self.st_severity(n) == 5

    @pytest.mark.spec("RC-176", "PL-027", "RC-093", "RS-115")
    def test_every_face_shows_what_an_automation_did(self):
        said = "We have it, and look at it."
        admin = actors.of(self.desk.people["admin"], self.desk.house)
        then = Then(values={"status": "in_progress"}, text=said, internal=False, tell_teams=[self.desk.support.pk])
        row = keeping.keep(None, by=admin, name="Answer", recipe=Recipe(On(of=["created"]), "company:acme", then))
        keeping.switch(row, True, by=admin)
        n = self.at_create(description="No paper light", contactID=self.ids["carl"])
        drain()
        notes = self.at_query("TicketNotes", ("ticketID", "eq", n))
        assert [(one["noteType"], one["publish"]) for one in notes if one["description"] == said] == [(13, 1)]
        assert [one["body"] for one in self.se_comments(n)][-1] == said
        assert (self.se(n)["status"], self.se(n)["is_await_support"]) == ("in_progress", True)
        assert self.cr(n)["status"] == "In Progress" and self.cr(n)["ticketContent"] == said
        assert [one["comment_type"] for one in self.ce_comments(n) if one["body"] == said] == [2]
        for who, knows in (("anna", True), ("carl", False)):
            history = json.dumps(self.ok(self.call("native", who, "get", f"/api/v1/tickets/{n}/events")))
            assert ("+automation" in history, "+told" in history) == (knows, knows)
        page = self.web("carl").get(f"/portal/requests/{n}/")
        assert page.status_code == 200 and said in page.content.decode()
        assert self.web("rita").get("/tickets/list/").status_code == 200

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
        assert item["description"] == "w" * 9000
        assert (item["companyID"], item["contactID"], item["ticketType"], item["status"], item["priority"]) == (
            self.desk.acme.pk,
            self.ids["carl"],
            1,
            1,
            2,
        )
        source = self.picklist("source")["Client Portal"]
        assert (item["issueType"], item["subIssueType"], item["source"]) == (category.pk, None, source)
        assert [a["fullPath"] for a in self.at_query("TicketAttachments", ("ticketID", "eq", n))] == ["log.txt"]
        self.no_event(n, lambda: self.at_write(item))
        refused = self.at_write({"id": n, "description": "v" * 8001})
        assert refused.status == 500 and "description" in " ".join(refused.json["errors"]).lower()
        assert (self.cr(n)["ticketContent"], self.cr(n)["ticketPriority"]) == ("w" * 9000, "Normal")
        ce = self.ce(n)
        assert (ce["description"], ce["priority"], ce["category"]["id"]) == ("w" * 9000, 3, category.pk)
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
        assert "Call billing first" not in [c["body"] for c in self.ce_comments(n, "rita")]
        self.ok(
            self.at_write(
                {**note, "description": "Please send the log", "publish": 1}, "post", path=f"Tickets/{n}/Notes"
            )
        )
        se = self.se(n)
        assert (se["unread_comments_count"], se["is_await_client"], se["is_client_read"]) == (1, True, False)
        assert self.se(n, family="")["is_client_read"] is False
        assert self.cr(n)["ticketContent"] == "Please send the log"
        [entry] = [c for c in self.ce_comments(n) if c["body"] == "Please send the log"]
        assert (entry["comment_type"], entry["private"]) == (2, False)
        assert [c["is_client_read"] for c in self.se_comments(n)] == [True, False]
        assert (self.se(n)["unread_comments_count"], self.se(n, family="")["is_client_read"]) == (0, True)
        self.ok(self.cr_write(n, {"ticketContent": "Thank you"}))
        [_, _, third] = self.se_comments(n)
        assert (third["body"], third["admin_author"]["name"]) == ("Thank you", self.desk.people["bob"].name)
        notes = self.at_query("TicketNotes", ("ticketID", "eq", n))
        assert [(x["description"], x["publish"]) for x in notes] == [
            ("Call billing first", 2),
            ("Please send the log", 1),
            ("Thank you", 1),
        ]

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
            shown = (self.at(n)["status"], self.ce(n)["status"], self.cr(n)["status"], self.st(n, "rita"))
            assert shown == (5, 4, "Closed", 9)
            assert (self.se(n, "anna")["status"], self.na(n)["status"]) == ("closed", "closed")
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
        n, _ = self.born_in_selectel()
        self.ok(self.ce_comment(n, "a word"), 201)
        path, before = self.ce_path(n), self.everywhere(n)
        assert self.call("crm", "bob", "delete", f"/backend/api/v1/tickets/{n}").status == 204
        assert self.call("crm", "bob", "get", f"/backend/api/v1/tickets/{n}").status == 404
        assert self.at(n) is None and self.at_query("Tickets", ("id", "eq", n)) == [] and self.at_count(n) == 0
        assert n in [r["ticketID"] for r in self.at_query("DeletedTicketLogs", ("ticketID", "eq", n))]
        assert self.call("selectel", "carl", "get", f"/support/v2/tickets/{n}").status == 404
        assert self.web("anna").get(f"/tickets/edit-ticket-{n}/").status_code == 404
        assert self.call("centurion", "anna", "get", path).status == 403
        assert self.ok(self.call("centurion", "mona", "get", path))["is_deleted"] is True
        self.ok(self.call("centurion", "mona", "patch", path, {"is_deleted": False}))
        assert self.everywhere(n) == before
        [attached] = self.at_query("TicketAttachments", ("ticketID", "eq", n))
        assert attached["fullPath"] == "log.txt" and self.download(self.se_comments(n)[0]["files"][0]) == b"hello"
        assert self.call("centurion", "mona", "delete", path).status == 204
        assert self.call("centurion", "mona", "delete", path).status == 204
        assert self.call("centurion", "mona", "get", path).status == 403
        assert self.at(n) is None and self.call("crm", "bob", "get", f"/backend/api/v1/tickets/{n}").status == 404
        assert self.call("selectel", "anna", "get", f"/support/v2/tickets/{n}").status == 404
        assert self.call("native", "mona", "get", f"/api/v1/tickets/{n}").status == 404
        assert self.web("mona").get(f"/tickets/edit-ticket-{n}/").status_code == 404 and self.st(n) is None
        assert self.cr_create() > n

    def everywhere(self, n):
        """What each face says of a ticket, but for who moved it last and when."""
        moments = (
            *("modified", "updated_at", "lastTrackedModificationDateTime"),
            *("lastActivityDate", "lastActivityResourceID", "lastActivityPersonType"),
        )
        said = (self.at(n), self.cr(n), self.ce(n), self.se(n, "anna"), self.se(n, "anna", family=""))
        fields = [{name: value for name, value in answer.items() if name not in moments} for answer in said]
        comments = [c for c in self.ce_comments(n) if c["comment_type"] != 1], self.se_comments(n, "anna")
        return fields, comments, self.st(n), self.st_severity(n)

    def at_count(self, n):
        body = {"filter": [{"field": "id", "op": "eq", "value": n}]}
        return self.ok(self.at_write(body, "post", path="Tickets/query/count"))["queryCount"]

    def download(self, uuid):
        answer = Client().get(f"/files/public/files/{uuid}", headers=self.keys["selectel"]["carl"])
        return b"".join(answer.streaming_content) if answer.streaming else answer.content

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
        for n in (a, b):
            self.ok(self.ce_write(n, {"impact": 3}))
            self.ok(self.at_write({"id": n, "externalID": "same"}))
        self.keys["centurion"]["importer"] = self.importer()
        pair = {"external_system": 1, "external_ref": 77, "opened_by": self.ids["rita"]}
        self.ce_create(who="importer", title="Imported", **pair)
        refused = self.call(
            "centurion",
            "importer",
            "post",
            "/api/v2/assistance/ticket/request",
            {"organization": self.desk.house.pk, "title": "Imported again", "description": "x", **pair},
        )
        assert refused.status == 400 and list(refused.json) == ["non_field_errors"]
        first = Ticket.objects.get(title="Imported").pk
        self.ok(self.cr_write(first, {"subject": "Imported once"}))

    def importer(self):
        """Somebody who may import and see requests (CE-140)."""
        house = self.desk.house
        person = founding.add_person(house, "Ira Importer", login="ira", side="staff")
        team = Team.objects.create(organization=house, name="Importers", rights=["import:request", "view:request"])
        TeamMember.objects.create(team=team, person=person)
        return {"Authorization": f"Token {actors.issue(person, 'centurion')[1]}"}

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
        client = founding.add_person(self.desk.house, "Bea Beta", company=beta, role="customer")
        self.keys["selectel"]["bea"] = {"X-Auth-Token": actors.issue(client, "selectel")[1]}
        assert self.se(n, "bea")["number"] == n
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
        assert sorted(c["body"] for c in self.se_comments(b)) == ["first words", "second words"]
        assert self.st(a) is None and self.st_state(a) == 9
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
            self.st(a),  # back in the admin's list
        ) == ("in_progress", 1, "New", 2, a, 1)
        assert [c["body"] for c in self.se_comments(a)] == ["first words"]
        assert [c["body"] for c in self.se_comments(b)] == ["second words"]

    @pytest.mark.spec("RC-417", "RC-182", "RC-183", "RC-211", "RC-332")
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
        assert "**now** &lt;b&gt;x&lt;/b&gt; /spend 1h $team-1" in self.page(n)
        assert "<strong>now</strong>" not in self.page(n) and "<b>x</b>" not in self.page(n)
        self.ok(self.ce_write(n, {"description": "**later**"}))
        assert (self.at(n)["description"], self.na(n)["description"]) == ("**later**", "**later**")
        assert (self.se_comments(n, "anna")[0]["body"], self.cr(n)["ticketContent"]) == ("**later**", "**later**")
        assert "<strong>later</strong>" in self.page(n)
        self.no_event(n, lambda: self.at_write({"id": n, "description": "**later**"}))
        self.ok(self.at_write({"id": n, "description": "later *on*"}))
        assert "later *on*" in self.page(n) and "<em>on</em>" not in self.page(n)

    def page(self, n):
        answer = self.web("agent").get(f"/t/{n}")
        assert answer.status_code == 200
        return answer.content.decode()

    @pytest.mark.spec("RC-418", "PL-027", "RC-111", "RC-120", "RC-121", "RC-123", "RC-298", "CE-295")
    def test_every_kind_in_every_status_in_every_face(self):
        made = self.one_of_every_kind_in_every_status()
        assert len(made) == sum(len(declared.allowed) + len(PHASES) for declared in KINDS.values())
        lists = self.in_every_list()
        for n, (kind, status) in made.items():
            expected = self.section_3(kind, status)
            assert {face: lists[face].get(n) for face in expected} == expected, (kind, status)
            with self.subTest(kind=kind, status=status):
                self.no_event(n, functools.partial(self.write_back, n, status, expected))

    def write_back(self, n, status, expected):
        """Through every face that has a status to write; the worst answer."""
        answers = [
            self.at_write({"id": n, "status": expected["autotask"]}),
            self.cr_write(n, {"status": expected["crm"]}),
            self.call("native", "anna", "patch", f"/api/v1/tickets/{n}", {"status": status}),
        ]
        if "centurion" in expected:
            answers.append(self.ce_write(n, {"status": expected["centurion"]}))
        return max(answers, key=lambda answer: answer.status)

    def one_of_every_kind_in_every_status(self):
        system = actors.system(self.desk.house.pk)
        for phase in PHASES:
            Status.objects.create(organization=self.desk.house, key=f"own_{phase}", name=f"Own {phase}", phase=phase)
        project = Project.objects.create(organization=self.desk.house, company=self.desk.acme, name="Move")
        facts = {"company": self.desk.acme.pk, "shared": True, "description": "d", "project": project.pk}
        made = {}
        for kind, declared in KINDS.items():
            for status in [*(s for s in STATUSES if s in declared.allowed), *(f"own_{phase}" for phase in PHASES)]:
                values = {"title": f"{kind} {status}", "status": status, **facts}
                made[commands.create(kind, values, by=system, via="test").pk] = (kind, status)
        return made

    def in_every_list(self):
        """{face: {number: the status shown}}, each asked for its whole list (RC-111)."""
        support = self.call("selectel", "anna", "get", "/support/v2/tickets?items_per_page=1000")
        listed = {
            "autotask": self.at_query("Tickets", ("id", "gt", 0)),
            "crm": self.ok(self.call("crm", "bob", "get", "/backend/api/v1/tickets/")),
            "selectel": [t | {"id": t["number"]} for t in self.ok(support)["items"]],
            "native": self.ok(self.call("native", "anna", "get", "/api/v1/tickets?limit=500"))["items"],
            "centurion": [],
        }
        project = Project.objects.get(name="Move").pk
        for route in {*ROUTES.values(), f"project_management/project/{project}/project_task"}:
            path = f"/api/v2/{route}?page[size]=100"
            while path:
                page = self.ok(self.call("centurion", "anna", "get", path))
                listed["centurion"] += page["results"]
                path = page["links"]["next"]
        shown = {face: {int(t["id"]): t["status"] for t in found} for face, found in listed.items()}
        return shown | {"simpletickets": {t.pk: t.state for t in SimpleTicket.objects.all()}}

    def section_3(self, kind, status):
        phase = kinds.status(self.desk.house.pk, status).phase
        if status in SHOWN:
            autotask, crm, centurion, simple = SHOWN[status]
        else:
            row = Status.objects.get(organization=self.desk.house, key=status)
            (centurion, simple), autotask, crm = OWN[phase], 100 + row.pk, row.name
        selectel = {"solved": "resolved", "closed": "closed", "dropped": "closed"}.get(phase, "in_progress")
        said = {"autotask": autotask, "crm": crm, "selectel": selectel, "native": status, "simpletickets": simple}
        return said | ({"centurion": centurion} if kind in ROUTES or kind == "project_task" else {})


PHASES = ("new", "open", "waiting", "solved", "closed", "dropped")
# Core status -> what Autotask, CRM, Centurion and simpletickets show of it (RC-124 … RC-139).
SHOWN = {
    "draft": (17, "Draft", 1, 1),
    "new": (1, "New", 2, 1),
    "open": (14, "Open", 3, 5),
    "assigned": (13, "Assigned", 3, 2),
    "planned": (18, "Assigned (Planned)", 6, 2),
    "in_progress": (8, "In Progress", 3, 5),
    "scheduled": (10, "Scheduled", 3, 2),
    "escalated": (11, "Escalated", 3, 5),
    "accepted": (19, "Accepted", 10, 5),
    "evaluation": (21, "Evaluation", 11, 5),
    "approvals": (22, "Approvals", 12, 5),
    "testing": (23, "Testing", 13, 5),
    "qualification": (24, "Qualification", 14, 5),
    "applied": (25, "Applied", 15, 5),
    "review": (26, "Review", 16, 5),
    "under_observation": (20, "Under observation", 9, 5),
    "waiting_customer": (7, "Waiting", 7, 5),
    "waiting_supplier": (12, "Waiting Supplier", 7, 5),
    "waiting_materials": (9, "Waiting Materials", 7, 5),
    "on_hold": (15, "On Hold", 7, 5),
    "solved": (16, "Resolved", 8, 8),
    "closed": (5, "Closed", 4, 9),
    "cancelled": (27, "Cancelled", 17, 9),
    "refused": (28, "Refused", 18, 9),
    "invalid": (29, "Invalid", 5, 9),
}
# Phase of an added status -> what Centurion and simpletickets show.
OWN = {"new": (2, 1), "open": (3, 5), "waiting": (7, 5), "solved": (8, 8), "closed": (4, 9), "dropped": (5, 9)}


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
