"""OPTIONS of every address: tickets, comments, links, and the plain resources (CE-260 … CE-265, CE-083, CE-205)."""

from __future__ import annotations

from typing import Any

from .. import codes, comment_fields, entries, fields, rules
from ..door import Call, Handler
from ..options import describe, metadata, rendered
from ..resources import Resource
from ..shapes import Field
from . import comments, links, own, tickets


def ticket_list(kind: str, methods: list[str]) -> Handler:
    """The form for a new ticket, and the columns of the list."""

    def options(call: Call, project_id: int | None = None) -> Any:
        call.need(call.caller.holds_anywhere("view", kind))
        if project_id is not None:
            tickets._project(call, project_id)
        role = _best_role(call, kind)
        return metadata(
            call,
            name="Tickets",
            description=codes.DESCRIPTIONS[kind],
            fields={name: _ticket_field(call, field, kind, role, {}) for name, field in fields.FIELDS.items()},
            methods=methods,
            table_fields=fields.TABLE_FIELDS,
        )

    return options


def _best_role(call: Call, kind: str) -> str:
    """The strongest set that the caller has for a new ticket in any organization."""
    if call.caller.is_superuser:
        return "superuser"
    found = {rules.creating(call.caller, o, kind, {}) for o in call.caller.actors}
    return next((role for role in ("import", "triage", "add") if role in found), "")


def _ticket_field(call: Call, field: Field, kind: str, role: str, render: dict[str, Any]) -> dict[str, Any]:
    read_only = field.read_only or role not in field.writers
    if field.name == "project" and kind == "project_task":
        read_only = True
    return describe(
        call,
        field,
        read_only=read_only,
        choices=fields.choices(field, kind),
        render=render or None,
    )


def ticket(kind: str, methods: list[str]) -> Handler:
    """The form of one ticket, with what its references stand for (CE-165)."""

    def options(call: Call, pk: int, project_id: int | None = None) -> Any:
        found = tickets.find(call, kind, pk, project_id)
        call.need(call.caller.holds("view", found.kind, found.organization_id))
        role = rules.changing(call.caller, found) or ""
        render = rendered(call, [found.description])
        described = {name: _ticket_field(call, field, kind, role, render) for name, field in fields.FIELDS.items()}
        described["organization"]["read_only"] = True
        return metadata(
            call,
            name="Ticket",
            description=codes.DESCRIPTIONS[kind],
            fields=described,
            methods=methods,
            back=call.request.build_absolute_uri(call.request.path.rpartition("/")[0]),
        )

    return options


def comment_list(methods: list[str]) -> Handler:
    """Comments and threads."""

    def options(call: Call, ticket_id: int, parent_id: int | None = None) -> Any:
        found = comments.of(call, ticket_id)
        return _comments(call, found, "Ticket Comments", methods, {}, listed=True)

    return options


def comment(methods: list[str]) -> Handler:
    """One comment."""

    def options(call: Call, ticket_id: int, pk: int, parent_id: int | None = None) -> Any:
        found = comments.of(call, ticket_id)
        entry = comments.find(call, found, pk, parent_id)
        call.names.load()
        render = rendered(call, [comments.body(entry, call.names)])
        return _comments(call, found, "Ticket Comment", methods, render, listed=False)

    return options


def _comments(
    call: Call, found: Any, name: str, methods: list[str], render: dict[str, Any], *, listed: bool
) -> dict[str, Any]:
    triage = entries.triages(call.caller, found)
    described = {}
    for field in comment_fields.FIELDS.values():
        writable = field.writers & ({"basic", "solution", "triage"} if triage else {"basic", "solution"})
        described[field.name] = describe(
            call,
            field,
            read_only=field.read_only or not writable,
            choices=codes.COMMENT_TYPES if field.name == "comment_type" else None,
            render=render or None,
        )
    return metadata(
        call, name=name, description="Comments made on Ticket", fields=described, methods=methods,
        table_fields=["display_name", "created"] if listed else None,
    )  # fmt: skip


def linked(name: str, thing: str, declared: dict[str, Field], methods: list[str]) -> Handler:
    """Linked items and related tickets."""

    def options(call: Call, ticket_id: int, pk: int | None = None) -> Any:
        links.of(call, ticket_id, "view", thing)
        return metadata(
            call,
            name=name if pk is None else name.removesuffix("s"),
            description=name,
            fields={field.name: describe(call, field) for field in declared.values()},
            methods=methods,
            table_fields=[f for f in declared if f != "_urls"] if pk is None else None,
        )

    return options


def resource(found: Resource, methods: list[str], *, listed: bool) -> Handler:
    """A plain resource."""

    def options(call: Call, **ids: int) -> Any:
        call.need(call.caller.holds_anywhere("view", found.thing))
        render: dict[str, Any] = {}
        if not listed:
            row = found.find(call, "view", **ids)
            texts = [getattr(row, f.core) for f in found.fields.values() if f.type == "Markdown" and f.core]
            render = rendered(call, texts)
        return metadata(
            call,
            name=found.plural if listed else found.name,
            description=found.plural,
            fields={name: describe(call, field, render=render or None) for name, field in found.fields.items()},
            methods=methods,
            table_fields=list(found.table_fields) if listed else None,
        )

    return options


def user_settings(methods: list[str]) -> Handler:
    """The own settings."""

    def options(call: Call, user_id: int) -> Any:
        own.own(call, user_id)
        described = {name: describe(call, field) for name, field in own.SETTINGS.items()}
        return metadata(call, name="User Setting", description="Your Settings", fields=described, methods=methods)

    return options


def tokens(methods: list[str]) -> Handler:
    """The own tokens: a fresh one is offered (CE-273)."""

    def options(call: Call, user_id: int, pk: int | None = None) -> Any:
        own.own(call, user_id)
        offered = own.offered() if pk is None else {}
        described = {name: describe(call, f, initial=offered.get(name)) for name, f in own.TOKENS.items()}
        return metadata(
            call,
            name="User Authentication Tokens" if pk is None else "User Authentication Token",
            description="API User Authentication Tokens",
            fields=described,
            methods=methods,
            table_fields=["note", "created", "expires"] if pk is None else None,
        )

    return options


def plain(name: str, methods: list[str]) -> Handler:
    """Addresses that are only read."""

    def options(call: Call, **ids: Any) -> Any:
        return metadata(
            call,
            name=name,
            description=name,
            fields={},
            methods=methods,
            table_fields=["display_name"],
        )

    return options
