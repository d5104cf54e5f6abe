"""The parts of an organization that administrators keep: what each shelf lists, asks for and stores (PL-207).

A shelf is data; `views/administration.py` shows any of them. `read` gives the columns to store, or Wrong with the
errors by field; what a person may not give away, nobody gives (RS-138)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Model
from django.http import QueryDict
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from polydesk.directory import second_factor, teams
from polydesk.directory.actors import Actor
from polydesk.directory.models import Role, Team
from polydesk.features.notifications import addresses, wording
from polydesk.features.notifications.models import Wording
from polydesk.tickets import access, kinds
from polydesk.tickets.models import Category, CustomField, Priority, Queue, Status
from polydesk.tickets.models.ticket import PHASES
from polydesk.tickets.offers import label_of

from .shown import Input
from .vocabulary import Vocabulary


class Wrong(Exception):
    """What was typed cannot be stored: sentences by field."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        self.errors = errors
        super().__init__("; ".join(m for found in errors.values() for m in found))


Read = Callable[[QueryDict, Actor, Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Shelf:
    """One kind of row: `cells` show it in the list, `inputs` ask for it, `read` takes what was typed."""

    key: str
    name: Any
    new: Any
    icon: str
    model: type[Model]
    heads: tuple[Any, ...]
    cells: Callable[[Any, Vocabulary], tuple[str, ...]]
    inputs: Callable[[Any, Vocabulary], list[Input]]
    read: Read
    hint: Any = ""
    order: tuple[str, ...] = ("name",)
    after: Callable[[Any, QueryDict, Actor], None] | None = None


def named(posted: QueryDict, limit: int = 100) -> dict[str, Any]:
    name = posted.get("name", "").strip()
    if not name:
        raise Wrong({"name": [_("A name is needed.")]})
    if len(name) > limit:
        raise Wrong({"name": [_("At most %(n)d characters.") % {"n": limit}]})
    return {"name": name}


def number(posted: QueryDict, name: str, low: int, high: int, otherwise: int | None = None) -> int:
    text = posted.get(name, "").strip()
    if not text and otherwise is not None:
        return otherwise
    if not text.lstrip("-").isdecimal() or not low <= int(text[:12]) <= high:
        raise Wrong({name: [_("A whole number from %(low)d to %(high)d.") % {"low": low, "high": high}]})
    return int(text)


def among(posted: QueryDict, name: str, known: Any) -> Any:
    """One of the organization's own rows, or nothing."""
    text = posted.get(name, "")
    if not text:
        return None
    if not text.isdecimal() or int(text[:18]) not in known:
        raise Wrong({name: [_("Choose one of the list.")]})
    return int(text)


def flags(posted: QueryDict, *names: str) -> dict[str, bool]:
    return {name: posted.get(name) == "on" for name in names}


def some(posted: QueryDict, name: str, known: Any) -> list[str]:
    return [value for value in posted.getlist(name) if value in known]


def unused_key(model: Any, row: Any, actor: Actor, wanted: str, what: str) -> str:
    """The key of a new row, made of its name; a key never changes, as other desks know it."""
    if row is not None:
        return str(row.key)
    key = slugify(wanted).replace("-", "_")[:40] or what
    taken = set(model.objects.filter(organization_id=actor.organization_id).values_list("key", flat=True))
    return next(k for k in (key, *(f"{key}_{n}" for n in range(2, 999))) if k not in taken)


def switch(row: Any, name: str, label: Any, otherwise: bool = True) -> Input:
    return Input(name, str(label), "checkbox", getattr(row, name) if row else otherwise)


def name_input(row: Any, limit: int = 100) -> Input:
    return Input("name", _("Name"), value=row.name if row else "", required=True, limit=limit)


def yes(value: bool) -> str:
    return _("yes") if value else _("no")


# Queues ---------------------------------------------------------------------------------------------------------
def queue_inputs(row: Any, vocabulary: Vocabulary) -> list[Input]:
    return [
        name_input(row),
        Input("description", _("What it is for"), value=row.description if row else "", limit=500),
        Input("team", _("Team"), "select", row.team_id if row else "", [("", _("None")), *vocabulary.teams.items()]),
        Input("position", _("Position"), "number", row.position if row else 0),
        switch(row, "is_active", gettext_lazy("In use")),
    ]


def queue_read(posted: QueryDict, actor: Actor, row: Any) -> dict[str, Any]:
    return {
        **named(posted),
        "description": posted.get("description", "")[:500],
        "team_id": among(posted, "team", Vocabulary(actor).teams),
        "position": number(posted, "position", -9999, 9999, 0),
        **flags(posted, "is_active"),
    }


# Categories -----------------------------------------------------------------------------------------------------
def category_inputs(row: Any, vocabulary: Vocabulary) -> list[Input]:
    parents = [("", _("None")), *((k, n) for k, n in vocabulary.categories.items() if not row or k != row.pk)]
    return [
        name_input(row),
        Input("parent", _("Part of"), "select", row.parent_id if row else "", parents),
        Input(
            "kinds",
            _("Only for these kinds"),
            "checks",
            row.kinds if row else [],
            [(k, vocabulary.kind(k)) for k in kinds.KINDS],
            wide=True,
        ),
        Input("position", _("Position"), "number", row.position if row else 0),
        switch(row, "for_customers", gettext_lazy("Offered to customers")),
        switch(row, "is_active", gettext_lazy("In use")),
    ]


def category_read(posted: QueryDict, actor: Actor, row: Any) -> dict[str, Any]:
    nodes = {c.pk: c.parent_id for c in Category.objects.filter(organization_id=actor.organization_id)}
    parent = among(posted, "parent", nodes)
    above = parent
    for _step in range(len(nodes) + 1):
        if above is None:
            break
        if row is not None and above == row.pk:
            raise Wrong({"parent": [_("A category cannot be part of itself.")]})
        above = nodes.get(above)
    return {
        **named(posted),
        "parent_id": parent,
        "kinds": some(posted, "kinds", kinds.KINDS),
        "position": number(posted, "position", -9999, 9999, 0),
        **flags(posted, "for_customers", "is_active"),
    }


# Statuses and priorities ----------------------------------------------------------------------------------------
def status_inputs(row: Any, vocabulary: Vocabulary) -> list[Input]:
    phases = [(p, _(p)) for p in PHASES]
    made = [
        name_input(row, 80),
        Input(
            "kinds",
            _("Only for these kinds"),
            "checks",
            row.kinds if row else [],
            [(k, vocabulary.kind(k)) for k in kinds.KINDS],
            wide=True,
        ),
        Input("position", _("Position"), "number", row.position if row else 0),
    ]
    if row is None:
        made.insert(
            1, Input("phase", _("Stands on"), "select", "open", phases, hint=_("Where foreign systems see it."))
        )
    return made


def status_read(posted: QueryDict, actor: Actor, row: Any) -> dict[str, Any]:
    phase = row.phase if row else posted.get("phase", "")
    if phase not in PHASES:
        raise Wrong({"phase": [_("Choose one of the list.")]})
    values = named(posted, 80)
    return {
        **values,
        "phase": phase,
        "key": unused_key(Status, row, actor, values["name"], "status"),
        "kinds": some(posted, "kinds", kinds.KINDS),
        "position": number(posted, "position", -9999, 9999, 0),
    }


def priority_inputs(row: Any, vocabulary: Vocabulary) -> list[Input]:
    levels = [(p.level, f"{p.level} – {_(p.label)}") for p in kinds.PRIORITIES.values()]
    return [
        name_input(row, 80),
        Input("level", _("As urgent as"), "select", row.level if row else 3, levels),  # type: ignore[arg-type]
        switch(row, "is_active", gettext_lazy("In use")),
    ]


def priority_read(posted: QueryDict, actor: Actor, row: Any) -> dict[str, Any]:
    values = named(posted, 80)
    key = unused_key(Priority, row, actor, values["name"], "priority")
    return {**values, "key": key, "level": number(posted, "level", 1, 6), **flags(posted, "is_active")}


# Fields of one's own --------------------------------------------------------------------------------------------
def field_inputs(row: Any, vocabulary: Vocabulary) -> list[Input]:
    made = [
        name_input(row),
        Input(
            "choices",
            _("Choices"),
            "textarea",
            "\n".join(map(label_of, row.choices)) if row else "",
            hint=_("One per line, for lists."),
        ),
        Input("help", _("Hint"), value=row.help if row else "", limit=500),
        Input(
            "kinds",
            _("Only for these kinds"),
            "checks",
            row.kinds if row else [],
            [(k, vocabulary.kind(k)) for k in kinds.KINDS],
            wide=True,
        ),
        switch(row, "is_required", gettext_lazy("Must be filled in"), False),
        switch(row, "for_customers", gettext_lazy("Shown to customers"), False),
        switch(row, "is_active", gettext_lazy("In use")),
    ]
    if row is None:
        made.insert(1, Input("type", _("Type"), "select", "text", [(k, _(n)) for k, n in CustomField.TYPES]))
    return made


def field_read(posted: QueryDict, actor: Actor, row: Any) -> dict[str, Any]:
    kind = row.type if row else posted.get("type", "")
    if kind not in dict(CustomField.TYPES):
        raise Wrong({"type": [_("Choose one of the list.")]})
    values = named(posted)
    # A choice with a value and names of its own is known by its label, and stays whole.
    kept = {label_of(choice): choice for choice in (row.choices if row else [])}
    lines = (line.strip() for line in posted.get("choices", "").splitlines())
    choices = [kept.get(line, line) for line in lines if line][:500]
    if kind in ("choice", "choices") and not choices:
        raise Wrong({"choices": [_("A list needs at least one choice.")]})
    return {
        **values,
        "type": kind,
        "key": unused_key(CustomField, row, actor, values["name"], "field"),
        "choices": choices,
        "help": posted.get("help", "")[:500],
        "kinds": some(posted, "kinds", kinds.KINDS),
        **flags(posted, "is_required", "for_customers", "is_active"),
    }


# Teams and roles ------------------------------------------------------------------------------------------------
def team_inputs(row: Any, vocabulary: Vocabulary) -> list[Input]:
    members = list(row.memberships.values_list("person_id", flat=True)) if row else []
    return [
        name_input(row, 120),
        Input("email", _("E-mail"), "email", row.email if row else ""),
        Input("description", _("What it does"), "textarea", row.description if row else ""),
        Input("members", _("People"), "checks", members, list(vocabulary.agents.items()), wide=True),
        switch(row, "is_active", gettext_lazy("In use")),
    ]


def team_read(posted: QueryDict, actor: Actor, row: Any) -> dict[str, Any]:
    values = named(posted, 120)
    same = Team.objects.filter(organization_id=actor.organization_id, name=values["name"])
    if (same.exclude(pk=row.pk) if row else same).exists():
        raise Wrong({"name": [_("There is a team of this name.")]})
    if row is not None and not actor.is_superuser:
        joins = str(actor.person_id) in posted.getlist("members") and row.pk not in actor.team_ids
        if joins and not may_give(actor, row.rights):
            raise Wrong({"members": [_("This team has rights that you lack: somebody who holds them adds you.")]})
    return {
        **values,
        "email": posted.get("email", "").strip()[:254],
        "description": posted.get("description", "")[:2000],
        **flags(posted, "is_active"),
    }


def keep_members(team: Any, posted: QueryDict, actor: Actor) -> None:
    agents = Vocabulary(actor).agents
    wanted = {int(n) for n in posted.getlist("members") if n.isdecimal() and int(n[:18]) in agents}
    now = set(team.memberships.values_list("person_id", flat=True))
    for person in sorted(now - wanted):
        teams.dismiss(team, person, by=actor.person_id)
    for person in sorted(wanted - now):
        teams.admit(team, person, by=actor.person_id)


COMMENTING = ("add:comment", "change:comment", "delete:comment", "view:comment")
RIGHTS = [
    *(f"{verb}:*" for verb in access.VERBS),
    *COMMENTING,
    *(f"{v}:{k}" for k in access.CODED_KINDS for v in access.VERBS),
]


def role_inputs(row: Any, vocabulary: Vocabulary) -> list[Input]:
    return [
        name_input(row, 120),
        Input(
            "rights",
            _("Rights"),
            "checks",
            row.rights if row else [],
            [(r, r) for r in RIGHTS],
            hint=_("A star stands for every kind."),
            wide=True,
        ),  # type: ignore[misc]
        Input("second_factor", _("Signs in with a second factor"), "checkbox", second_factor.demanded_by(row)),
    ]


def role_read(posted: QueryDict, actor: Actor, row: Any) -> dict[str, Any]:
    values = named(posted, 120)
    kept = [r for r in (row.rights if row else []) if r not in RIGHTS]
    rights = some(posted, "rights", RIGHTS) + kept
    added = set(rights) - set(row.rights if row else [])
    if not may_give(actor, added):
        raise Wrong({"rights": [_("You can give only rights that you hold yourself.")]})
    extra = {**(row.extra if row else {}), second_factor.DEMAND: posted.get("second_factor") == "on"}
    return {**values, "key": unused_key(Role, row, actor, values["name"], "role"), "rights": rights, "extra": extra}


def may_give(actor: Actor, rights: Any) -> bool:
    """Nobody gives a right that he lacks (RS-138); who holds it on all tickets may give it on own ones."""
    if actor.is_superuser or "*" in actor.rights:
        return True
    return all(_held(actor, *right.split(":", 1)) for right in rights)


def _held(actor: Actor, verb: str, kind: str = "*") -> bool:
    verbs = {verb, verb.removesuffix(".own")}
    return any(f"{v}:{k}" in actor.rights for v in verbs for k in (kind, "*"))


def _kinds(row: Any, vocabulary: Vocabulary) -> str:
    return ", ".join(vocabulary.kind(k) for k in row.kinds) or _("all")


def text_inputs(row: Any, vocabulary: Vocabulary) -> list[Input]:
    names = ", ".join(f"{{{{{name}}}}}" for name in wording.NAMES)
    kinds_of_news = [(what, str(label)) for what, label in wording.LABELS.items()]
    return [
        Input("what", _("When"), "select", row.what if row else "message", kinds_of_news),
        Input(
            "language", _("Language"), "select", row.language if row else "", [("", _("Every")), *settings.LANGUAGES]
        ),
        Input("subject", _("Subject"), value=row.subject if row else wording.SUBJECT, limit=200, wide=True),
        Input(
            "body",
            _("Text"),
            "textarea",
            row.body if row else wording.BODY,
            rows=12,
            wide=True,
            hint=_("What may stand in it: %(names)s. Anything else between braces stays empty.") % {"names": names},
        ),
    ]


def text_read(posted: QueryDict, actor: Actor, row: Any) -> dict[str, Any]:
    what, language = posted.get("what", ""), posted.get("language", "")
    body = posted.get("body", "").replace("\r\n", "\n")
    if what not in wording.LABELS:
        raise Wrong({"what": [_("Choose one of the list.")]})
    if language and language not in dict(settings.LANGUAGES):
        raise Wrong({"language": [_("Choose one of the list.")]})
    if len(body) > wording.LONGEST_BODY:
        raise Wrong({"body": [_("At most %(n)d characters.") % {"n": wording.LONGEST_BODY}]})
    same = Wording.objects.filter(organization_id=actor.organization_id, what=what, language=language)
    if same.exclude(pk=row.pk if row else 0).exists():
        raise Wrong({"language": [_("There is a text for this already.")]})
    return {"what": what, "language": language, "subject": addresses.header(posted.get("subject", "")), "body": body}


SHELVES: dict[str, Shelf] = {
    shelf.key: shelf
    for shelf in (
        Shelf(
            "teams",
            gettext_lazy("Teams"),
            gettext_lazy("New team"),
            "users-round",
            Team,
            (gettext_lazy("Name"), gettext_lazy("E-mail"), gettext_lazy("In use")),
            lambda r, v: (r.name, r.email, yes(r.is_active)),
            team_inputs,
            team_read,
            after=keep_members,
        ),
        Shelf(
            "roles",
            gettext_lazy("Roles"),
            gettext_lazy("New role"),
            "shield",
            Role,
            (gettext_lazy("Name"), gettext_lazy("Rights")),
            lambda r, v: (r.name, ", ".join(r.rights[:8]) + (" …" if len(r.rights) > 8 else "")),
            role_inputs,
            role_read,
            order=("id",),
        ),
        Shelf(
            "queues",
            gettext_lazy("Queues"),
            gettext_lazy("New queue"),
            "inbox",
            Queue,
            (gettext_lazy("Name"), gettext_lazy("Team"), gettext_lazy("In use")),
            lambda r, v: (r.name, v.teams.get(r.team_id, ""), yes(r.is_active)),
            queue_inputs,
            queue_read,
            order=("position", "name"),
        ),
        Shelf(
            "categories",
            gettext_lazy("Categories"),
            gettext_lazy("New category"),
            "folder-tree",
            Category,
            (gettext_lazy("Name"), gettext_lazy("Kinds"), gettext_lazy("For customers"), gettext_lazy("In use")),
            lambda r, v: (v.categories.get(r.pk, r.name), _kinds(r, v), yes(r.for_customers), yes(r.is_active)),
            category_inputs,
            category_read,
            order=("position", "name"),
        ),
        Shelf(
            "statuses",
            gettext_lazy("Statuses"),
            gettext_lazy("New status"),
            "circle-dot",
            Status,
            (gettext_lazy("Name"), gettext_lazy("Stands on"), gettext_lazy("Kinds")),
            lambda r, v: (r.name, _(r.phase), _kinds(r, v)),
            status_inputs,
            status_read,
            order=("position", "id"),
            hint=gettext_lazy("The 25 built-in statuses are always there; these are your own beside them."),
        ),
        Shelf(
            "priorities",
            gettext_lazy("Priorities"),
            gettext_lazy("New priority"),
            "signal",
            Priority,
            (gettext_lazy("Name"), gettext_lazy("Level"), gettext_lazy("In use")),
            lambda r, v: (r.name, str(r.level), yes(r.is_active)),
            priority_inputs,
            priority_read,
            order=("level", "id"),
            hint=gettext_lazy("The six built-in priorities are always there; these are your own beside them."),
        ),
        Shelf(
            "fields",
            gettext_lazy("Fields"),
            gettext_lazy("New field"),
            "text-cursor-input",
            CustomField,
            (gettext_lazy("Name"), gettext_lazy("Type"), gettext_lazy("Kinds"), gettext_lazy("In use")),
            lambda r, v: (r.name, _(dict(CustomField.TYPES)[r.type]), _kinds(r, v), yes(r.is_active)),
            field_inputs,
            field_read,
            order=("position", "id"),
        ),
        Shelf(
            "texts",
            gettext_lazy("Texts of mails"),
            gettext_lazy("New text"),
            "mail",
            Wording,
            (gettext_lazy("When"), gettext_lazy("Language"), gettext_lazy("Subject")),
            lambda r, v: (
                str(wording.LABELS.get(r.what, r.what)),
                dict(settings.LANGUAGES).get(r.language, "") or _("Every"),
                r.subject,
            ),
            text_inputs,
            text_read,
            order=("what", "language"),
            hint=gettext_lazy(
                "Your own words for what people are told by mail; an empty subject or text is ours again."
            ),
        ),
    )
}
