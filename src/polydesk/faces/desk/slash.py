"""Commands written in a message, `/assign tess`, `/status solved`, and what `/`, `@` and `#` offer while writing."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from polydesk.directory.actors import Actor
from polydesk.directory.models import Person
from polydesk.features.replies import finding
from polydesk.tickets import queries
from polydesk.tickets.models import Ticket
from polydesk.tickets.refusals import refuse

from .fields import staff
from .vocabulary import Vocabulary

LINE = re.compile(r"^/(\w+)(?:[ \t]+(.*))?$")


def take(text: str, vocabulary: Vocabulary, actor: Actor, ticket: Ticket) -> tuple[str, dict[str, Any]]:
    """The text without its commands, and the values that they ask for; lines inside code are no commands."""
    values: dict[str, Any] = {}
    kept, in_code = [], False
    for line in text.splitlines():
        in_code ^= line.lstrip().startswith("```")
        match = LINE.match(line.strip())
        if in_code or match is None or match[1] not in COMMANDS:
            kept.append(line)
            continue
        field, meaning = COMMANDS[match[1]]
        values[field] = meaning((match[2] or "").strip(), vocabulary, actor)
    return ("\n".join(kept).strip() if values else text), values


def _status(word: str, vocabulary: Vocabulary, actor: Actor) -> str:
    return _one(word, {k: vocabulary.status(k) for k in vocabulary.statuses}, "status")


def _priority(word: str, vocabulary: Vocabulary, actor: Actor) -> str:
    return _one(word, {k: vocabulary.priority(k) for k in vocabulary.priorities}, "priority")


def _assignee(word: str, vocabulary: Vocabulary, actor: Actor) -> int | None:
    if word in ("me", ""):
        return actor.person_id
    if word in ("nobody", "none"):
        return None
    return int(_one(word.lstrip("@"), {str(k): name for k, name in vocabulary.agents.items()}, "assignee"))


def _team(word: str, vocabulary: Vocabulary, actor: Actor) -> list[int]:
    return [int(_one(word, {str(k): name for k, name in vocabulary.teams.items()}, "team"))]


def _one(word: str, known: dict[str, str], field: str) -> str:
    """The only one whose key or name begins so."""
    low = word.casefold()
    if low in known:
        return low
    exact = [key for key, name in known.items() if name.casefold() == low]
    near = exact or [key for key, name in known.items() if low and low in name.casefold()]
    if len(near) != 1:
        raise refuse("unknown", field, _("“%(word)s” names nothing, or several.") % {"word": word})
    return near[0]


COMMANDS: dict[str, tuple[str, Any]] = {
    "status": ("status", _status),
    "assign": ("assignee", _assignee),
    "priority": ("priority", _priority),
    "team": ("assigned_teams", _team),
    "close": ("status", lambda word, vocabulary, actor: "closed"),
    "solve": ("status", lambda word, vocabulary, actor: "solved"),
    "wait": ("status", lambda word, vocabulary, actor: "waiting_customer"),
}


def offers(actor: Actor, sign: str, q: str, number: int = 0) -> list[dict[str, str]]:
    """At most eight lines for the list under the caret; canned replies are filled for the ticket of this number."""
    if sign == "/":
        return [*_replies(actor, q, number), *(o for o in _commands(actor) if o["insert"].startswith(f"/{q}"))][:8]
    if sign == "@":
        found = Person.objects.filter(staff(actor.organization_id), is_active=True, is_system=False)
        found = found.filter(Q(name__icontains=q) | Q(login__istartswith=q)).order_by("name")
        return [
            {"name": name, "about": login or "", "insert": f"@{login or name} "}
            for name, login in found.values_list("name", "login")[:8]
        ]
    if sign == "#":
        wanted = Q(title__icontains=q) | (Q(pk=int(q)) if q.isdecimal() and len(q) < 18 else Q(pk__in=()))
        recent = queries.visible_to(actor).order_by("-id").values_list("pk", flat=True)[:2000]
        found = queries.visible_to(actor).filter(wanted, pk__in=list(recent)).order_by("-id")
        return [
            {"name": f"#{pk}", "about": title, "insert": f"#{pk} "}
            for pk, title in found.values_list("pk", "title")[:8]
        ]
    return []


def _replies(actor: Actor, q: str, number: int) -> list[dict[str, str]]:
    """Canned replies whose shortcut or name begins so; none before the first letter, the commands are shown then."""
    ticket = queries.visible_to(actor).filter(pk=number).first() if q and number else None
    if ticket is None:
        return []
    return [
        {"name": f"/{r.shortcut}" if r.shortcut else r.name, "about": r.name, "insert": r.filled(ticket, actor)}
        for r in finding.offered(actor, q, 4)
    ]


def _commands(actor: Actor) -> list[dict[str, str]]:
    vocabulary = Vocabulary(actor)
    plain = [
        ("/assign ", _("give it to somebody")),
        ("/status ", _("set a status")),
        ("/priority ", _("set a priority")),
        ("/team ", _("give it to a team")),
        ("/close", _("send and close")),
        ("/solve", _("send and solve")),
        ("/wait", _("send and wait for the customer")),
        ("/spend ", _("book time, such as 1h 20m")),
        ("/relate #", _("link another ticket")),
        ("/blocks #", _("say that this blocks another")),
    ]
    full = [(f"/status {k}", vocabulary.status(k)) for k in vocabulary.statuses]
    full += [(f"/priority {k}", vocabulary.priority(k)) for k in vocabulary.priorities]
    full += [(f"/assign {name}", _("assign %(name)s") % {"name": name}) for name in vocabulary.agents.values()]
    return [{"name": insert.strip(), "about": about, "insert": insert} for insert, about in (*plain, *full)]
