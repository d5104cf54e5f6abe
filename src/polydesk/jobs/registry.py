"""What can be done later: `@job` names the function for a kind of job, `@tick` one that runs at fixed times.

Importing the module that holds the function registers it, so an app imports such modules in its `ready()`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from polydesk.jobs.running import Running

# At once, then after these seconds: ten tries in about three days (RS-046).
SCHEDULE = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
TICK_SCHEDULE = (5, 30, 60)

Handler = Callable[["Running"], Any]
TickHandler = Callable[[datetime], Any]
H = TypeVar("H", bound=Handler)
T = TypeVar("T", bound=TickHandler)


class Retry(Exception):
    """Raised by a handler: not this time. `after` overrules the schedule (a receiver's Retry-After)."""

    def __init__(self, reason: str, *, after: timedelta | None = None) -> None:
        self.after = after
        super().__init__(reason)


class GiveUp(Exception):
    """Raised by a handler: trying again is of no use; the job becomes a dead letter."""


@dataclass(frozen=True)
class Kind:
    name: str
    handler: Handler
    schedule: Sequence[float]
    slots: int
    atomic: bool


@dataclass(frozen=True)
class Tick:
    name: str
    handler: TickHandler
    every: timedelta
    offset: timedelta
    each: bool
    atomic: bool


KINDS: dict[str, Kind] = {}
TICKS: dict[str, Tick] = {}


def job(kind: str, *, schedule: Sequence[float] = SCHEDULE, slots: int = 0, atomic: bool = True) -> Callable[[H], H]:
    """Registers the handler of a kind: `@job("webhook.send", slots=2, atomic=False)`.

    `atomic`: the handler runs in one transaction with the mark that it is done, so its effect in our database happens
    exactly once. A handler that talks to the outside says `atomic=False` (RS-003) and writes what it learnt in
    `with job.finishing(): …`. `schedule`: seconds to wait before each further try, ±20 %. `slots`: how many jobs of one
    `group` may run at once (RS-047).
    """

    def register(handler: H) -> H:
        KINDS[kind] = Kind(kind, handler, tuple(schedule), slots, atomic)
        return handler

    return register


def tick(
    *,
    every: timedelta,
    name: str = "",
    offset: timedelta = timedelta(0),
    each: bool = False,
    atomic: bool = True,
) -> Callable[[T], T]:
    """Runs the function at each multiple of `every` (counted from 1970 in UTC, plus `offset`), once over all workers.

    It is given the due time. After a stop it runs once for all that was missed; with `each`, once per missed due time.
    It runs as a job: tried again when it fails, and in one transaction unless `atomic=False` (mail fetching).
    """

    def register(handler: T) -> T:
        known = name or f"{handler.__module__}.{getattr(handler, '__name__', 'tick')}"
        TICKS[known] = Tick(known, handler, every, offset, each, atomic)
        return handler

    return register
