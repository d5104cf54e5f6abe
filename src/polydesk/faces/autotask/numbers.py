"""Ticket numbers `TYYYYMMDD.NNNN`: a rendering of the id and a day (RC-022, AT-340 … AT-343)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from django.db.models import CharField, F, Func, Value
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Coalesce, Concat

_PREFIX = re.compile(r"T(\d{4})(\d{2})(\d{2})", re.ASCII)


def prefix_day(text: Any, today: dt.date) -> str | None:
    """The day that a client chose by a prefix; None unless it is a real day up to today (AT-341, AT-342)."""
    found = _PREFIX.fullmatch(text) if isinstance(text, str) else None
    if not found:
        return None
    try:
        day = dt.date(*(int(part) for part in found.groups()))
    except ValueError:
        return None
    return day.strftime("%Y%m%d") if day <= today else None


class Day(Func):
    """The UTC day of a moment as `YYYYMMDD`."""

    output_field = CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        """By to_char."""
        return self.as_sql(compiler, connection, template="to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYYMMDD')")

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        """By strftime."""
        return self.as_sql(compiler, connection, template="strftime('%%%%Y%%%%m%%%%d', %(expressions)s)")


class Padded(Func):
    """A number with at least four digits; longer ones are never cut."""

    output_field = CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        """By lpad to the greater of four and the length."""
        return self.as_sql(
            compiler,
            connection,
            template="lpad(%(expressions)s::text, greatest(4, length(%(expressions)s::text)), '0')",
        )

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        """By printf."""
        return self.as_sql(compiler, connection, template="printf('%%%%04d', %(expressions)s)")


def ticket_number(tables: Any) -> Any:
    """The number of a ticket as SQL, so that it can be filtered (RC-349)."""
    chosen = KeyTextTransform("day", KeyTransform("autotask", "extra"))
    day = Coalesce(chosen, Day(F("created_at")), output_field=CharField())
    return Concat(Value("T"), day, Value("."), Padded(F("id")), output_field=CharField())


def show_number(tables: Any, number: int, created: str, extra: Mapping[str, Any] | None) -> str:
    """The same of a row that was read."""
    own = (extra or {}).get("autotask", {})
    return f"T{own.get('day') or created[:10].replace('-', '')}.{number:04d}"
