"""A body becomes the values of one command; every fault is kept, so that all are told together (CR-036 … CR-068)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from polydesk.directory.actors import Actor
from polydesk.directory.models import Company
from polydesk.tickets import checks
from polydesk.tickets.fields import FIELDS, LONG
from polydesk.tickets.fields import Field as CoreField

from . import people, presets, times
from .fields import INPUT_NAMES, same
from .people import Unknown
from .reading import Shown


class Fault(ValueError):
    """What is wrong with one field, in a sentence."""


@dataclass(slots=True)
class Wanted:
    """What a request wants: values by the core's names, a new public message, and what could not be understood."""

    actor: Actor
    body: Mapping[str, Any]
    shown: Shown | None = None
    values: dict[str, Any] = field(default_factory=dict)
    content: str = ""
    faults: dict[str, str] = field(default_factory=dict)
    now: dict[str, Any] = field(default_factory=dict)

    @property
    def organization_id(self) -> int:
        return self.actor.organization_id

    @property
    def is_new(self) -> bool:
        return self.shown is None

    def differs(self, name: str) -> bool:
        """Does the body give another value than the ticket shows now (RC-002)?"""
        value, now = self.body[name], self.now.get(name)
        return not (type(value) is type(now) and value == now) and not (value in (None, "") and now in (None, ""))


def read(actor: Actor, body: Mapping[str, Any], shown: Shown | None, faults: Mapping[str, str]) -> Wanted:
    """Everything that the body asks of a new ticket, or of the one shown; `faults` are those of the body itself."""
    given = _named_as_documented(body)
    wanted = Wanted(actor, given, shown, now=shown.object() if shown else {})
    for name, reader in READERS.items():
        if name in given and name not in faults and (wanted.is_new or wanted.differs(name)):
            try:
                reader(wanted, given[name])
            except (Fault, Unknown) as fault:
                wanted.faults[name] = str(fault)
    if wanted.is_new and "subject" not in given:
        wanted.faults["subject"] = "A subject is needed."
    if wanted.is_new and not wanted.faults:
        _fill_customer(wanted)
    named = {INPUT_NAMES[name]: name for name in body if name in INPUT_NAMES and INPUT_NAMES[name] not in body}
    wanted.faults = {named.get(name, name): text for name, text in {**faults, **wanted.faults}.items()}
    return wanted


def _named_as_documented(body: Mapping[str, Any]) -> dict[str, Any]:
    given = {INPUT_NAMES[name]: value for name, value in body.items() if name in INPUT_NAMES}
    return given | {name: value for name, value in body.items() if name in READERS}


def customer(wanted: Wanted, value: object) -> None:
    """A customer's id, also as digits; nothing clears (CR-036, CR-064)."""
    wanted.values["company"] = None
    if value in (None, ""):
        return
    number = int(value) if isinstance(value, str) and _is_digits(value) else value
    if isinstance(number, bool) or not isinstance(number, int):
        raise Fault("customerID must be a whole number.")
    found = Company.objects.filter(organization_id=wanted.organization_id, is_customer=True)
    row = found.filter(pk=number).first() if 0 < number < 2**63 else None
    if row is None:
        raise Fault("There is no customer with this ID.")
    wanted.values["company"] = row


def _is_digits(text: str) -> bool:
    return text.strip().isascii() and text.strip().isdigit() and len(text) < 40


def email(wanted: Wanted, value: object) -> None:
    """The address of the contact for whom the ticket is; an unknown one makes a contact (RC-331, RC-356)."""
    if value in (None, ""):
        wanted.values["requester"] = None
        return
    if not isinstance(value, str):
        raise Fault("customerEmail must be text.")
    address = value.strip()
    try:
        validate_email(address)
    except ValidationError as error:
        raise Fault("customerEmail must be an e-mail address.") from error
    if len(address) > 254:
        raise Fault("customerEmail may have at most 254 characters.")
    if same(address, wanted.now.get("customerEmail", "")):
        return
    if "customerID" in wanted.faults:
        return
    company = _company(wanted)
    says_nothing_of_it = "customerID" not in wanted.body
    if company is None and says_nothing_of_it:
        company = people.company_of(wanted.organization_id, address)
        if company:
            wanted.values["company"] = company
    person = people.contact(wanted.organization_id, address, company)
    wanted.values["requester"] = person
    if company is None and says_nothing_of_it and person.company_id:
        wanted.values["company"] = person.company_id


def _company(wanted: Wanted) -> Company | None:
    if "company" in wanted.values:
        found: Company | None = wanted.values["company"]
        return found
    number = wanted.shown.row.company if wanted.shown else None
    return Company.objects.filter(pk=number).first() if number else None


def _fill_customer(wanted: Wanted) -> None:
    """A new ticket of a customer without a word on the address takes the customer's own (CR-036)."""
    company = wanted.values.get("company")
    if isinstance(company, Company) and company.email and "customerEmail" not in wanted.body:
        wanted.values["requester"] = people.contact(wanted.organization_id, company.email, company)


def subject(wanted: Wanted, value: object) -> None:
    """The one required field (CR-065)."""
    text = _text(FIELDS["title"], value, "subject")
    if not text.strip():
        raise Fault("The subject cannot be blank.")
    wanted.values["title"] = text


def content(wanted: Wanted, value: object) -> None:
    """The description of a new ticket; later a public message, where an empty text says nothing new (CR-037)."""
    text = _text(FIELDS["description"], value or "", "ticketContent")
    if wanted.is_new:
        wanted.values["description"] = text
    elif text.strip():
        wanted.content = text


def _text(declared: CoreField, value: object, name: str) -> str:
    if not isinstance(value, str):
        raise Fault(f"{name} must be text.")
    if len(value) > (declared.limit or LONG):
        raise Fault(f"{name} may have at most {declared.limit or LONG} characters.")
    try:
        return str(checks.normalise(declared, value))
    except checks.Wrong as wrong:
        raise Fault(str(wrong)) from wrong


def ticket_type(wanted: Wanted, value: object) -> None:
    """A category of the list by label or id; nothing clears (CR-046, RC-162)."""
    if value in (None, ""):
        wanted.values["category"] = None
        return
    shown = wanted.shown.names.type(wanted.shown.row.category) if wanted.shown else None
    if not _is_shown(shown, value):
        wanted.values["category"] = _preset(presets.types(wanted.organization_id), value, "ticketType")


def status(wanted: Wanted, value: object) -> None:
    """A status of the list, or the one shown now (CR-046, RC-321)."""
    if wanted.shown and isinstance(value, str) and same(value, wanted.now["status"]):
        return
    wanted.values["status"] = _preset(presets.statuses(wanted.organization_id), value, "status")


def priority(wanted: Wanted, value: object) -> None:
    """A priority of the list; the label shown now leaves a finer level as it is (RC-155, RC-412)."""
    found = presets.chosen(presets.priorities(wanted.organization_id), value)
    label = found.name if found else value
    if wanted.shown and isinstance(label, str) and same(label, wanted.now["ticketPriority"]):
        return
    if found is None:
        raise Fault("This is no value of the list ticketPriority.")
    wanted.values["priority"] = found.stands_for


def _preset(listed: list[presets.Preset], value: object, name: str) -> Any:
    found = presets.chosen(listed, value)
    if found is None:
        raise Fault(f"This is no value of the list {name}.")
    return found.stands_for


def _is_shown(shown: tuple[int, str] | None, value: object) -> bool:
    if shown is None:
        return False
    return same(str(value), shown[1]) or str(value).strip() == str(shown[0])


def owner(wanted: Wanted, value: object) -> None:
    """An agent by login, address, name or id; nothing clears (CR-040)."""
    if value in (None, ""):
        wanted.values["assignee"] = None
        return
    if isinstance(value, str) and same(value, wanted.now.get("owner") or ""):
        return
    found = people.Agents.of(wanted.organization_id).find(value)
    if found is None:
        raise Fault("There is no agent of this name.")
    wanted.values["assignee"] = found


def users(wanted: Wanted, value: object) -> None:
    """The agents who work on it, in the order sent (CR-041)."""
    find: people.Find = people.Agents.of(wanted.organization_id).find
    if wanted.shown:
        find = people.with_shown(find, wanted.shown.names.people, wanted.shown.row.assigned_people)
    wanted.values["assigned_people"] = _all_known(people.named(value, find, what="users"), "agent")


def departments(wanted: Wanted, value: object) -> None:
    """The teams assigned (CR-042)."""
    find = people.teams(wanted.organization_id)
    if wanted.shown:
        find = people.with_shown(find, wanted.shown.names.teams, wanted.shown.row.assigned_teams)
    wanted.values["assigned_teams"] = _all_known(people.named(value, find, what="departments"), "department")


def _all_known(found: list[int | str], what: str) -> list[int | str]:
    unknown = [item for item in found if isinstance(item, str)]
    if unknown:
        raise Fault(f"There is no {what} “{unknown[0][:100]}”.")
    return found


def suppliers(wanted: Wanted, value: object) -> None:
    """Supplier companies; a name not known yet makes one (CR-043)."""
    find = people.suppliers(wanted.organization_id)
    if wanted.shown:
        find = people.with_shown(find, wanted.shown.names.suppliers, wanted.shown.row.suppliers)
    found = people.named(value, find, what="ticketSuppliers")
    new: dict[str, str] = {}
    for item in found:
        if isinstance(item, str):
            new.setdefault(item.casefold(), _text(FIELDS["title"], item, "A supplier's name"))
    made = {key: people.make_supplier(wanted.organization_id, name) for key, name in new.items()}
    wanted.values["suppliers"] = [item if isinstance(item, int) else made[item.casefold()] for item in found]


def follow_up(wanted: Wanted, value: object) -> None:
    """When somebody has to look at it again (CR-044)."""
    wanted.values["follow_up_on"] = _day(value, "ticketFollowupDate")


def action_due(wanted: Wanted, value: object) -> None:
    """When something has to be done (CR-044)."""
    wanted.values["action_due_on"] = _day(value, "ticketActionRequiredDate")


def _day(value: object, name: str) -> Any:
    if value in (None, ""):
        return None
    if not isinstance(value, str):
        raise Fault(f"{name} must be a date such as 2026-03-01.")
    try:
        return times.day(value)
    except ValueError as error:
        raise Fault(f"{name} must be a date such as 2026-03-01.") from error


READERS: dict[str, Callable[[Wanted, Any], None]] = {
    "customerID": customer,
    "customerEmail": email,
    "subject": subject,
    "ticketContent": content,
    "ticketType": ticket_type,
    "status": status,
    "ticketPriority": priority,
    "owner": owner,
    "users": users,
    "departments": departments,
    "ticketSuppliers": suppliers,
    "ticketFollowupDate": follow_up,
    "ticketActionRequiredDate": action_due,
}
