"""Business hours as a value: when somebody is there, in which time zone, and on which days nobody is.

A boundary that the clock shows twice (autumn) means its first showing; one that it never shows (spring) means the
moment it jumps. So openings keep their order and never overlap, whatever the zone does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIDNIGHT = 24 * 60
OPEN = "business hours"
CLOSED = "outside business hours"
FURTHEST = dt.timedelta(days=3660)
"""Nobody promises further ahead; a calendar that never opens ends here."""

Span = tuple[int, int]
"""From minute to minute of a day, 0 to 1440."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of time that counts, or not, and why."""

    start: dt.datetime
    end: dt.datetime
    counts: bool
    reason: str


@dataclass(frozen=True)
class Hours:
    """The spans of each weekday, days with hours of their own, and the public holidays of a region (`DE`, `DE-BY`)."""

    zone: str = "UTC"
    week: tuple[tuple[Span, ...], ...] = ()
    days: Mapping[dt.date, tuple[str, tuple[Span, ...]]] = field(default_factory=dict)
    region: str = ""

    @property
    def is_always(self) -> bool:
        """Around the clock, on holidays too."""
        return not self.week

    def walk(self, start: dt.datetime) -> Iterator[Piece]:
        """Time from `start` on, cut where it begins or ceases to count; ends after ten years."""
        if self.is_always:
            yield Piece(start, start + FURTHEST, True, "around the clock")
            return
        day = start.astimezone(ZoneInfo(self.zone)).date()
        last = day + FURTHEST
        held: Piece | None = None
        while day <= last:
            for piece in self._day(day):
                if piece.end <= start:
                    continue
                piece = Piece(max(piece.start, start), piece.end, piece.counts, piece.reason)
                if held and (held.counts, held.reason) == (piece.counts, piece.reason):
                    held = Piece(held.start, piece.end, held.counts, held.reason)
                    continue
                if held:
                    yield held
                held = piece
            day += dt.timedelta(days=1)
        if held:
            yield held

    def _day(self, day: dt.date) -> Iterator[Piece]:
        spans, closed = self._spans(day)
        at = 0
        for start, end in (*spans, (MIDNIGHT, MIDNIGHT)):
            yield from self._piece(day, at, start, False, closed)
            yield from self._piece(day, start, end, True, OPEN)
            at = end

    def _piece(self, day: dt.date, start: int, end: int, counts: bool, reason: str) -> Iterator[Piece]:
        if start < end:
            opens, closes = instant(self.zone, day, start), instant(self.zone, day, end)
            if opens < closes:
                yield Piece(opens, closes, counts, reason)

    def _spans(self, day: dt.date) -> tuple[tuple[Span, ...], str]:
        """The spans of a day and the reason why the rest of it does not count."""
        if day in self.days:
            name, spans = self.days[day]
            return spans, f"holiday: {name}" if name else CLOSED
        name = public_holidays(self.region, day.year).get(day, "") if self.region else ""
        if name:
            return (), f"holiday: {name}"
        return self.week[day.weekday()], CLOSED


ALWAYS = Hours()


def instant(zone: str, day: dt.date, minute: int) -> dt.datetime:
    """The moment, in UTC, when the clocks of `zone` first show or pass this minute of the day."""
    wall = dt.datetime.combine(day, dt.time()) + dt.timedelta(minutes=minute)
    there = ZoneInfo(zone)
    found = wall.replace(tzinfo=there).astimezone(dt.UTC)
    if found.astimezone(there).replace(tzinfo=None) == wall:
        return found
    before, after = wall.replace(tzinfo=there, fold=1).astimezone(dt.UTC), found
    while after - before > dt.timedelta(seconds=1):  # the jump lies in (before, after]
        middle = before + (after - before) // 2
        before, after = (before, middle) if middle.astimezone(there).replace(tzinfo=None) >= wall else (middle, after)
    return after.replace(microsecond=0)


@lru_cache(maxsize=256)
def public_holidays(region: str, year: int) -> Mapping[dt.date, str]:
    """Public holidays of a country or of a part of it, by date."""
    country, _, part = region.partition("-")
    return dict(holidays.country_holidays(country, subdiv=part or None, years=year))


def read_spans(texts: Sequence[Sequence[str]]) -> tuple[Span, ...]:
    """`[["09:00", "12:00"], ["13:00", "24:00"]]` as minutes; ValueError unless in order and apart."""
    spans = tuple((_minute(start), _minute(end)) for start, end in texts)
    flat = [minute for span in spans for minute in span]
    if any(start >= end for start, end in spans) or flat != sorted(flat):
        raise ValueError("hours must be given in order, without overlapping")
    return spans


def _minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    found = int(hour) * 60 + int(minute or 0)
    if not (0 <= found <= MIDNIGHT and 0 <= int(minute or 0) < 60):
        raise ValueError(f"{text} is no time of day")
    return found
