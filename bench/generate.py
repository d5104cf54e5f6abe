"""Fill a desk with many tickets, their events, comments and search documents: COPY on PostgreSQL.

python -m bench.generate 100000        (for the desk that POLYDESK_DATA_DIR or POLYDESK_DATABASE_URL names)
"""

import datetime as dt
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
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
POOL = 1_000_000
"""So many words of texts are drawn once; each text is a stretch of them."""
Rows = Iterator[dict[str, Any]]


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

    pool = [words[min(int(dice.paretovariate(0.6)) - 1, WORDS - 1)] for _ in range(POOL)]

    def some(count: int) -> str:
        start = dice.randrange(POOL - count)
        return " ".join(pool[start : start + count])

    def make_tickets() -> Rows:
        for number in range(1, tickets + 1):
            organization = organizations[number % among]
            status, phase = dice.choice(STATUSES)
            made = START + dt.timedelta(minutes=number)
            person = dice.choice(agents[organization.pk])
            yield {
                "id": number,
                "organization_id": organization.pk,
                "kind": dice.choice(("request", "incident", "problem", "change")),
                "company_id": dice.choice(companies[organization.pk]).pk,
                "requester_id": person.pk,
                "creator_id": person.pk,
                "status": status,
                "phase": phase,
                "title": some(6)[:255],
                "description": some(27),
                "category_id": dice.choice(categories[organization.pk]).pk,
                "assignee_id": dice.choice(agents[organization.pk]).pk,
                "created_at": made,
                "edited_at": made,
                "active_at": made,
                "public_active_at": made,
                "solved_at": made if phase in ("solved", "closed") else None,
                "closed_at": made if phase == "closed" else None,
            }

    def make_comments() -> Rows:
        for number in range(1, tickets + 1):
            for n in range(COMMENTS_PER_TICKET):
                yield {"ticket_id": number, "text": some(20), "sent_at": START + dt.timedelta(minutes=number + n)}

    def make_events() -> Rows:
        for number in range(1, tickets + 1):
            organization_id = organizations[number % among].pk
            for n in range(1, EVENTS_PER_TICKET + 1):
                yield {
                    "organization_id": organization_id,
                    "ticket_id": number,
                    "number": n,
                    "at": START + dt.timedelta(minutes=number + n),
                    "changes": {"impact": [n, n + 1]},
                    "digest": f"{number:032x}{n:032x}",
                }

    ticket = Ticket(
        id=1,
        priority="normal",
        priority_level=3,
        shared=True,
        channel="email",
        version=EVENTS_PER_TICKET,
        latest_side="customer",
    )
    began = time.monotonic()
    for what, alike, rows, total in (
        ("tickets", ticket, make_tickets(), tickets),
        ("comments", Comment(side="staff", via="bench"), make_comments(), tickets * COMMENTS_PER_TICKET),
        (
            "events",
            Event(verb="edit", side="staff", via="bench", values_digest="0" * 64),
            make_events(),
            tickets * EVENTS_PER_TICKET,
        ),
    ):
        _load(alike, rows)
        print(f"{total:,} {what} after {time.monotonic() - began:.0f} s", flush=True)
    _documents(tickets, some, [organization.pk for organization in organizations])
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


def _load(alike: Any, rows: Rows) -> None:
    """Rows that differ from one that is `alike` in the values given; a model's instance each would take an hour."""
    from django.db import connection, transaction

    from polydesk.tickets.statements import writing
    from polydesk.web.statements import vendor

    columns = writing._columns(type(alike), vendor(), alike.pk is not None)
    names = ", ".join(f'"{c.name}"' for c in columns)
    table = type(alike)._meta.db_table
    same = columns.values_of(alike)
    places = {c.attribute: (place, c.convert) for place, c in enumerate(columns)}

    def values() -> Iterator[Sequence[Any]]:
        for row in rows:
            line = same.copy()
            for name, value in row.items():
                place, convert = places[name]
                line[place] = value if value is None or convert is None else convert(value)
            yield line

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


def _documents(tickets: int, some: Any, organizations: list[int]) -> None:
    from django.db import connection, transaction

    from polydesk.features.search import words

    def public(number: int) -> str:
        return f"{number} {some(27)}{_rare(number)} {words.mark(organizations[number % len(organizations)])}"

    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor, cursor.copy("COPY search_document FROM STDIN") as copy:
                for number in range(1, tickets + 1):
                    vector = words.as_vector(public(number).split())
                    copy.write_row((number, vector, vector))
        else:
            rows = ((n, n, public(n), "") for n in range(1, tickets + 1))
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
