"""Comparing text whatever its case, in every script and alike on both databases (AT-071).

SQLite itself knows the cases of ASCII only, so it is given what PostgreSQL's UPPER is: capitals letter by letter, so
that σ and ς are one, and ß, which has no capital of one letter, stays."""

from __future__ import annotations

from typing import Any

from django.db.backends.signals import connection_created
from django.db.models import Func, TextField

SQLITE_FUNCTION = "autotask_fold"


def fold(text: str) -> str:
    """The text in capitals, as long as it was."""
    if text.isascii():
        return text.upper()
    return "".join(upper if len(upper := letter.upper()) == 1 else letter for letter in text)


class Folded(Func):
    """The same in SQL."""

    function = "UPPER"
    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        """By our own function."""
        return self.as_sql(compiler, connection, function=SQLITE_FUNCTION)


def install() -> None:
    """Give every new connection of SQLite the function."""
    connection_created.connect(_give, dispatch_uid="autotask.folding")


def _give(connection: Any, **_: Any) -> None:
    if connection.vendor == "sqlite":
        connection.connection.create_function(
            SQLITE_FUNCTION, 1, lambda text: None if text is None else fold(str(text)), deterministic=True
        )
