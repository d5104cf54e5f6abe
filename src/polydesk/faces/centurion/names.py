"""The objects that answers refer to (CE-232 … CE-235), read in one statement however many there are (CE-294)."""

# ruff: noqa: S608 - every text is made of the constants in this file

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from polydesk.web.statements import Both, fetch_all, listed

from . import codes

Url = Callable[[str], str]

# What -> its rows with six texts, a number and a flag each, so that the parts can stand in one UNION.
_NONE = "''"
_PARTS = {
    what: f"SELECT '{what}', x.id, {', '.join((texts + [_NONE] * 6)[:6])}, {number}, {flag} FROM {rows} WHERE x.id"
    for what, rows, texts, number, flag in (
        (
            "user",
            "directory_person x",
            ["COALESCE(x.login, '')", "x.email", "x.name", "x.first_name", "x.last_name"],
            "0",
            "x.is_active",
        ),
        (
            "team",
            "directory_team x JOIN directory_organization o ON o.id = x.organization_id",
            ["x.name", "o.name"],
            "x.organization_id",
            "x.is_active",
        ),
        ("organization", "directory_organization x", ["x.name"], "0", "TRUE"),
        (
            "category",
            """tickets_category x LEFT JOIN tickets_category a ON a.id = x.parent_id
               LEFT JOIN tickets_category b ON b.id = a.parent_id LEFT JOIN tickets_category c ON c.id = b.parent_id""",
            ["x.name", "COALESCE(a.name, '')", "COALESCE(b.name, '')", "COALESCE(c.name, '')"],
            "0",
            "TRUE",
        ),
        (
            "comment_category",
            """tickets_commentcategory x LEFT JOIN tickets_commentcategory a ON a.id = x.parent_id
               LEFT JOIN tickets_commentcategory b ON b.id = a.parent_id""",
            ["x.name", "COALESCE(a.name, '')", "COALESCE(b.name, '')"],
            "0",
            "TRUE",
        ),
        ("project", "directory_project x", ["x.name"], "0", "TRUE"),
        ("milestone", "directory_milestone x", ["x.name"], "x.project_id", "TRUE"),
        (
            "ticket",
            "tickets_ticket x",
            ["x.title", "x.kind", "x.status", "x.phase"],
            "COALESCE(x.project_id, 0)",
            "TRUE",
        ),
    )
}


@lru_cache(maxsize=256)
def _statement(wanted: tuple[str, ...]) -> Both:
    """One UNION of the parts that are wanted; the ids of each are one bound list."""
    return Both(
        postgres=" UNION ALL ".join(f"{_PARTS[what]} = ANY(%s::bigint[])" for what in wanted),
        sqlite=" UNION ALL ".join(f"{_PARTS[what]} IN (SELECT value FROM json_each(%s))" for what in wanted),
    )


class Names:
    """Collects what is referred to, reads it once, and answers the objects. `url` makes an address absolute."""

    def __init__(self, url: Url) -> None:
        self.url = url
        self._rows: dict[tuple[str, int], tuple[Any, ...] | None] = {}
        self._wanted: set[tuple[str, int]] = set()
        self.desks: dict[int, int] = {}
        """Who stands for the desk itself, by organization."""

    def want(self, what: str, *ids: int | None) -> None:
        """Make sure that these will be known."""
        self._wanted.update((what, i) for i in ids if i is not None)

    def load(self) -> None:
        """Read all that is wanted and not yet known: one statement."""
        missing = self._wanted - self._rows.keys()
        if not missing:
            return
        by_what: dict[str, list[int]] = {}
        for what, number in missing:
            by_what.setdefault(what, []).append(number)
        wanted = tuple(sorted(by_what))
        args = [listed(by_what[what]) for what in wanted]
        self._rows.update(dict.fromkeys(missing))
        for row in fetch_all(_statement(wanted), args):
            self._rows[row[0], row[1]] = row[2:]

    def row(self, what: str, number: int | None) -> tuple[Any, ...] | None:
        """What is known of it; None when there is no such object."""
        if number is None:
            return None
        if (what, number) not in self._rows:
            self.want(what, number)
            self.load()
        return self._rows[what, number]

    def show(self, what: str, number: int | None) -> dict[str, Any] | None:
        """The object as an answer shows it; None for none."""
        row = self.row(what, number)
        return None if row is None or number is None else _SHOW[what](self, number, row)

    def shown(self, what: str, numbers: Iterable[int]) -> list[dict[str, Any]]:
        """Several, in their order."""
        found = (self.show(what, number) for number in numbers)
        return [item for item in found if item is not None]

    def name(self, what: str, number: int | None) -> str:
        """The name alone; "" for none."""
        row = self.row(what, number)
        if row is None:
            return ""
        if what == "user":
            return username(*row[:3])
        return str(row[0])


def username(login: str, email: str, name: str) -> str:
    """The login, or the e-mail address of a contact without one (RC-026)."""
    return login or email or name


def _user(names: Names, number: int, row: tuple[Any, ...]) -> dict[str, Any]:
    shown = username(*row[:3])
    return {
        "id": number,
        "display_name": shown,
        "first_name": row[3],
        "last_name": row[4],
        "username": shown,
        "is_active": bool(row[7]),
        "url": names.url(f"base/user/{number}"),
    }


def _team(names: Names, number: int, row: tuple[Any, ...]) -> dict[str, Any]:
    return {
        "id": number,
        "display_name": f"{row[1]}, {row[0]}",
        "team_name": row[0],
        "url": names.url(f"access/organization/{row[6]}/team/{number}"),
    }


def _named(path: str) -> Callable[[Names, int, tuple[Any, ...]], dict[str, Any]]:
    def show(names: Names, number: int, row: tuple[Any, ...]) -> dict[str, Any]:
        return {
            "id": number,
            "display_name": row[0],
            "name": row[0],
            "url": names.url(path.format(id=number, number=row[6])),
        }

    return show


def _in_tree(path: str) -> Callable[[Names, int, tuple[Any, ...]], dict[str, Any]]:
    def show(names: Names, number: int, row: tuple[Any, ...]) -> dict[str, Any]:
        return {
            "id": number,
            "display_name": tree_name(row[:4]),
            "name": row[0],
            "url": names.url(f"{path}/{number}"),
        }

    return show


def tree_name(upwards: Iterable[str | None]) -> str:
    """`Parent > Child`, given the own name first (CE-178)."""
    return " > ".join(reversed([name for name in upwards if name]))


def _ticket(names: Names, number: int, row: tuple[Any, ...]) -> dict[str, Any]:
    path = ticket_path(row[1], number, row[6])
    return {
        "id": number,
        "display_name": row[0],
        "title": row[0],
        "url": names.url(path) if path else None,
    }


_SHOW: dict[str, Callable[[Names, int, tuple[Any, ...]], dict[str, Any]]] = {
    "user": _user,
    "team": _team,
    "organization": _named("access/organization/{id}"),
    "category": _in_tree("settings/ticket_category"),
    "comment_category": _in_tree("settings/ticket_comment_category"),
    "project": _named("project_management/project/{id}"),
    "milestone": _named("project_management/project/{number}/milestone/{id}"),
    "ticket": _ticket,
}

_ROUTE = {
    "request": "assistance/ticket/request",
    "incident": "itim/ticket/incident",
    "alert": "itim/ticket/incident",
    "problem": "itim/ticket/problem",
    "change": "itim/ticket/change",
}


def route(kind: str, project_id: int | None = None) -> str:
    """The list that tickets of this kind stand in; "" for kinds without one (CE-004, RC-150)."""
    if kind == "project_task":
        return f"project_management/project/{project_id}/project_task" if project_id else ""
    return _ROUTE.get(kind, "")


def ticket_path(kind: str, number: int, project_id: int | None) -> str:
    """The address of one ticket below the root; "" where it has none."""
    where = route(kind, project_id)
    return f"{where}/{number}" if where else ""


def type_flag(kind: str) -> str:
    """The word of the kind in category flags."""
    return codes.TYPES[codes.TYPE_OF_KIND[kind]][1]
