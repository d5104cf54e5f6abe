"""The hot writes as static text: insert rows, update one row, lock one ticket.

The text of each statement is made once from the model's own columns, so that it cannot drift from the migration; what
the ORM would do per row (compiling, `prepare_value`) is what this leaves out. Values keep the ORM's stored form: a test
writes the same rows both ways and compares them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Sequence
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Any, TypeVar

import msgspec
from django.db import connection, models
from django.db.models.base import ModelState

from polydesk.tickets.models import Ticket
from polydesk.web.statements import fetch_one, run, vendor

Row = TypeVar("Row", bound=models.Model)
Convert = Callable[[Any], Any] | None
CHUNK = 25


def new(model: type[Row], **values: Any) -> Row:
    """`model(**values)` without what Django's constructor does per column: signals, descriptors, defaults."""
    row = model.__new__(model)
    row._state = ModelState()
    constants, made = _defaults(model)
    known = row.__dict__
    known.update(constants)
    for name, make in made:
        known[name] = make()
    for name, value in values.items():
        setattr(row, name, value)
    return row


@lru_cache(maxsize=64)
def _defaults(model: type[models.Model]) -> tuple[dict[str, Any], list[tuple[str, Callable[[], Any]]]]:
    """What columns start with: values that all rows may share, and makers of those that they may not."""
    constants: dict[str, Any] = {}
    made: list[tuple[str, Callable[[], Any]]] = []
    for column in model._meta.concrete_fields:
        # What has no default says so by a class, which is callable as well.
        if (column.has_default() and callable(column.default)) or column.has_db_default():
            made.append((column.attname, column.get_default))
        else:
            constants[column.attname] = column.get_default()
    return constants, made


def insert(rows: Sequence[Row]) -> None:
    """Insert rows of one model and give them their ids; one statement for each 25. Columns with a database default
    keep it."""
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        columns = _columns(type(chunk[0]), vendor(), chunk[0].pk is not None)
        text = _insert_text(type(chunk[0]), vendor(), chunk[0].pk is not None, len(chunk))
        args = [value for row in chunk for value in columns.values_of(row)]
        for row, (pk,) in zip(chunk, run(text, args).fetchall(), strict=True):
            row.pk = pk
            row._state.adding = False
            row._state.db = "default"


def update(row: models.Model, names: Collection[str]) -> None:
    """Write the named columns (attribute names) of one row."""
    wanted = tuple(sorted(names))
    columns, text = _update_text(type(row), vendor(), wanted)
    run(text, [*columns.values_of(row), row.pk])


def lock(ticket_id: int, organization_id: int) -> Ticket | None:
    """The ticket, held until the end of the transaction; None when the organization has none of this number."""
    names, text = _lock_text(vendor())
    found = fetch_one(text, (ticket_id, organization_id))
    return Ticket.from_db("default", names, found) if found else None


class _Column:
    """A column with the conversion to its stored form."""

    __slots__ = ("attribute", "convert", "field", "name", "stamps")

    def __init__(self, field: models.Field[Any, Any], database: str) -> None:
        self.field = field
        self.name = field.column
        self.attribute = field.attname
        self.stamps = bool(getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False))
        self.convert = _conversion(field, database)


class _Columns(tuple[_Column, ...]):
    """Columns that are written together. Most values are stored as they are, so all are read at once."""

    @cached_property
    def _read(self) -> Callable[[models.Model], tuple[Any, ...]]:
        # of a single name it gives the value alone
        names = [column.attribute for column in self]
        return attrgetter(*names) if len(names) > 1 else lambda row: (getattr(row, names[0]),)

    @cached_property
    def _others(self) -> list[tuple[int, _Column]]:
        return [(n, column) for n, column in enumerate(self) if column.stamps or column.convert]

    def values_of(self, row: models.Model) -> list[Any]:
        """The stored form of a row's values, in order."""
        values = list(self._read(row))
        for n, column in self._others:
            value = column.field.pre_save(row, True) if column.stamps else values[n]
            values[n] = value if value is None or column.convert is None else column.convert(value)
        return values


def _conversion(field: models.Field[Any, Any], database: str) -> Convert:
    kind = field.get_internal_type()
    if kind == "JSONField":
        return _json
    if kind == "DateTimeField":
        return _moment
    if database == "sqlite":
        if kind == "DateField":
            return dt.date.isoformat
        if kind == "UUIDField":
            return _hex
    if kind in _PLAIN:
        return None
    return lambda value: field.get_db_prep_save(value, connection)


_PLAIN = {
    "AutoField",
    "BigAutoField",
    "BigIntegerField",
    "BooleanField",
    "CharField",
    "DateField",
    "ForeignKey",
    "IntegerField",
    "OneToOneField",
    "PositiveIntegerField",
    "PositiveSmallIntegerField",
    "SlugField",
    "SmallIntegerField",
    "TextField",
    "UUIDField",
}


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _moment(value: dt.datetime) -> dt.datetime:
    return value if value.tzinfo else value.replace(tzinfo=dt.UTC)


def _hex(value: uuid.UUID | str) -> str:
    return value.hex if isinstance(value, uuid.UUID) else uuid.UUID(value).hex


@lru_cache(maxsize=256)
def _columns(model: type[models.Model], database: str, with_key: bool) -> _Columns:
    fields = [f for f in model._meta.concrete_fields if with_key or not f.primary_key]
    return _Columns(_Column(f, database) for f in fields if not f.has_db_default())


@lru_cache(maxsize=512)
def _insert_text(model: type[models.Model], database: str, with_key: bool, rows: int) -> str:
    columns = _columns(model, database, with_key)
    names = ", ".join(f'"{column.name}"' for column in columns)
    one = "(" + ", ".join(["%s"] * len(columns)) + ")"
    key = model._meta.pk.column
    return f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES {", ".join([one] * rows)} RETURNING "{key}"'  # noqa: S608


@lru_cache(maxsize=1024)
def _update_text(model: type[models.Model], database: str, names: tuple[str, ...]) -> tuple[_Columns, str]:
    columns = _Columns(c for c in _columns(model, database, False) if c.attribute in names)
    settings = ", ".join(f'"{column.name}" = %s' for column in columns)
    key = model._meta.pk.column
    return columns, f'UPDATE "{model._meta.db_table}" SET {settings} WHERE "{key}" = %s'  # noqa: S608


# Dates and booleans are read by Django's own converters, which go by the declared type of the column.
_READ_AS = {"DateTimeField": "utc", "JSONField": "json"}


@lru_cache(maxsize=4)
def _lock_text(database: str) -> tuple[list[str], str]:
    fields = list(Ticket._meta.concrete_fields)
    names = [field.attname for field in fields]
    if database == "postgresql":
        columns = ", ".join(f'"{field.column}"' for field in fields)
    else:
        columns = ", ".join(_sqlite_column(field) for field in fields)
    hold = " FOR UPDATE" if database == "postgresql" else ""
    text = f'SELECT {columns} FROM "tickets_ticket" WHERE "id" = %s AND "organization_id" = %s{hold}'  # noqa: S608
    return names, text


def _sqlite_column(field: models.Field[Any, Any]) -> str:
    kind = _READ_AS.get(field.get_internal_type())
    return f'"{field.column}" AS "{field.column} [{kind}]"' if kind else f'"{field.column}"'
