"""What the demo and the tests need of this face: API users, and the rows of the conformance data set (section 14)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from polydesk.directory import actors, founding
from polydesk.directory.demo import Desk
from polydesk.directory.models import (
    Asset,
    Company,
    Contract,
    ContractExclusion,
    ContractService,
    JobRole,
    Membership,
    Opportunity,
    Organization,
    Person,
    PersonJobRole,
    Product,
    Project,
    Site,
    SlaPolicy,
    WorkType,
)
from polydesk.features import sla
from polydesk.features.approvals.models import Board
from polydesk.tickets import commands
from polydesk.tickets.models import Category, CustomField, Form, Priority, Queue, Ticket
from polydesk.web import tokens

from .auth import FACE

API_USER = "api@conformance.example"
LIMITED_USER = "noimpersonation@conformance.example"


def credentials(desk: Desk) -> dict[str, str]:
    """The three headers of an API user with every right, freshly issued (PL-012, AT-600, AT-601)."""
    return issue(api_user(desk.house, API_USER))


def house(desk: Desk) -> dict[str, dict[str, str]]:
    """Anna's own API user (RC-400), and the one that may impersonate nobody (AT-601)."""
    level = {"impersonate": False, "impersonate_contacts": False}
    limited = issue(api_user(desk.house, LIMITED_USER), security_level=level)
    return {"anna": issue(desk.people["anna"]), "noimpersonation": limited}


def told(given: dict[str, Any]) -> list[str]:
    """The headers of both API users as the contract wants them printed (AT-600, AT-601)."""
    users = (given["autotask"], given["autotask_noimpersonation"])
    return [" ".join(f"{name}={value}" for name, value in headers.items()) for headers in users]


def issue(person: Person, **limits: Any) -> dict[str, str]:
    """Three headers for a person; the integration code is as secret as the secret."""
    username = person.email or person.username
    code = tokens.make_secret("")[:27].upper()
    _, secret = actors.issue(
        person, FACE, name="Autotask API", limits={"username": username, "integration_code": code, **limits}
    )
    return {"UserName": username, "Secret": secret, "ApiIntegrationCode": code}


def api_user(organization: Organization, email: str) -> Person:
    """A resource of license type "API User" (AT-022)."""
    found = Person.objects.filter(organization=organization, email=email).first()
    if found:
        return found
    return founding.add_person(
        organization, f"API {email.split('@')[0]}", role="manager", email=email, extra={"autotask": {"api_user": True}}
    )


def conformance(desk: Desk) -> None:
    """Section 14, added to the House idempotently."""
    build(desk.house)
    for login in ("anna", "bob"):
        if login in desk.people:
            role = JobRole.objects.get(organization=desk.house, name="Technician")
            queue = Queue.objects.get(organization=desk.house, name="Level I Support")
            _hold(desk.people[login], role, queue.pk, is_default=True)


def build(organization: Organization) -> None:
    """All rows of section 14; existing ones are left alone."""
    rows = _Rows(organization)
    slas = {name: rows.make(SlaPolicy, name=f"{name} SLA") for name in ("Asset", "Service", "Contract", "Category")}
    for policy in slas.values():
        sla.promise(policy, response=60, plan=240, resolution=480)
    queues = {
        name: rows.make(Queue, name=name, _={"is_active": name != "Old Queue"})
        for name in ("Level I Support", "Monitoring Alert", "Old Queue")
    }
    _priorities_and_categories(rows)
    _forms(rows, queues, slas)
    _people(rows, queues)
    companies = _companies(rows)
    _contracts(rows, companies, slas)
    _things(rows, companies, slas)
    rows.make(WorkType, name="Remote Support")
    rows.make(WorkType, name="Travel Expense", _={"use": "expense"})
    rows.make(Board, name="CAB")
    rows.make(Board, name="Old CAB", _={"is_active": False})
    _custom_fields(rows)
    _tickets(rows, companies)


class _Rows:
    def __init__(self, organization: Organization) -> None:
        self.organization = organization

    def make(self, model: Any, _: dict[str, Any] | None = None, **named: Any) -> Any:
        """The row of that name, made with the further facts `_` when it is missing."""
        found = model.objects.filter(organization=self.organization, **named).first()
        return found or model.objects.create(organization=self.organization, **named, **(_ or {}))

    def find(self, model: Any, **named: Any) -> Any:
        """The newest row of that name: people who try things out leave others of the same name behind."""
        return model.objects.filter(organization=self.organization, **named).latest("pk")


def _priorities_and_categories(rows: _Rows) -> None:
    rows.make(Priority, key="legacy", _={"name": "Legacy", "level": 3, "is_active": False})
    for root, children in (("Hardware", ("Printer", "Disk")), ("Software", ("Install", "Excluded Work"))):
        parent = rows.make(Category, name=root, parent=None)
        for child in children:
            rows.make(Category, name=child, parent=parent)


def _forms(rows: _Rows, queues: dict[str, Queue], slas: dict[str, SlaPolicy]) -> None:
    due = {"due": {"days": 1, "time": "17:00"}}
    never, always = {"queue": "never"}, {"queue": "always"}
    standard = Form.objects.filter(organization=rows.organization, is_default=True).first()
    if standard is None:
        extra = {"autotask": {"id": 3}}
        when = {"queue": "when_unassigned"}
        rows.make(Form, name="Standard", _={"is_default": True, "defaults": due, "demands": when, "extra": extra})
    rows.make(Form, name="Strict Queue", _={"defaults": due, "demands": always})
    rows.make(Form, name="No Queue", _={"defaults": due, "demands": never})
    rows.make(Form, name="Manual Due", _={"demands": never})
    rows.make(Form, name="Half Due", _={"defaults": {"due": {"days": 1}}, "demands": never})
    rows.make(Form, name="Retired", _={"defaults": due, "demands": never, "is_active": False})
    rows.make(Form, name="RMA", _={"defaults": {**due, "rma_status": 1}, "demands": never, "is_rma": True})
    alert = {
        "priority": "low",
        "title": "Monitoring alert",
        "queue": queues["Monitoring Alert"].pk,
        "channel": "monitoring",
    }
    rows.make(Form, name="Monitoring", _={"defaults": {**due, **alert}, "demands": never, "is_api_only": True})
    rows.make(Form, name="Hidden", _={"defaults": {**due, "visible_to_comanaged": False}, "demands": never})
    rows.make(Form, name="SLA Category", _={"defaults": {**due, "sla": slas["Category"].pk}, "demands": never})


def _people(rows: _Rows, queues: dict[str, Queue]) -> None:
    roles = {
        name: rows.make(JobRole, name=name, _={"is_active": name != "Legacy Role"})
        for name in ("Technician", "Engineer", "Legacy Role", "Back Office")
    }
    desk = queues["Level I Support"].pk
    held = {
        "Tess Technician": (("Technician", desk), ("Engineer", desk), ("Legacy Role", desk)),
        "Sam Second": (("Technician", desk),),
        "Bob Backoffice": (("Back Office", None),),
        "Ina Inactive": (("Technician", desk),),
        "Cora Comanaged": (("Technician", desk),),
    }
    for name, pairs in held.items():
        email = f"{name.split()[0].lower()}.{name.split()[1].lower()}@conformance.example"
        person = rows.make(
            Person,
            name=name,
            email=email,
            _={
                "first_name": name.split()[0],
                "last_name": name.split()[1],
                "is_active": name != "Ina Inactive",
                "is_comanaged": name == "Cora Comanaged",
            },
        )
        if not Membership.objects.filter(organization=rows.organization, person=person).exists():
            founding.join(person, rows.organization, role="agent")
        for role, queue in pairs:
            _hold(person, roles[role], queue, is_default=role == pairs[0][0])
    api_user(rows.organization, API_USER)
    api_user(rows.organization, LIMITED_USER)


def _hold(person: Person, role: JobRole, queue: int | None, *, is_default: bool) -> None:
    PersonJobRole.objects.get_or_create(person=person, role=role, queue_id=queue, defaults={"is_default": is_default})


def _companies(rows: _Rows) -> dict[str, Company]:
    parent = rows.make(Company, name="Conformance Parent")
    child = rows.make(Company, name="Conformance Child", _={"parent": parent})
    other = rows.make(Company, name="Conformance Other")
    people = (
        ("Pat Parent", parent, True),
        ("Chris Child", child, True),
        ("Olga Other", other, True),
        ("Ian Inactive", child, False),
    )
    for name, company, active in people:
        first, last = name.split()
        facts = {"first_name": first, "last_name": last, "is_active": active}
        email = f"{first}.{last}@customers.example".lower()
        rows.make(Person, name=name, company=company, _={**facts, "email": email})
    rows.make(Site, name="HQ Child", company=child, _={"is_primary": True})
    rows.make(Site, name="HQ Other", company=other, _={"is_primary": True})
    return {"Parent": parent, "Child": child, "Other": other}


def _contracts(rows: _Rows, companies: dict[str, Company], slas: dict[str, SlaPolicy]) -> None:
    child = companies["Child"]
    with_sla = rows.make(Contract, name="Contract SLA", company=child, _={"sla": slas["Contract"]})
    rows.make(ContractService, contract=with_sla, name="Service with SLA", _={"sla": slas["Service"]})
    fallback = rows.make(Contract, name="Contract Fallback", company=child)
    excluding = rows.make(Contract, name="Contract Excl", company=child, _={"exclusion_contract": fallback})
    alone = rows.make(Contract, name="Contract Excl None", company=child)
    work = rows.find(Category, name="Excluded Work")
    for contract in (excluding, alone):
        rows.make(ContractExclusion, contract=contract, category_id=work.pk)
    rows.make(Contract, name="Contract Other", company=companies["Other"])
    for name in ("Child", "Other"):
        rows.make(Project, name=f"Project {name}", company=companies[name])
        rows.make(Opportunity, title=f"Opportunity {name}", company=companies[name])


def _things(rows: _Rows, companies: dict[str, Company], slas: dict[str, SlaPolicy]) -> None:
    child = companies["Child"]
    product = rows.make(Product, name="Returnable Router", _={"is_eligible_for_rma": True})
    chris = rows.find(Person, name="Chris Child", company=child)
    rows.make(Asset, name="CI plain", company=child)
    rows.make(Asset, name="CI with SLA", company=child, _={"sla": slas["Asset"]})
    rows.make(Asset, name="CI rma", company=child, _={"product": product, "contact": chris})
    rows.make(Asset, name="CI other", company=companies["Other"])


def _custom_fields(rows: _Rows) -> None:
    for key, name, type_, choices in (
        ("conf_text", "Conf Text", "text", []),
        ("conf_number", "Conf Number", "number", []),
        ("conf_list", "Conf List", "choice", ["Red", "Green"]),
    ):
        rows.make(CustomField, key=key, _={"name": name, "type": type_, "choices": choices})


def _tickets(rows: _Rows, companies: dict[str, Company]) -> None:
    """AT-610: written past this face's rules, as another face may."""
    by = actors.system(rows.organization.pk)
    child = companies["Child"].pk
    ian = rows.find(Person, name="Ian Inactive", company=child).pk
    foreign = rows.find(Asset, name="CI other", company=companies["Other"]).pk
    wanted: dict[str, dict[str, Any]] = {
        "Conformance posted": {},
        "Conformance inactive": {"requester": ian},
        "Conformance foreign CI": {"asset": foreign},
    }
    for title, values in wanted.items():
        if Ticket.objects.filter(organization=rows.organization, title=title).exists():
            continue
        ticket = commands.create("request", {"title": title, "company": child, **values}, by=by, via="demo")
        if title == "Conformance posted":
            posted = dt.datetime.now(dt.UTC)
            tess = rows.find(Person, name="Tess Technician")
            commands.add_time(ticket, 1800, by=by, via="demo", person=tess, posted_at=posted)
        if title == "Conformance inactive":
            Priority.objects.filter(organization=rows.organization, key="legacy").update(is_active=True)
            commands.edit(ticket, {"priority": "legacy"}, by=by, via="demo")
            Priority.objects.filter(organization=rows.organization, key="legacy").update(is_active=False)
