"""The objects that answers refer to (CE-232 … CE-235), read in one statement however many there are (CE-294)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import BigIntegerField, BooleanField, CharField, F, QuerySet, Value
from django.db.models.functions import Cast, Coalesce

from polydesk.directory.models import Milestone, Organization, Person, Project, Team
from polydesk.tickets.models import Category, Comment, CommentCategory, Ticket

from . import codes

_TEXT = CharField()
Url = Callable[[str], str]


def _part(rows: QuerySet[Any], what: str, texts: Iterable[str], number: str = "", flag: str = "") -> QuerySet[Any, Any]:
    """The same columns for every model, so that the parts can stand in one UNION: up to six texts, a number, a flag."""
    named: list[Any] = [Coalesce(Cast(F(name), _TEXT), Value("")) for name in texts]
    named += [Value("", output_field=_TEXT)] * (6 - len(named))
    return rows.order_by().values_list(
        Value(what, output_field=_TEXT),
        Cast("pk", BigIntegerField()),
        *named,
        Cast(F(number), BigIntegerField()) if number else Value(0, output_field=BigIntegerField()),
        F(flag) if flag else Value(True, output_field=BooleanField()),
    )


_MODELS: dict[str, tuple[type[Any], tuple[str, ...], str, str]] = {
    "user": (Person, ("login", "email", "name", "first_name", "last_name"), "", "is_active"),
    "team": (Team, ("name", "organization__name"), "organization_id", ""),
    "organization": (Organization, ("name",), "", ""),
    "category": (Category, ("name", "parent__name", "parent__parent__name", "parent__parent__parent__name"), "", ""),
    "comment_category": (CommentCategory, ("name", "parent__name", "parent__parent__name"), "", ""),
    "project": (Project, ("name",), "", ""),
    "milestone": (Milestone, ("name",), "project_id", ""),
    "ticket": (Ticket, ("title", "kind", "status", "phase"), "project_id", ""),
    "comment": (Comment, ("text",), "ticket_id", ""),
}


class Names:
    """Collects what is referred to, reads it once, and answers the objects. `url` makes an address absolute."""

    def __init__(self, url: Url) -> None:
        self.url = url
        self._rows: dict[tuple[str, int], tuple[Any, ...] | None] = {}
        self._wanted: set[tuple[str, int]] = set()

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
        parts = []
        for what, ids in sorted(by_what.items()):
            model, texts, number_of, flag = _MODELS[what]
            parts.append(_part(model._default_manager.filter(pk__in=ids), what, texts, number_of, flag))
        self._rows.update(dict.fromkeys(missing))
        first, *others = parts
        for row in first.union(*others, all=True) if others else first:
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


def _comment(names: Names, number: int, row: tuple[Any, ...]) -> dict[str, Any]:
    return {"id": number, "display_name": row[0][:80], "url": names.url(f"core/ticket/{row[6]}/comments/{number}")}


_SHOW: dict[str, Callable[[Names, int, tuple[Any, ...]], dict[str, Any]]] = {
    "user": _user,
    "team": _team,
    "organization": _named("access/organization/{id}"),
    "category": _in_tree("settings/ticket_category"),
    "comment_category": _in_tree("settings/ticket_comment_category"),
    "project": _named("project_management/project/{id}"),
    "milestone": _named("project_management/project/{number}/milestone/{id}"),
    "ticket": _ticket,
    "comment": _comment,
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
