"""Writing what people prepare for themselves and each other: canned replies, macros, saved views (PL-201, PL-202).

Such a row is one's own, a team's or everybody's (`directory.sharing`). Whoever may not write it, what does not fit and
what has changed since is refused here, for every face alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from polydesk.directory import sharing
from polydesk.directory.actors import Actor
from polydesk.web.sentences import say

from .checks import Rows
from .refusals import Denied, Refusal, Refused, Stale, refuse


@dataclass(frozen=True, slots=True)
class Readers:
    """For whom: a team, everybody, or only whoever writes it."""

    team: int | None = None
    everybody: bool = False


MINE = Readers()


def add(row: Any, values: Mapping[str, Any], *, by: Actor, readers: Readers = MINE) -> Any:
    """Keep a new row with these values, for these readers."""
    row.organization_id = by.organization_id
    _hand(row, readers, by)
    _put(row, values)
    keep(row)
    return row


def change(
    row: Any, values: Mapping[str, Any], *, by: Actor, readers: Readers | None = None, expected: int | None = None
) -> bool:
    """Change a row, perhaps with its readers; False when it was so already. `expected` is the version that was seen."""
    require_keeper(row, by, expected)
    names = (*values, "owner_id", "team_id")
    before = [getattr(row, name) for name in names]
    if readers is not None and readers != _present(row):
        _hand(row, readers, by)
    _put(row, values)
    if before == [getattr(row, name) for name in names]:
        return False
    row.version += 1
    keep(row)
    return True


def remove(row: Any, *, by: Actor, expected: int | None = None) -> None:
    """Forget a row."""
    require_keeper(row, by, expected)
    row.delete()


def require_keeper(row: Any, by: Actor, expected: int | None = None) -> None:
    """Raise unless the actor may change the row and has seen it as it is."""
    if not sharing.may_change(by, row):
        raise Denied(say("This belongs to others."))
    require_version(row, expected)


def require_version(row: Any, expected: int | None) -> None:
    """Raise Stale when somebody has changed the row since."""
    if expected is not None and expected != row.version:
        raise Stale(row.version)


def require_staff(by: Actor) -> None:
    """Raise for customers."""
    if not by.is_staff:
        raise Denied(say("This is for staff."))


def keep(row: Any) -> None:
    """Store a row that holds together; else Refused, with its complaints by field."""
    try:
        row.full_clean()
    except ValidationError as error:
        raise Refused(_refusals(error)) from None
    row.save()


def _hand(row: Any, readers: Readers, by: Actor) -> None:
    others = readers.everybody or readers.team is not None
    if readers.team is not None and Rows(by.organization_id).get("directory.Team", readers.team) is None:
        raise refuse("unknown", "team", say("There is no such team."))
    if others and not sharing.may_share(by, readers.team):
        raise Denied(say("What is meant for others is written by their own people and by administrators."))
    row.team_id, row.owner_id = readers.team, None if others else by.person_id


def _present(row: Any) -> Readers:
    return MINE if row.owner_id else Readers(row.team_id, row.team_id is None)


def _put(row: Any, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _refusals(error: ValidationError) -> list[Refusal]:
    found = error.error_dict if hasattr(error, "error_dict") else {"": [error]}
    return [
        Refusal(
            "unknown" if problem.code == "unknown" else "invalid",
            "" if name == "__all__" else name,
            " ".join(problem.messages),
        )
        for name, problems in found.items()
        for problem in problems
    ]
