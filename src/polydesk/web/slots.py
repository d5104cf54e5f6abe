"""Places for expensive work: one per person and four per organization, over all processes (RS-163).

Whoever finds none is told so at once instead of slowing everybody down. A place that a killed process held is free
again after a while."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from polydesk.web.models import Slot
from polydesk.web.problems import Problem

PER_ORGANIZATION = 4
LASTS = 900.0
_TAKE = """INSERT INTO web_slot (name, until) VALUES (%(name)s, %(until)s)
    ON CONFLICT (name) DO UPDATE SET until = excluded.until WHERE web_slot.until < %(now)s RETURNING name"""


def held(content: Iterable[Any], *, person: int | None, organization: int) -> "Held":
    """The content of a long answer, which holds its places until the last byte; raises the problem `conflict`."""
    return Held(content, take(person, organization))


@contextmanager
def taken(*, person: int | None, organization: int) -> Iterator[None]:
    """Places for as long as the block runs. Begin it outside of a transaction, or nobody sees that they are taken."""
    names = take(person, organization)
    try:
        yield
    finally:
        give_back(names)


def take(person: int | None, organization: int) -> tuple[str, str]:
    """A person's place and one of the organization's; raises the problem `conflict`."""
    mine = f"person:{organization}:{person}"
    if not _take(mine):
        raise _busy("Something large that you began has not ended yet.")
    for number in range(PER_ORGANIZATION):
        theirs = f"organization:{organization}:{number}"
        if _take(theirs):
            return mine, theirs
    give_back((mine,))
    raise _busy("Your organization does as many large things as it may at once.")


def give_back(names: Iterable[str]) -> None:
    Slot.objects.filter(name__in=list(names)).delete()


class Held:
    """An iterator whose end, early or late, gives the places back; Django closes every answer."""

    def __init__(self, content: Iterable[Any], names: tuple[str, ...]) -> None:
        self.content, self.names = iter(content), names

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self.content)

    def close(self) -> None:
        names, self.names = self.names, ()
        if names:
            give_back(names)


def _take(name: str) -> bool:
    now = time.time()
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"name": name, "now": now, "until": now + LASTS})
        return cursor.fetchone() is not None


def _busy(detail: str) -> Problem:
    return Problem("conflict", detail, headers={"Retry-After": "10"})
