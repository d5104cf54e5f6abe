"""What an automation is made of: when, if, then. Kept as JSON of exactly this shape (PL-104 for the condition)."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class Event(msgspec.Struct, tag="event", tag_field="by", forbid_unknown_fields=True):
    """When one of these things happens (`happenings`); `field` and `to` narrow a change."""

    of: list[str]
    field: str = ""
    to: str | int = ""


class Time(msgspec.Struct, tag="time", tag_field="by", forbid_unknown_fields=True):
    """When so many hours have passed since something, once for each time that it happens (`clock.SINCE`)."""

    hours: int
    since: str = "activity"


class HandTo(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody of a team: each in turn, or whoever has the fewest open tickets."""

    team: int
    how: Literal["turn", "load"] = "turn"


class Then(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What it does, in one command: so it leaves one event, and one undo takes it back."""

    values: dict[str, Any] = {}
    add_tags: list[int] = []
    remove_tags: list[int] = []
    hand_to: HandTo | None = None
    text: str = ""
    internal: bool = True
    tell_people: list[int] = []
    tell_teams: list[int] = []
    checklist: int | None = None


class Recipe(msgspec.Struct, forbid_unknown_fields=True):
    """The whole; `condition` is a query as lists know it, empty for every ticket."""

    when: Event | Time
    condition: str = ""
    then: Then = Then()


def read(kept: Any) -> Recipe:
    """The recipe that a row keeps; msgspec.ValidationError for anything else."""
    return msgspec.convert(kept, Recipe)


def written(recipe: Recipe) -> dict[str, Any]:
    """The recipe as a row keeps it."""
    found: dict[str, Any] = msgspec.to_builtins(recipe)
    return found
