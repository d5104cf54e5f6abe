"""The one way to run a hot statement's SQL text on either database.

On PostgreSQL the text goes straight to psycopg, prepared and with binary rows, inside Django's own connection and
transaction; on SQLite straight to sqlite3. A bare driver cursor skips four things of Django's, which `run` does
instead: it opens a closed connection, refuses inside a broken transaction, gives Django's exceptions, and passes
`connection.execute_wrappers`, so that statements can be counted.

Text is written once with `%s` or `%(name)s` for both databases, or as `Both(postgres, sqlite)` where they differ.
SQLite knows no types beyond text and number, so a column of its answer can name one: `created AS "created [utc]"`
comes back as an aware datetime, `extra AS "extra [json]"` as Python values. (PostgreSQL reads such an alias as a name.)
"""

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial
from itertools import count
from typing import Any, NamedTuple

import msgspec
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import RawCursor

Args = Sequence[Any] | Mapping[str, Any]
Row = tuple[Any, ...]


class Both(NamedTuple):
    """One statement, its text for each database side by side."""

    postgres: str
    sqlite: str


def fetch_all(sql: str | Both, args: Args = (), *, using: str = "default") -> list[Row]:
    return run(sql, args, using=using).fetchall()  # type: ignore[no-any-return]


def fetch_one(sql: str | Both, args: Args = (), *, using: str = "default") -> Row | None:
    return run(sql, args, using=using).fetchone()  # type: ignore[no-any-return]


def listed(values: Iterable[int | str]) -> Any:
    """Values for `= ANY(%s)` on PostgreSQL, for `IN (SELECT value FROM json_each(%s))` on SQLite."""
    return list(values) if vendor() == "postgresql" else json.dumps(list(values))


def run(sql: str | Both, args: Args = (), *, using: str = "default", binary: bool = True) -> Any:
    """Executes and returns the driver's cursor (`fetchone`, `fetchall`, `rowcount`).

    Without `binary`, PostgreSQL's rows come in its text format, as Django's fields read them."""
    connection = connections[using]
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    if connection.vendor == "postgresql":
        (text, names), go = (
            _for_postgres(sql.postgres if isinstance(sql, Both) else sql),
            _on_postgres if binary else _in_text,
        )
        if names:
            args = [args[name] for name in names]  # type: ignore[call-overload]
    else:
        text, args, go = _for_sqlite(sql.sqlite if isinstance(sql, Both) else sql), _plain(args), _on_sqlite
    with connection.wrap_database_errors:
        if not connection.execute_wrappers:
            return go(text, args, False, {"connection": connection})
        step: Any = go
        for wrapper in reversed(connection.execute_wrappers):
            step = partial(wrapper, step)
        return step(text, args, False, {"connection": connection, "cursor": None})


def _on_postgres(sql: str, args: Args, many: bool, context: dict[str, Any]) -> Any:
    return RawCursor(context["connection"].connection).execute(sql, args, binary=True)


def _in_text(sql: str, args: Args, many: bool, context: dict[str, Any]) -> Any:
    return RawCursor(context["connection"].connection).execute(sql, args)


def _on_sqlite(sql: str, args: Args, many: bool, context: dict[str, Any]) -> Any:
    return context["connection"].connection.execute(sql, args)


_PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?s|%%")


@lru_cache(maxsize=1024)
def _for_postgres(sql: str) -> tuple[str, tuple[str, ...]]:
    """PostgreSQL's own placeholders, and the names that stand for them: psycopg would look for its own in the text
    each time, which for the insert of many rows takes longer than the insert."""
    names: list[str] = []
    marks = count(1)

    def spell(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        if not found[1]:
            return f"${next(marks)}"
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return _PLACEHOLDER.sub(spell, sql), tuple(names)


@lru_cache(maxsize=1024)
def _for_sqlite(sql: str) -> str:
    def spell(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        return f":{found[1]}" if found[1] else "?"

    return _PLACEHOLDER.sub(spell, sql)


def _plain(args: Args) -> Args:
    """Moments as Django stores them in SQLite: without zone, in UTC."""
    if isinstance(args, Mapping):
        return {name: _moment(value) if type(value) is datetime else value for name, value in args.items()}
    return [_moment(value) if type(value) is datetime else value for value in args]


def _moment(value: datetime) -> str:
    return str(value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value)


def vendor(using: str = "default") -> str:
    connection: BaseDatabaseWrapper = connections[using]
    return connection.vendor


sqlite3.register_converter("utc", lambda raw: datetime.fromisoformat(raw.decode()).replace(tzinfo=UTC))
sqlite3.register_converter("json", msgspec.json.decode)
