"""Saving views: a query under a name, for oneself, a team or everybody (PL-201)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polydesk.directory.actors import Actor
from polydesk.tickets import prepared
from polydesk.tickets.prepared import MINE, Readers

from .language import parse
from .models import View
from .terms import compile


def add(values: Mapping[str, Any], *, by: Actor, readers: Readers = MINE) -> View:
    """Save a query; QueryError says what is wrong with it."""
    check(values.get("query", ""), by)
    view: View = prepared.add(View(), values, by=by, readers=readers)
    return view


def put(name: str, values: Mapping[str, Any], *, by: Actor, readers: Readers = MINE) -> View:
    """The same, but a view of this name for the same readers is replaced."""
    mine = not (readers.everybody or readers.team is not None)
    same = View.objects.filter(organization_id=by.organization_id, name=name, team=readers.team)
    view = same.filter(owner=by.person_id if mine else None).first()
    if view is None:
        return add({"name": name, **values}, by=by, readers=readers)
    change(view, values, by=by)
    return view


def change(
    view: View, values: Mapping[str, Any], *, by: Actor, readers: Readers | None = None, expected: int | None = None
) -> bool:
    """Change a view; False when it was so already."""
    prepared.require_keeper(view, by, expected)
    if "query" in values:
        check(values["query"], by)
    return prepared.change(view, values, by=by, readers=readers)


def check(query: str, by: Actor) -> None:
    """Raise QueryError unless the query can be read and means something for this actor."""
    node = parse(query)
    if node is not None:
        compile(node, by)
