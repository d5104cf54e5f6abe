"""What an actor may see, as a condition with bound values: `queries.visible_to` for the hot statements (RC-272).

The text depends on how the actor sees, never on who he is, so that a handful of texts serves everybody."""

# ruff: noqa: S608 - texts are put together of listed parts; values are bound
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from polydesk.directory.actors import Actor
from polydesk.tickets import access
from polydesk.tickets.kinds import KINDS


class Walk(NamedTuple):
    """A source of tickets `t` that fit a condition, in the order of their ids: a list by id may walk it and stop when
    the page is full, where the condition itself would find everything first."""

    rows: str
    """The FROM with the condition's own placeholders; `{down}` stands for the direction."""
    key: str
    """The id in it."""


class Condition(NamedTuple):
    """SQL text about `t` and the values for its placeholders."""

    sql: str
    values: tuple[Any, ...] = ()
    walk: Callable[[], Walk | None] | None = None
    """The same with the same values by a walk, where that is better; asked for lists by id alone."""


NOTHING = Condition("1 = 0")
_MINE = "(t.requester_id = %s OR t.creator_id = %s)"
_WATCHING = """EXISTS (SELECT 1 FROM tickets_participant p
    WHERE p.ticket_id = t.id AND p.part = 'watching' AND p.person_id = %s)"""


def visible(actor: Actor, *, deleted: bool = False) -> Condition:
    """Every ticket that `actor` may see; deleted ones only when asked for, and then only they."""
    own = Condition(
        f"t.organization_id = %s AND t.deleted_at IS {'NOT ' if deleted else ''}NULL", (actor.organization_id,)
    )
    seen = _seen(actor, deleted=deleted)
    return Condition(f"{own.sql} AND {seen.sql}", own.values + seen.values) if seen.sql else own


def _seen(actor: Actor, *, deleted: bool) -> Condition:
    if actor.is_system or actor.is_superuser:
        return Condition("")
    if deleted:
        return _kinds([k for k in KINDS if access.holds(actor, "delete", k) or access.holds(actor, "purge", k)])
    if actor.side == "customer" and actor.reads_by == "side":
        return _shared_with(actor)
    kinds = access.kinds_with(actor, "view")
    if len(kinds) == len(KINDS):
        return Condition("")
    own_kinds = [k for k in KINDS if k not in kinds and access.holds_any(actor, k)]
    if not own_kinds:
        return _kinds(kinds)
    viewed, owned = _kinds(kinds), _kinds(own_kinds)
    person = (actor.person_id, actor.person_id)
    return Condition(f"({viewed.sql} OR ({owned.sql} AND {_MINE}))", viewed.values + owned.values + person)


def _kinds(kinds: Sequence[str]) -> Condition:
    return Condition(f"t.kind IN ({', '.join(['%s'] * len(kinds))})", tuple(kinds)) if kinds else NOTHING


def _shared_with(actor: Actor) -> Condition:
    """What is shared with a customer: own requests and, where the membership says so, the company's (SE-034)."""
    company = Condition("t.company_id = %s", (actor.company_id,)) if actor.company_id else NOTHING
    if actor.projects:
        marks = ", ".join(["%s"] * len(actor.projects))
        return Condition(
            f"""t.shared AND {company.sql} AND (t.access = 'all_users' OR (t.access = 'project_users' AND EXISTS (
                SELECT 1 FROM tickets_accessproject a WHERE a.ticket_id = t.id AND a.key IN ({marks}))))""",
            (*company.values, *actor.projects),
        )
    own = Condition(f"{_MINE} OR {_WATCHING}", (actor.person_id,) * 3)
    if not actor.sees_company:
        return Condition(f"t.shared AND ({own.sql})", own.values)
    return Condition(f"t.shared AND ({own.sql} OR {company.sql})", own.values + company.values)
