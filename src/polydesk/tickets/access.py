"""Who may do which verb on which kind of ticket, with the reason (RC-192 … RC-202, CE-070 … CE-082).

A right is a code `verb:kind` (`triage:incident`), for all kinds `verb:*`; `verb.own:kind` grants it on tickets that the
actor requested or created. The seven verbs times the five kinds that carry codes are Centurion's 35 permissions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from polydesk.directory.actors import Actor
from polydesk.web.sentences import say, word

from .fields import FIELDS
from .kinds import KINDS
from .models import Ticket

VERBS = ("add", "change", "delete", "import", "purge", "triage", "view")
CODED_KINDS = ("request", "incident", "problem", "change", "project_task")

# Any of these lets the actor do the verb on a ticket that he may see.
NEEDS: dict[str, tuple[str, ...]] = {
    "view": ("view",),
    "create": ("add", "import"),
    "edit": ("change", "triage"),
    "triage": ("triage",),
    "comment": ("triage", "change"),
    "note": ("triage",),
    "close": ("triage",),
    "reopen": ("triage",),
    "merge": ("triage",),
    "split": ("triage",),
    "link": ("triage",),
    "rate": ("triage",),
    "share": ("triage",),
    "undo": ("triage",),
    "time": ("triage",),
    "remove": ("delete",),
    "restore": ("delete",),
    "purge": ("purge",),
    "import": ("import",),
}
# What a customer may do on every ticket he can see.
CUSTOMER_VERBS = frozenset({"view", "comment", "close", "reopen", "rate", "share"})


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes or no, and why: the sentence is shown to the person who asked."""

    allowed: bool
    reason: str

    def __bool__(self) -> bool:
        return self.allowed


def may(actor: Actor, verb: str, *, kind: str, ticket: Ticket | None = None) -> Answer:
    """May `actor` do `verb` on tickets of `kind`, or on this one? Being visible is `queries.visible_to`'s matter."""
    if actor.read_only and verb != "view":
        return Answer(False, say("This credential may only read."))
    if actor.is_system or actor.is_superuser:
        return Answer(True, "The desk itself and superusers may do everything.")
    if ticket is not None and actor.side == "customer" and actor.reads_by == "side" and verb in CUSTOMER_VERBS:
        return Answer(True, "Customers may do this on the requests they see.")
    own = ticket is not None and is_own(actor, ticket)
    for right in NEEDS[verb]:
        if holds(actor, right, kind):
            return Answer(True, f"Holds the right {right} for {KINDS[kind].plural.lower()}.")
        if own and holds(actor, f"{right}.own", kind):
            return Answer(True, f"Holds the right {right} on own {KINDS[kind].plural.lower()}.")
    return Answer(
        False,
        say(
            "You may not %(verb)s %(kinds)s here.",
            verb=word(verb, "right"),
            kinds=word(KINDS[kind].plural.lower(), "kinds of tickets"),
        ),
    )


def may_edit(actor: Actor, names: Iterable[str], *, kind: str, ticket: Ticket) -> Answer:
    """May `actor` write these fields? Content needs change or triage, who of the company sees it is the customers' own
    matter too (SE-094), the rest needs triage, imported facts import."""
    groups = {FIELDS[name].group for name in names}
    for group, verb in (("import", "import"), ("triage", "triage"), ("sharing", "share"), ("content", "edit")):
        if group in groups:
            answer = may(actor, verb, kind=kind, ticket=ticket)
            if not answer:
                return answer
    return Answer(True, "May write all of these fields.")


def holds(actor: Actor, right: str, kind: str) -> bool:
    """Does the actor hold the code itself, for this kind or for all?"""
    codes = KINDS[kind].codes if kind in KINDS else kind
    rights = actor.rights
    return f"{right}:{codes}" in rights or f"{right}:*" in rights or "*" in rights


def holds_any(actor: Actor, kind: str) -> bool:
    """Does the actor hold any permission of this kind (D10: then own tickets are visible)?"""
    return any(holds(actor, verb, kind) or holds(actor, f"{verb}.own", kind) for verb in VERBS)


def is_own(actor: Actor, ticket: Ticket) -> bool:
    """Did the actor request or create it?"""
    return actor.person_id is not None and actor.person_id in (ticket.requester_id, ticket.creator_id)


def kinds_with(actor: Actor, verb: str) -> list[str]:
    """The kinds on which the actor holds this right, in declared order."""
    if actor.is_system or actor.is_superuser:
        return list(KINDS)
    return [kind for kind in KINDS if holds(actor, verb, kind)]
