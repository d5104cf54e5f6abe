"""What a token sees: a ticket, a comment, lists with their filters and orders (SE-033 … SE-035, SE-080 … SE-088)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from polydesk.directory.actors import Actor
from polydesk.directory.models import Membership
from polydesk.tickets import queries
from polydesk.tickets.kinds import CLOSED_PHASES
from polydesk.tickets.models import AccessProject, Attachment, Category, Comment, Ticket
from polydesk.tickets.statements.visible import Condition

from . import folding, reading, statements
from .auth import is_client
from .errors import invalid, missing
from .statements import Seen

MOST_WORDS = 50
CLOSED = Q(phase__in=sorted(CLOSED_PHASES))
_PHASES = "t.phase {} ({})".format("{}", ", ".join(["%s"] * len(CLOSED_PHASES)))
# Filters that a static text serves.
PLAIN = (
    (Q(), Condition("1 = 1")),
    (~CLOSED, Condition(_PHASES.format("NOT IN"), tuple(sorted(CLOSED_PHASES)))),
    (CLOSED, Condition(_PHASES.format("IN"), tuple(sorted(CLOSED_PHASES)))),
)
SHOWN = (
    "organization_id",
    "kind",
    "status",
    "phase",
    "title",
    "company_id",
    "requester_id",
    "creator_id",
    "channel",
    "access",
    "access_projects",
    "shared",
    "products",
    "extra",
    "split_from_id",
    "created_at",
    "public_active_at",
    "closed_at",
    "closed_by_system",
    "rating",
    "latest_side",
    "category__key",
    "category__for_customers",
)


def seen(actor: Actor) -> QuerySet[Ticket]:
    """Every ticket of the token: support's all accounts, a client's the own account by access level."""
    tickets = queries.visible_to(actor)
    if not is_client(actor):
        return tickets
    return tickets.filter(company_id=actor.company_id) if actor.company_id else tickets.none()


def shown(tickets: QuerySet[Ticket], *more: str) -> QuerySet[Ticket]:
    """The rows with what both families show, and `more` columns."""
    return (
        tickets.select_related("category")
        .only(*SHOWN, *more)
        .annotate(unread=Coalesce(Subquery(_unread()), 0), author_side=_author_side())
    )


def page(actor: Actor, wanted: Q, column: Any, way: str, page: int, size: int) -> Sequence[Ticket | Seen]:
    """One page of a list. Sorted and cut by number alone first, so that what is shown is read for its rows only."""
    start = (page - 1) * size
    plain = next((phases for filters, phases in PLAIN if filters == wanted), None)
    if plain is not None and isinstance(column, str) and column in statements.ORDERS:
        return statements.page(actor, plain, column, way, start, size)
    order = ordered(column, way)
    numbers = seen(actor).filter(wanted).order_by(*order).values("pk")[start : start + size]
    return list(shown(Ticket.objects.filter(pk__in=numbers)).order_by(*order))


def _unread() -> Any:
    """How many messages of the staff the client has not read."""
    of_ticket = public_comments().filter(ticket=OuterRef("pk"), read_at__isnull=True).exclude(side="customer")
    return of_ticket.order_by().values("ticket").annotate(number=Count("pk")).values("number")


def _author_side() -> Any:
    """Who opened it: the side of the opening message, else that of the requester, else of the creator (RC-104)."""
    opening = Comment.objects.filter(ticket=OuterRef("pk"), type="opening").values("side")[:1]
    member = Membership.objects.filter(person=OuterRef("requester"), organization=OuterRef("organization"))
    return Coalesce(
        Subquery(opening),
        Case(
            When(requester__isnull=True, then=F("creator_side")),
            default=Coalesce(Subquery(member.values("side")[:1]), Value("customer")),
        ),
    )


def one(actor: Actor, number: str, *more: str) -> Ticket:
    """One ticket by the number of its path. One statement."""
    known = reading.number(number)
    ticket = shown(seen(actor), *more).filter(pk=known).first() if known else None
    if ticket is None:
        raise missing("ticket")
    return ticket


def look(actor: Actor, number: str) -> Seen:
    """One ticket by the number of its path, to be shown and not to be worked on. One statement."""
    known = reading.number(number)
    ticket = statements.one(actor, known) if known else None
    if ticket is None:
        raise missing("ticket")
    return ticket


def again(number: int) -> Ticket:
    """A ticket that this request has written, as it is now."""
    return shown(Ticket.objects.all()).get(pk=number)


def public_comments() -> QuerySet[Comment]:
    """What customers may read; internal notes and tasks never appear here (SE-066, RC-352)."""
    return Comment.objects.filter(internal=False, deleted_at__isnull=True).exclude(type="task")


def comments(ticket: Ticket) -> list[Comment]:
    """The public comments, oldest first, each with its author and `files`. Two statements."""
    rows = list(public_comments().filter(ticket=ticket).select_related("author").order_by("sent_at", "id"))
    return with_files(rows, ticket)


def comment(actor: Actor, number: str) -> tuple[Comment, Ticket]:
    """One public comment of a visible ticket, by the number of its path. One statement."""
    known = reading.number(number)
    rows = public_comments().filter(ticket__in=seen(actor)).select_related("author", "ticket")
    found = rows.filter(pk=known).first() if known else None
    if found is None:
        raise missing("comment")
    return found, found.ticket


def with_files(rows: list[Comment], ticket: Ticket) -> list[Comment]:
    """Give each comment its `files`; those on the ticket itself belong to its opening message (RC-100)."""
    attached: dict[int | None, list[Attachment]] = {}
    for file in public_files().filter(ticket=ticket, time_entry__isnull=True).order_by("id"):
        attached.setdefault(file.comment_id, []).append(file)
    for row in rows:
        own = attached.get(row.pk, [])
        row.files = own + attached.get(None, []) if row.type == "opening" else own  # type: ignore[attr-defined]
    return rows


def public_files() -> QuerySet[Attachment]:
    """Files, not links, that customers may see."""
    return Attachment.objects.filter(type="file", internal=False, deleted_at__isnull=True)


def words(column: str) -> list[str]:
    """The words of a search; so many that no database minds."""
    found = list(dict.fromkeys(column.split()))
    if len(found) > MOST_WORDS:
        raise invalid([("q", f"This may have at most {MOST_WORDS} words.")])
    return found


def matching(q: str) -> Q:
    """Each word in the summary or in a public comment; digits also the ticket of that number (SE-087)."""
    text = Q()
    for word in words(q):
        said = public_comments().filter(ticket=OuterRef("pk")).filter(folding.has("text", word))
        text &= folding.has("title", word) | folding.has("description", word) | Q(Exists(said))
    number = reading.number(q.strip())
    return text | Q(pk=number) if number else text


def in_projects(keys: Iterable[str]) -> Q:
    """Tied to at least one of these projects."""
    return Q(Exists(AccessProject.objects.filter(ticket=OuterRef("pk"), key__in=list(keys))))


def about_abuse(organization_id: int) -> Q:
    """A shown category is marked as abuse (SE-085); the list given at creation counts first, as it is shown first."""
    marked = Category.objects.filter(organization_id=organization_id, is_abuse=True, for_customers=True)
    keys = {row.pk: row.key or str(row.pk) for row in marked}
    nothing_kept = Q(extra__selectel__categories__isnull=True)
    return Q(KeptCategory(list(keys.values()))) | (nothing_kept & Q(category__in=list(keys)))


class KeptCategory(Func):
    """Whether the list of category keys that was given at creation has one of these."""

    output_field = BooleanField()

    def __init__(self, keys: list[str]) -> None:
        super().__init__(F("extra"), *(Value(key) for key in keys or [""]))

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Any:  # type: ignore[override]
        """Both databases unfold the array; only their spelling differs."""
        extra, *keys = self.source_expressions
        column, column_params = compiler.compile(extra)
        marks = [compiler.compile(key) for key in keys]
        unfolded = (
            f"jsonb_array_elements_text({column} -> 'selectel' -> 'categories') AS kept(value)"
            if connection.vendor == "postgresql"
            else f"json_each({column}, '$.selectel.categories') AS kept"
        )
        sql = f"EXISTS (SELECT 1 FROM {unfolded} WHERE kept.value IN ({', '.join(mark for mark, _ in marks)}))"  # noqa: S608
        return sql, [*column_params, *(param for _, params in marks for param in params)]


def ordered(column: Any, order: str) -> tuple[Any, ...]:
    """An order by a column, nulls last both ways, ties by number in the same direction (SE-083, SE-113)."""
    expression = F(column) if isinstance(column, str) else column
    if order == "asc":
        return expression.asc(nulls_last=True), F("pk").asc()
    return expression.desc(nulls_last=True), F("pk").desc()


def by_status() -> Case:
    """in_progress, resolved, closed (SE-113)."""
    return Case(When(CLOSED, then=2), When(phase="solved", then=1), default=0, output_field=IntegerField())


def when_closed() -> Case:
    """The closing moment of closed tickets; others show none, whatever an import gave them (RC-087)."""
    return Case(When(CLOSED, then=F("closed_at")), default=None)
