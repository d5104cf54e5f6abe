"""Fill a desk with many tickets, their events, comments and search documents: COPY on PostgreSQL.

python -m bench.generate 100000        (for the desk that POLYDESK_DATA_DIR or POLYDESK_DATABASE_URL names)
"""

import datetime as dt
import os
import random
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

ORGANIZATIONS = 20
EVENTS_PER_TICKET = 10
COMMENTS_PER_TICKET = 2
START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
STATUSES = (
    ("new", "new"),
    ("assigned", "open"),
    ("in_progress", "open"),
    ("waiting_customer", "waiting"),
    ("solved", "solved"),
    ("closed", "closed"),
    ("closed", "closed"),
    ("closed", "closed"),
)
WORDS = 30_000


def fill(tickets: int, seed: int = 7, among: int = ORGANIZATIONS) -> str:
    """Make `tickets` tickets, spread over `among` organizations; answers the secret of an agent of the first."""
    from django.contrib.auth.models import User
    from django.db import connection

    from polydesk.directory import actors, founding
    from polydesk.directory.models import Company, Organization
    from polydesk.tickets.models import Category, Comment, Event, Ticket

    dice = random.Random(seed)
    organizations = [founding.found(f"Organization {n}", f"org-{n}") for n in range(among)]
    agents, companies, categories = {}, {}, {}
    for organization in organizations:
        user = User.objects.create(username=f"agent-{organization.key}")
        agents[organization.pk] = [
            founding.add_person(organization, "Agent One", role="agent", user=user),
            *(
                founding.add_person(organization, f"Person {n}", role="agent", login=f"p{n}-{organization.key}")
                for n in range(9)
            ),
        ]
        companies[organization.pk] = [
            Company.objects.create(organization=organization, name=f"Company {n}") for n in range(20)
        ]
        categories[organization.pk] = [
            Category.objects.create(organization=organization, name=f"Category {n}") for n in range(10)
        ]
    words = _vocabulary(dice)

    def some(count: int) -> str:
        return " ".join(words[min(int(dice.paretovariate(0.6)) - 1, WORDS - 1)] for _ in range(count))

    def make_tickets() -> Iterator[Any]:
        for number in range(1, tickets + 1):
            organization = organizations[number % among]
            status, phase = dice.choice(STATUSES)
            made = START + dt.timedelta(minutes=number)
            person = dice.choice(agents[organization.pk])
            yield Ticket(
                id=number,
                organization_id=organization.pk,
                kind=dice.choice(("request", "incident", "problem", "change")),
                company_id=dice.choice(companies[organization.pk]).pk,
                requester_id=person.pk,
                creator_id=person.pk,
                status=status,
                phase=phase,
                title=some(6)[:255],
                description=some(27),
                priority="normal",
                priority_level=3,
                category_id=dice.choice(categories[organization.pk]).pk,
                assignee_id=dice.choice(agents[organization.pk]).pk,
                shared=True,
                channel="email",
                created_at=made,
                edited_at=made,
                active_at=made,
                public_active_at=made,
                solved_at=made if phase in ("solved", "closed") else None,
                closed_at=made if phase == "closed" else None,
                version=EVENTS_PER_TICKET,
                latest_side="customer",
            )

    def make_comments() -> Iterator[Any]:
        for number in range(1, tickets + 1):
            for n in range(COMMENTS_PER_TICKET):
                yield Comment(
                    ticket_id=number,
                    text=some(20),
                    side="staff",
                    via="bench",
                    sent_at=START + dt.timedelta(minutes=number + n),
                )

    def make_events() -> Iterator[Any]:
        for number in range(1, tickets + 1):
            organization = organizations[number % among]
            for n in range(1, EVENTS_PER_TICKET + 1):
                yield Event(
                    organization_id=organization.pk,
                    ticket_id=number,
                    number=n,
                    verb="edit",
                    side="staff",
                    via="bench",
                    at=START + dt.timedelta(minutes=number + n),
                    changes={"impact": [n, n + 1]},
                    values_digest="0" * 64,
                    digest=f"{number:032x}{n:032x}",
                )

    began = time.monotonic()
    for what, rows, total in (
        ("tickets", make_tickets(), tickets),
        ("comments", make_comments(), tickets * COMMENTS_PER_TICKET),
        ("events", make_events(), tickets * EVENTS_PER_TICKET),
    ):
        _load(rows)
        print(f"{total:,} {what} after {time.monotonic() - began:.0f} s", flush=True)
    _documents(tickets, some)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in ("tickets_ticket", "tickets_comment", "tickets_event"):
                newest = f"(SELECT max(id) FROM {table})"  # noqa: S608
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {newest})")
        cursor.execute("ANALYZE")
    print(f"filled after {time.monotonic() - began:.0f} s", flush=True)
    first = Organization.objects.get(key="org-0")
    return actors.issue(agents[first.pk][0], "native")[1]


def _vocabulary(dice: random.Random) -> list[str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return ["".join(dice.choices(letters, k=dice.randint(3, 10))) for _ in range(WORDS)]


def _load(rows: Iterable[Any]) -> None:
    from django.db import connection, transaction

    from polydesk.tickets.statements import writing
    from polydesk.web.statements import vendor

    found = iter(rows)
    first = next(found)
    columns = writing._columns(type(first), vendor(), first.pk is not None)
    names = ", ".join(f'"{c.name}"' for c in columns)
    table = type(first)._meta.db_table

    def values() -> Iterator[Sequence[Any]]:
        yield [writing._value(c, first) for c in columns]
        for row in found:
            yield [writing._value(c, row) for c in columns]

    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for row in values():
                    copy.write_row(row)
        else:
            text = f'INSERT INTO "{table}" ({names}) VALUES ({", ".join("?" * len(columns))})'  # noqa: S608
            plain = (
                [str(v.replace(tzinfo=None)) if isinstance(v, dt.datetime) else v for v in row] for row in values()
            )
            connection.connection.executemany(text, plain)


def _documents(tickets: int, some: Any) -> None:
    from django.db import connection, transaction

    from polydesk.features.search import words

    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor, cursor.copy("COPY search_document FROM STDIN") as copy:
                for number in range(1, tickets + 1):
                    vector = words.as_vector(words.split(f"{number} {some(27)}{_rare(number)}"))
                    copy.write_row((number, vector, vector))
        else:
            rows = ((n, n, " ".join(words.split(f"{n} {some(27)}{_rare(n)}")), "") for n in range(1, tickets + 1))
            connection.connection.executemany(
                "INSERT INTO search_document (rowid, ticket_id, public, internal) VALUES (?, ?, ?, ?)", rows
            )


def _rare(number: int) -> str:
    """A word that one ticket in five hundred holds, for the search to find."""
    return " rareword" if number % 500 < 20 else ""


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polydesk.server.settings")
    import django

    django.setup()
    print(fill(int(sys.argv[1])))
