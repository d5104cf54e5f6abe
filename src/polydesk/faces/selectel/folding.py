"""Text without regard to letter case, in any script, in the database (SE-087, SE-113).

SQLite's own LIKE and lower() know ASCII alone, so it is taught Python's casefold."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Func, Q, TextField, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan


class Fold(Func):
    """A text folded for comparison."""

    function = "lower"
    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """By the function that `teach` adds."""
        return super().as_sql(compiler, connection, function="polydesk_fold", **context)


def teach(connection: Any, **kwargs: Any) -> None:
    """Give a new SQLite connection the function."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("polydesk_fold", 1, _fold, deterministic=True)


def _fold(text: Any) -> Any:
    return text.casefold() if isinstance(text, str) else text


def has(column: str, word: str) -> Q:
    """Does the word occur in the column? Its characters mean nothing but themselves."""
    return Q(GreaterThan(StrIndex(Fold(F(column)), Fold(Value(word))), 0))
