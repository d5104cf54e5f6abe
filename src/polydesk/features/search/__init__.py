"""Search: full text and the query language. `tickets(actor, q)` is the door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .language import QueryError

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from polydesk.directory.actors import Actor
    from polydesk.tickets.models import Ticket
    from polydesk.tickets.statements.visible import Condition

CAP = 1_000


def tickets(actor: Actor, q: str) -> QuerySet[Ticket]:
    """The visible tickets that a query finds, newest first; raises QueryError with the column of the fault.

    An empty query finds everything visible. One statement when evaluated."""
    from polydesk.tickets import queries

    from . import language, terms

    tree = language.parse(q)
    deleted = language.mentions(tree, "is", "deleted")
    found = queries.visible_to(actor, deleted=deleted)
    if tree is not None:
        found = found.filter(terms.compile(tree, actor))
    return found.order_by("-id")


def condition(actor: Actor, q: str) -> Condition | None:
    """`tickets(actor, q)` as a condition of a hot statement, which adds who sees what; None for an empty query."""
    from polydesk.tickets.statements.visible import Condition

    from . import language, terms

    tree = language.parse(q)
    if tree is None:
        return None
    if (plain := terms.plain_words(tree, actor)) is not None:
        return plain
    sql, values = tickets(actor, q).order_by().values("pk").query.sql_with_params()
    return Condition(f"t.id IN ({sql})", tuple(values))


def count(found: QuerySet[Ticket], cap: int = CAP) -> int:
    """How many, counted up to `cap` + 1, so that a common word costs no more than a rare one."""
    return found.order_by()[: cap + 1].count()


__all__ = ["CAP", "QueryError", "condition", "count", "tickets"]
