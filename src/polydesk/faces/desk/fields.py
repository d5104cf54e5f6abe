"""The properties that pages show and edit, both ways: a ticket's stored value as a form's text, and back.

The only place where the form's words and the engine's stand side by side."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from polydesk.directory.models import Company, Membership, Person
from polydesk.tickets import kinds
from polydesk.tickets.models import CustomField, Tag, Ticket
from polydesk.tickets.offers import offered
from polydesk.web.pages import url

from .shown import BETWEEN, Input
from .vocabulary import SELECTABLE, Vocabulary

Choices = list[tuple[Any, str]]
CUSTOM = "cf_"


class Unreadable(ValueError):
    """What was typed is no value of this field; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Property:
    """One property: `field` is the engine's name; `write` gives the form's text, `read` the engine's value."""

    name: str
    label: Any
    type: str
    write: Callable[[Ticket], str]
    read: Callable[[str, Vocabulary, Ticket | None], Any]
    choices: Callable[[Vocabulary, Ticket | None], Choices] | None = None
    field: str = ""
    source: str = ""

    @property
    def target(self) -> str:
        return self.field or self.name


# Reading what was typed -----------------------------------------------------------------------------------------
def key(text: str, vocabulary: Vocabulary, ticket: Ticket | None) -> str | None:
    return text or None


def number(text: str, vocabulary: Vocabulary, ticket: Ticket | None) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise Unreadable(_("Choose one of the list."))
    return int(text)


def first_team(text: str, vocabulary: Vocabulary, ticket: Ticket | None) -> list[int]:
    """The first team is the one shown; others stay."""
    chosen = number(text, vocabulary, ticket)
    others = [t for t in (ticket.assigned_teams[1:] if ticket else []) if t != chosen]
    return [chosen, *others] if chosen else others


def moment(text: str, vocabulary: Vocabulary, ticket: Ticket | None) -> dt.datetime | None:
    """A moment in the reader's zone: what the browser's picker writes, or a date, which means its end."""
    if not text:
        return None
    try:
        found = dt.datetime.fromisoformat(text.strip().replace(" ", "T"))
    except ValueError as error:
        raise Unreadable(_("Give a date and time such as 2026-03-14 09:00.")) from error
    if len(text.strip()) == 10:
        found = found.replace(hour=23, minute=59)
    return timezone.make_aware(found) if timezone.is_naive(found) else found


def day(text: str, vocabulary: Vocabulary, ticket: Ticket | None) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError as error:
        raise Unreadable(_("Give a date such as 2026-03-14.")) from error


def person(text: str, vocabulary: Vocabulary, ticket: Ticket | None) -> int | None:
    """Somebody by address, by name or by number, when it can only be one."""
    text = text.strip()
    if not text:
        return None
    people = Person.objects.filter(organization_id=vocabulary.organization_id, is_active=True)
    return _only(people, text, Q(email__iexact=text) | Q(name__iexact=text) | Q(login__iexact=text))


def company(text: str, vocabulary: Vocabulary, ticket: Ticket | None) -> int | None:
    text = text.strip()
    if not text:
        return None
    companies = Company.objects.filter(organization_id=vocabulary.organization_id, is_active=True)
    return _only(companies, text, Q(name__iexact=text) | Q(number__iexact=text))


def _only(found: Any, text: str, wanted: Q) -> int:
    if numbered := re.search(r"\(#(\d{1,18})\)$", text):
        wanted = Q(pk=int(numbered[1]))
    elif addressed := re.search(r"<([^<>]+)>$", text):
        wanted = Q(email__iexact=addressed[1])
    ids = list(found.filter(wanted).values_list("pk", flat=True)[:2])
    if not ids:
        raise Unreadable(_("Nobody here has the name or address “%(text)s”.") % {"text": text})
    if len(ids) > 1:
        raise Unreadable(_("“%(text)s” is the name of several. Give the e-mail address.") % {"text": text})
    return int(ids[0])


def tags(text: str, vocabulary: Vocabulary, ticket: Ticket | None) -> list[int]:
    """Words with commas between; a word nobody has used yet becomes a tag."""
    names = list(dict.fromkeys(word.strip()[:60] for word in text.split(",") if word.strip()))
    known = {
        t.name.casefold(): t.pk for t in Tag.objects.filter(organization_id=vocabulary.organization_id, name__in=names)
    }
    for name in names:
        if name.casefold() not in known:
            made, _new = Tag.objects.get_or_create(organization_id=vocabulary.organization_id, name=name)
            known[name.casefold()] = made.pk
    return [known[name.casefold()] for name in names]


# Writing what is stored -----------------------------------------------------------------------------------------
def stored(column: str) -> Callable[[Ticket], str]:
    def write(ticket: Ticket) -> str:
        value = getattr(ticket, column)
        return "" if value is None else str(value)

    return write


def local(column: str) -> Callable[[Ticket], str]:
    def write(ticket: Ticket) -> str:
        value = getattr(ticket, column)
        return timezone.localtime(value).strftime("%Y-%m-%dT%H:%M") if value else ""

    return write


def named_person(found: Person | None) -> str:
    if found is None:
        return ""
    return f"{found.name} <{found.email}>" if found.email else f"{found.name} (#{found.pk})"


def named_company(found: Company | None) -> str:
    return found.name if found else ""


def written_tags(ticket: Ticket) -> str:
    names = dict(Tag.objects.filter(pk__in=ticket.tags).values_list("id", "name")) if ticket.tags else {}
    return ", ".join(names[t] for t in ticket.tags if t in names)


# Choices --------------------------------------------------------------------------------------------------------
def statuses(vocabulary: Vocabulary, ticket: Ticket | None) -> Choices:
    kind, present = (ticket.kind, ticket.status) if ticket else ("request", "")
    return vocabulary.offered_statuses(kind, present)


def agents(vocabulary: Vocabulary, ticket: Ticket | None) -> Choices:
    known = dict(list(vocabulary.agents.items())[:SELECTABLE])
    if ticket and ticket.assignee_id and ticket.assignee_id not in known:
        known[ticket.assignee_id] = ticket.assignee.name if ticket.assignee else str(ticket.assignee_id)
    return [("", _("Nobody")), *known.items()]


def teams(vocabulary: Vocabulary, ticket: Ticket | None) -> Choices:
    return [("", _("None")), *vocabulary.teams.items()]


def priorities(vocabulary: Vocabulary, ticket: Ticket | None) -> Choices:
    return [("", _("None")), *((k, vocabulary.priority(k)) for k in vocabulary.priorities)]


def categories(vocabulary: Vocabulary, ticket: Ticket | None) -> Choices:
    return [("", _("None")), *vocabulary.categories.items()]


def queues(vocabulary: Vocabulary, ticket: Ticket | None) -> Choices:
    return [("", _("None")), *vocabulary.queues.items()]


def kinds_offered(vocabulary: Vocabulary, ticket: Ticket | None) -> Choices:
    return [(k, vocabulary.kind(k)) for k in kinds.KINDS]


def scale(vocabulary: Vocabulary, ticket: Ticket | None) -> Choices:
    return [("", _("None")), *((n, _(name)) for n, name in kinds.SCALE.items())]


PEOPLE_SOURCE = "people"
PROPERTIES: tuple[Property, ...] = (
    Property("status", gettext_lazy("Status"), "select", stored("status"), key, statuses),
    Property("assignee", gettext_lazy("Assignee"), "select", stored("assignee_id"), number, agents),
    Property(
        "team",
        gettext_lazy("Team"),
        "select",
        lambda t: str(t.assigned_teams[0]) if t.assigned_teams else "",
        first_team,
        teams,
        "assigned_teams",
    ),
    Property("priority", gettext_lazy("Priority"), "select", stored("priority"), key, priorities),
    Property("category", gettext_lazy("Category"), "select", stored("category_id"), number, categories),
    Property("due", gettext_lazy("Due"), "datetime-local", local("due_at"), moment, field="due_at"),
)
MORE: tuple[Property, ...] = (
    Property(
        "requester", gettext_lazy("Requester"), "lookup", lambda t: named_person(t.requester), person, source="people"
    ),
    Property(
        "company", gettext_lazy("Company"), "lookup", lambda t: named_company(t.company), company, source="companies"
    ),
    Property("kind", gettext_lazy("Kind"), "select", stored("kind"), key, kinds_offered),
    Property("queue", gettext_lazy("Queue"), "select", stored("queue_id"), number, queues),
    Property("urgency", gettext_lazy("Urgency"), "select", stored("urgency"), number, scale),
    Property("impact", gettext_lazy("Impact"), "select", stored("impact"), number, scale),
    Property("tags", gettext_lazy("Tags"), "text", written_tags, tags),
    Property("planned_start", gettext_lazy("Starts"), "datetime-local", local("planned_start"), moment),
    Property("planned_finish", gettext_lazy("Finishes"), "datetime-local", local("planned_finish"), moment),
    Property("follow_up_on", gettext_lazy("Follow up"), "date", stored("follow_up_on"), day),
)
BY_NAME = {p.name: p for p in (*PROPERTIES, *MORE)}


def shown(prop: Property, vocabulary: Vocabulary, ticket: Ticket) -> Input:
    """The property as a form's field with its present value."""
    return Input(
        prop.name,
        str(prop.label),
        prop.type,
        prop.write(ticket),
        prop.choices(vocabulary, ticket) if prop.choices else [],
        source=url(f"desk:{prop.source}") if prop.source else "",
    )


# Fields that the organization defined ---------------------------------------------------------------------------
def custom_shown(declared: CustomField, ticket: Ticket | None) -> Input:
    value = ticket.fields.get(declared.key) if ticket else declared.default
    types = {
        "long_text": "textarea",
        "integer": "number",
        "number": "number",
        "date": "date",
        "datetime": "datetime-local",
    }
    made = Input(CUSTOM + declared.key, declared.name, types.get(declared.type, "text"), hint=declared.help)
    if declared.type == "boolean":
        made.type, made.choices = "select", [("", "–"), ("yes", _("Yes")), ("no", _("No"))]
        made.value = "" if value is None else "yes" if value else "no"
    elif declared.type == "choice":
        made.type, made.choices = "select", [("", "–"), *((str(v), label) for v, label in offered(declared))]
        made.value = "" if value is None else str(value)
    elif declared.type == "choices":
        made.type, made.choices = "checks", [(str(v), label) for v, label in offered(declared)]
        made.value = [str(one) for one in value or []]
    else:
        made.value = "" if value is None else str(value)
    return made


def custom_read(declared: CustomField, text: str) -> Any:
    """The value of a custom field from what was typed."""
    text = text.strip() if declared.type != "long_text" else text
    if not text:
        return None
    try:
        match declared.type:
            case "integer":
                return int(text)
            case "number":
                return float(text.replace(",", "."))
            case "boolean":
                return text == "yes"
            case "choice":
                return {str(value): value for value, _label in offered(declared)}.get(text, text)
            case "choices":
                named = {str(value): value for value, _label in offered(declared)}
                return [named.get(one, one) for one in text.split(BETWEEN)]
            case "person":
                return int(text)
            case _:
                return text
    except ValueError as error:
        raise Unreadable(_("This takes a number.")) from error


def typed(request: HttpRequest, name: str) -> str:
    """What was sent for a field as one text, however many of it are ticked."""
    return BETWEEN.join(one for one in request.POST.getlist(name) if one)


def staff(organization_id: int) -> Q:
    """People who act for the organization."""
    return Q(
        memberships__organization_id=organization_id, memberships__side=Membership.STAFF, memberships__is_active=True
    )
