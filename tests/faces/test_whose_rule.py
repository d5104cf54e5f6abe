"""What one face keeps to itself and what all tell alike (RC sections 2, 4, 5 and 7), where no scenario shows it."""

import ast
import datetime as dt
import json
import re
from pathlib import Path

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

import polydesk
from polydesk.directory import actors
from polydesk.directory.models import Asset, Company, Person
from polydesk.faces.autotask import demo as autotask_demo
from polydesk.features.approvals.models import Board
from polydesk.features.checklists.models import Item
from polydesk.features.notices.models import Notice
from polydesk.tickets import commands
from polydesk.tickets.kinds import KINDS
from polydesk.tickets.models import Category, Event, Form, Ticket
from simpletickets.models import Ticket as SimpleTicket
from tests.faces.meeting import Meeting

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"


@pytest.mark.spec("RC-008")
def test_the_core_names_no_face_and_never_asks_which_one_calls():
    root = Path(polydesk.__file__).parent
    faces = {"autotask", "selectel", "crm", "centurion", "simpletickets", "native", "desk"}
    for part in ("tickets", "directory", "jobs", "web"):
        for path in (root / part).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                assert not (isinstance(node, ast.Constant) and node.value in faces), (path, node.lineno)
                if isinstance(node, ast.Compare):
                    compared = [
                        getattr(side, "id", getattr(side, "attr", "")) for side in (node.left, *node.comparators)
                    ]
                    assert "via" not in compared, (path, node.lineno)


class WhoseRule(Meeting):
    def born(self, **values):
        return self.at_create(**{"description": "No paper light", "contactID": self.ids["carl"], **values})

    def na_create(self, kind):
        body = {"kind": kind, "title": kind, "description": "words"}
        return self.ok(self.call("native", "anna", "post", "/api/v1/tickets", body), 201)["id"]

    def row(self, model, **named):
        return model.objects.get(organization=self.desk.house, **named).pk

    def technician(self, who):
        role = self.at_query("Roles", ("name", "eq", "Technician"))[0]["id"]
        return {"assignedResourceID": self.ids[who], "assignedResourceRoleID": role}

    def refused_by_autotask(self, body, field):
        answer = self.at_write(body)
        assert answer.status == 500 and field.lower() in " ".join(answer.json["errors"]).lower(), answer

    # Section 2: concepts that one or two faces have a word for

    @pytest.mark.spec("RC-028", "RC-200")
    def test_acting_on_behalf(self):
        self.keys["autotask"]["as_bob"] = self.keys["autotask"]["anna"] | {
            "ImpersonationResourceId": str(self.ids["bob"])
        }
        body = {"companyID": self.desk.acme.pk, "title": "On behalf", "status": 1, "priority": 1, "ticketCategory": 0}
        body["ticketCategory"] = self.picklist("ticketCategory")["No Queue"]
        n = self.ok(self.at_write(body, "post", who="as_bob"))["itemId"]
        item = self.at(n)
        assert item["creatorResourceID"] == self.ids["bob"]
        assert item["impersonatorCreatorResourceID"] == self.ids["anna"]
        assert self.na(n)["impersonator"]["id"] == self.ids["anna"]
        event = Event.objects.get(ticket_id=n)
        assert (event.actor_id, event.impersonator_id) == (self.ids["bob"], self.ids["anna"])
        self.ok(self.ce_write(n, {"opened_by": self.ids["rita"]}))
        assert self.na(n)["requester"]["id"] == self.ids["rita"]
        self.ok(self.cr_write(n, {"customerEmail": "carl@acme.example"}))
        assert self.ce(n)["opened_by"]["id"] == self.at(n)["contactID"] == self.ids["carl"]

    @pytest.mark.spec("RC-040", "RC-165")
    def test_forms_fill_and_demand_only_where_they_are_spoken(self):
        n = self.na_create("request")
        assert self.na(n)["form"] is None
        assert self.at(n)["ticketCategory"] == self.picklist("ticketCategory")["Standard"]
        self.ok(self.at_write({"id": n, "ticketCategory": self.picklist("ticketCategory")["No Queue"]}))
        assert self.na(n)["form"] == {"id": self.row(Form, name="No Queue"), "name": "No Queue"}
        strict = self.picklist("ticketCategory")["Strict Queue"]
        self.refused_by_autotask({"id": n, "ticketCategory": strict}, "queueID")
        Ticket.objects.filter(pk=n).update(form=self.row(Form, name="Strict Queue"))
        self.ok(self.cr_write(n, {"owner": "bob", "status": "Assigned"}))
        self.ok(self.ce_write(n, {"impact": 2}))
        self.ok(self.at_write({"id": n, "purchaseOrderNumber": "PO"}))

    @pytest.mark.spec("RC-042", "RC-069", "RC-163", "RC-335", "RC-338")
    def test_what_selectel_gives_at_creation_is_kept(self):
        body = {
            "summary": "Three keys",
            "categories": ["finance", "technical_issue"],
            "products": ["dns", "servers"],
            "access_level": "all_users",
            "keystone_projects": [],
            "secrets": [],
            "files": [self.upload()],
        }
        n = self.ok(self.call("selectel", "carl", "post", "/support/v2/tickets", body))["number"]
        assert [p["name"] for p in self.na(n)["products"]] == ["DNS", "Servers"]
        finance = self.row(Category, key="finance")
        assert self.at(n)["issueType"] == self.ce(n)["category"]["id"] == finance
        self.ok(self.ce_write(n, {"category": self.row(Category, key="order_consultation")}))
        shown = self.se(n)
        assert (shown["categories"], shown["products"]) == (["finance", "technical_issue"], ["dns", "servers"])
        self.downloads(n)
        notice = Notice.objects.create(
            organization=self.desk.house, company=self.desk.acme, title="Work", notification_categories=["maintenance"]
        )
        body = {"summary": "About it", "comment_body": "When?", "notice_id": notice.pk}
        n = self.ok(self.call("selectel", "carl", "post", "/support/tickets", body))["number"]
        assert (self.se(n, family="")["notice_id"], self.se(n)["notification_categories"]) == (
            notice.pk,
            ["maintenance"],
        )
        kept = self.na(n)["extra"]["selectel"]
        assert (kept["notice_id"], kept["notification_categories"]) == (notice.pk, ["maintenance"])

    def upload(self):
        file = SimpleUploadedFile("plan.pdf", PDF, content_type="application/pdf")
        answer = Client().post("/files/public/files", {"file": file}, headers=self.keys["selectel"]["carl"])
        return answer.json()["uuid"]

    def downloads(self, n):
        """A PDF is never shown in place, whatever face serves it (RC-338)."""
        [uuid] = self.se_comments(n)[0]["files"]
        [attached] = self.ok(self.call("native", "anna", "get", f"/api/v1/tickets/{n}/attachments"))["items"]
        for headers, path in (
            (self.keys["selectel"]["carl"], f"/files/public/files/{uuid}"),
            (self.keys["native"]["anna"], f"/api/v1/attachments/{attached['id']}/content"),
        ):
            answer = Client().get(path, headers=headers)
            assert answer.status_code == 200 and b"".join(answer.streaming_content) == PDF, path
            assert (
                answer["Content-Disposition"].startswith("attachment") and answer["X-Content-Type-Options"] == "nosniff"
            )

    @pytest.mark.spec("RC-043", "RC-164", "RC-223", "RC-340")
    def test_the_type_and_number_of_simpletickets_are_its_own(self):
        form = {"ticket_type": 8, "severity": 2, "description": "Please paint the hall"}
        assert self.web("rita").post("/tickets/new-ticket/", form).status_code == 302
        n = Ticket.objects.latest("pk").pk
        item = self.at(n)
        assert (item["ticketType"], item["issueType"], self.cr(n)["ticketType"], self.ce(n)["category"]) == (
            *(1, None),
            *(None, None),
        )
        self.ok(self.ce_write(n, {"category": self.row(Category, key="finance")}))
        assert self.na(n)["extra"]["simpletickets"]["ticket_type"] == SimpleTicket.objects.get(pk=n).ticket_type == 8
        year = dt.datetime.now(dt.UTC).strftime("%y")
        assert SimpleTicket.objects.get(pk=n).ticket_number == f"{year}{n:06}"
        assert item["ticketNumber"] == f"T{dt.datetime.now(dt.UTC):%Y%m%d}.{n:04}"
        self.no_event(n, lambda: self.at_write({"id": n, "ticketNumber": "T20200101.0001"}))
        assert self.at(n)["ticketNumber"] == item["ticketNumber"]
        only_autotask = ("rmaStatus", "rmaType", "changeApprovalBoard", "changeApprovalStatus", "apiVendorID")
        assert {item[name] for name in only_autotask} == {None}
        shown = {"request": 9, "incident": 1, "problem": 2, "change": 9, "alert": 1, "issue": 9}
        for kind, code in shown.items():
            made = commands.create(kind, {"title": kind}, by=actors.system(self.desk.house.pk), via="test")
            assert SimpleTicket.objects.get(pk=made.pk).ticket_type == code, kind

    @pytest.mark.spec("RC-054", "RC-279")
    def test_a_parent_is_no_problem_link(self):
        parent, child = self.born(ticketType=3), self.born()
        self.ok(self.ce_write(child, {"parent_ticket": parent}))
        assert self.na(child)["parent"]["id"] == parent and self.at(child)["problemTicketId"] is None
        refused = self.ce_write(parent, {"parent_ticket": child})
        assert refused.status == 400 and list(refused.json) == ["parent_ticket"]
        self.na_write(parent, {"parent": child}, status=422)
        self.na_write(child, {"parent": None})
        assert self.ce(child)["parent_ticket"] is None

    @pytest.mark.spec("RC-067", "RC-072", "RC-073", "RC-216")
    def test_what_only_autotask_knows_stays_while_others_write(self):
        facts = {"vendor": 7, "monitor": 11, "monitor_type": 2, "rmm_alert": "A-1"}
        cora = Person.objects.get(name="Cora Comanaged").pk
        made = commands.create(
            "request",
            {"title": "Sensor", "company": self.desk.acme.pk, "assignee": cora, "extra": {"autotask": facts}},
            by=actors.system(self.desk.house.pk),
            via="test",
        )
        item = self.at(made.pk)
        assert (item["apiVendorID"], item["monitorID"], item["monitorTypeID"], item["rmmAlertID"]) == (7, 11, 2, "A-1")
        assert item["isAssignedToComanaged"] is True
        child = Company.objects.get(name="Conformance Child")
        rma = self.at_create(
            companyID=child.pk,
            ticketCategory=self.picklist("ticketCategory")["RMA"],
            configurationItemID=Asset.objects.get(name="CI rma").pk,
            contactID=Person.objects.get(name="Chris Child").pk,
        )
        before = self.at(rma)
        assert before["rmaStatus"] == 1
        self.ok(self.cr_write(rma, {"customerID": self.desk.beta.pk}))
        self.ok(self.ce_write(rma, {"impact": 2}))
        after = self.at(rma)
        assert (after["companyID"], after["rmaStatus"], after["rmaType"]) == (self.desk.beta.pk, 1, before["rmaType"])
        assert self.na(rma)["extra"]["autotask"]["rma_status"] == 1
        hidden = self.at_create(ticketCategory=self.picklist("ticketCategory")["Hidden"])
        self.ok(self.cr_write(hidden, {"owner": "bob"}))
        item = self.at(hidden)
        assert (item["isVisibleToComanaged"], item["isAssignedToComanaged"]) == (False, False)

    @pytest.mark.spec("RC-071", "RC-217", "RC-070", "RC-296", "AT-220", "AT-233")
    def test_approval_and_plan_stay_whoever_edits_and_whatever_the_kind(self):
        n = self.born(ticketType=4, changeInfoField1="Roll out", changeApprovalBoard=self.row(Board, name="CAB"))
        approval = {k: v for k, v in self.at(n).items() if k.startswith("changeApproval")}
        assert approval["changeApprovalBoard"] == self.row(Board, name="CAB") and approval["changeApprovalType"]
        self.ok(self.ce_write(n, {"status": 12}))
        self.ok(self.cr_write(n, {"subject": "Renamed"}))
        self.na_write(n, {"kind": "incident"})
        self.ok(self.cr_write(n, {"subject": "Again"}))
        item = self.at(n)
        assert {k: item[k] for k in approval} == approval, "nobody here mentioned an approval field"
        assert (item["ticketType"], item["changeInfoField1"], self.na(n)["change_plan"][0]) == (
            2,
            "Roll out",
            "Roll out",
        )
        self.ok(self.at_write({"id": n, "purchaseOrderNumber": "P"}))
        assert self.at(n)["changeApprovalType"] is None, "AT-233 binds Autotask's own requests"
        self.ok(self.at_write({"id": n, "ticketType": 4}))
        assert self.at(n)["changeInfoField1"] == "Roll out"

    # Section 2.4: the stamps

    @pytest.mark.spec("RC-082", "RC-083", "RC-085", "RC-289", "RC-328")
    def test_each_stamp_is_one_moment_in_every_face(self):
        n = self.born()
        edited = self.stamps(n)
        assert len(edited) == 1
        self.ok(self.ce_comment(n, "Not for customers", private=True), 201)
        assert self.stamps(n) == edited, "a note changes no field"
        noted = Ticket.objects.get(pk=n)
        assert noted.active_at > noted.edited_at and _same(self.at(n)["lastActivityDate"]) == _whole(noted.active_at)
        with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(hours=1), tick=False):
            self.ok(self.cr_write(n, {"ticketFollowupDate": "2027-01-01"}))
        moved = self.stamps(n)
        assert len(moved) == 1 and moved != edited
        assert self.at(n)["lastCustomerNotificationDateTime"] is None
        told = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
        Ticket.objects.filter(pk=n).update(customer_notified_at=told)
        assert (
            _same(self.at(n)["lastCustomerNotificationDateTime"]) == _same(self.na(n)["customer_notified_at"]) == told
        )

    def stamps(self, n):
        return {
            _same(self.at(n)["lastTrackedModificationDateTime"]),
            _same(self.ce(n)["modified"]),
            _same(self.na(n)["edited_at"]),
            _whole(SimpleTicket.objects.get(pk=n).modification_date),
        }

    # Section 5: whose rule it is

    @pytest.mark.spec("RC-210", "RC-192", "AT-024")
    def test_a_security_level_binds_autotask_alone(self):
        n = self.born()
        level = {"tickets": {"view": "none", "add": False}}
        self.keys["autotask"]["blind"] = autotask_demo.issue(self.desk.people["bob"], security_level=level)
        assert self.at(n, "blind") is None
        query = {"filter": [{"field": "id", "op": "eq", "value": n}]}
        counted = self.call("autotask", "blind", "post", "/atservicesrest/v1.0/Tickets/query/count", query)
        assert self.ok(counted)["queryCount"] == 0
        assert self.at_write({"id": n, "title": "x"}, who="blind").status == 500
        assert self.na(n, "bob")["id"] == n and self.cr(n, "bob")["id"] == str(n)

    @pytest.mark.spec("RC-214", "AT-202")
    def test_an_open_checklist_holds_up_only_who_is_asked_and_where_it_is_wanted(self):
        house = self.desk.house
        for wanted, native, page in ((False, 200, "solved"), (True, 422, "new")):
            house.settings = {**house.settings, "checklist_before_solving": wanted}
            house.save()
            at, ce, na, web = (self.born() for _ in range(4))
            for n in (at, ce, na, web):
                Item.objects.create(ticket_id=n, name="Label the cable")
            self.ok(self.at_write({"id": at, "status": 16}))
            self.ok(self.ce_write(ce, {"status": 8}))
            answer = self.call("native", "anna", "patch", f"/api/v1/tickets/{na}", {"status": "solved"})
            assert answer.status == native, answer
            self.web("anna").post(f"/t/{web}/change/status", {"status": "solved"})
            assert Ticket.objects.get(pk=web).status == page
        Item.objects.filter(ticket_id=na).update(done_at=dt.datetime.now(dt.UTC))
        self.na_write(na, {"status": "solved"})

    @pytest.mark.spec("RC-215", "AT-210", "RC-009")
    def test_each_face_supplies_its_own_kind(self):
        assert self.at(self.born())["ticketType"] == 1
        assert Ticket.objects.get(pk=self.cr_create()).kind == "request"
        assert Ticket.objects.get(pk=self.ce_create("problem", title="By its address", ticket_type=1)).kind == "problem"

    @pytest.mark.spec("RC-220", "RC-160", "AT-267", "AT-268")
    def test_two_field_classification_is_autotasks(self):
        n, printer = self.born(), Category.objects.get(name="Printer", parent__name="Hardware").pk
        hardware = Category.objects.get(pk=printer).parent_id
        software = Category.objects.get(name="Install").parent_id
        self.refused_by_autotask({"id": n, "subIssueType": printer}, "subIssueType")
        self.refused_by_autotask({"id": n, "issueType": software, "subIssueType": printer}, "subIssueType")
        self.ok(self.ce_write(n, {"category": printer}))
        assert (self.at(n)["issueType"], self.at(n)["subIssueType"]) == (hardware, printer)
        self.refused_by_autotask({"id": n, "issueType": software}, "subIssueType")
        self.ok(self.at_write({"id": n, "issueType": hardware, "subIssueType": None}))
        assert self.ce(n)["category"]["id"] == hardware
        house = self.desk.house
        house.settings = {**house.settings, "autotask": {"work_type_required": True}}
        house.save()
        category = self.picklist("ticketCategory")["No Queue"]
        body = {"companyID": self.desk.acme.pk, "title": "x", "status": 1, "priority": 1, "ticketCategory": category}
        refused = self.at_write(body, "post")
        assert refused.status == 500 and "billingcodeid" in " ".join(refused.json["errors"]).lower()
        assert self.cr_create() and self.ce_create(title="Needs no work type")

    # Section 7: decisions

    @pytest.mark.spec("RC-320")
    def test_complete_is_closed_and_solved_is_its_own(self):
        n = self.born()
        for status, said in ((16, ("Resolved", "resolved", 8)), (5, ("Closed", "closed", 9))):
            self.ok(self.at_write({"id": n, "status": status}))
            assert (self.cr(n)["status"], self.se(n)["status"], self.st_state(n)) == said
            assert (self.at(n)["completedDate"] is not None) is (status == 5)

    @pytest.mark.spec("RC-330", "RC-190")
    def test_one_person_has_one_number_and_a_staff_requester_is_no_contact(self):
        n = self.born()
        carl = self.ids["carl"]
        assert self.at(n)["contactID"] == self.ce(n)["opened_by"]["id"] == self.na(n)["requester"]["id"] == carl
        assert self.se_comments(n)[0]["client_author_id"] == str(carl)
        self.ok(self.ce_write(n, {"opened_by": self.ids["anna"]}))
        assert self.at(n)["contactID"] is None
        self.no_event(n, lambda: self.at_write({"id": n, "contactID": None}))
        assert self.ce(n)["opened_by"]["id"] == self.ids["anna"]

    @pytest.mark.spec("RC-339", "ST-040", "RS-034")
    def test_the_loser_of_a_race_is_told_in_the_words_of_his_face(self):
        n = self.born()
        assert self.web("anna").get(f"/tickets/edit-ticket-{n}/").status_code == 200
        assert self.web("bob").get(f"/tickets/edit-ticket-{n}/").status_code == 404
        headers = self.keys["native"]["anna"] | {"If-Match": '"1"'}
        late = Client().patch(f"/api/v1/tickets/{n}", {"impact": 2}, content_type="application/json", headers=headers)
        assert late.status_code == 412
        for status in (200, 400):
            assert self.call("selectel", "carl", "post", f"/support/tickets/{n}/close", {}).status == status
        assert Event.objects.filter(ticket_id=n, verb="close").count() == 1

    @pytest.mark.spec("RC-355", "RC-122")
    def test_every_waiting_status_is_offered_for_every_kind(self):
        waiting = ("waiting_customer", "waiting_supplier", "waiting_materials", "on_hold")
        for kind in KINDS:
            n = self.na_create(kind)
            form = self.web("anna").get(f"/t/{n}/change/status").content.decode()
            assert [s for s in waiting if f'value="{s}"' not in form] == [], kind
            for status in waiting:
                self.na_write(n, {"status": status})

    @pytest.mark.spec("PL-103", "RC-017")
    def test_a_program_reads_the_contracts_english_whatever_language_it_asks_for(self):
        number = self.born()
        other = self.na_create("request")
        asked = [
            ("native", "anna", "post", "/api/v1/tickets", {"kind": "incident", "title": " "}),
            ("native", "anna", "post", "/api/v1/tickets", {"kind": "incident", "title": "x", "company": 10**9}),
            ("native", "anna", "get", "/api/v1/tickets?q=nonsense:1", None),
            ("native", "anna", "patch", f"/api/v1/tickets/{number}", {"problem": number}),
            ("centurion", "anna", "post", "/api/v2/itim/ticket/incident", {"title": "", "description": ""}),
            ("centurion", "anna", "patch", self.ce_path(other), {"parent_ticket": other}),
            ("autotask", "anna", "patch", "/atservicesrest/v1.0/Tickets", {"id": number, "problemTicketId": number}),
            ("autotask", "anna", "patch", "/atservicesrest/v1.0/Tickets", {"id": number, "title": "x" * 300}),
            ("crm", "bob", "post", "/backend/api/v1/tickets/", {"subject": ""}),
            ("crm", "bob", "patch", f"/backend/api/v1/tickets/{number}", {"subject": "x" * 300}),
            ("selectel", "carl", "post", "/support/v2/tickets", {"summary": "", "description": ""}),
        ]
        for face, who, method, path, body in asked:
            said = set()
            for language in ({}, {"Accept-Language": "ru"}, {"Accept-Language": "de"}):
                content = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
                answer = getattr(Client(), method)(path, headers={**self.keys[face][who], **language}, **content)
                assert answer.status_code >= 400, (face, path, answer.content)
                said.add(re.sub(rb'"(trace|request_?)id": ?"[^"]*"', b"", answer.content))
            assert len(said) == 1, (face, path, said)
            assert said.pop().isascii() or face == "native"


def _same(text):
    return _whole(dt.datetime.fromisoformat(text).astimezone(dt.UTC))


def _whole(moment):
    return moment.replace(microsecond=0)
