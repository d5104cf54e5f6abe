"""Querysets whose SQL is written once.

A page asks the same things whoever looks at it. Django takes longer to write that SQL anew than the database takes to
answer it; what changes from one reader to the next are a few ids.

    _TICKET = Compiled(lambda number: Ticket.objects.select_related("requester").filter(pk=number))
    [ticket] = _TICKET(7)

For statements whose rows are wanted as plain values see `polydesk.web.statements`."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from django.db import connections
from django.db.models import Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from polydesk.web.statements import run

M = TypeVar("M", bound=Model)

_MARK = 7_000_000_000_000_000_000
"""Stands for the first of the ids while the SQL is written: a number that no other argument of a query is."""


class Compiled(Generic[M]):
    """Calling it with as many whole numbers as `build` takes gives the rows of the queryset that it builds of them.

    The numbers may stand in conditions alone, and the queryset must have the same shape whatever they are."""

    def __init__(self, build: Callable[..., QuerySet[M]]) -> None:
        self.build = build

    def __call__(self, *ids: int, using: str = "default") -> list[M]:
        # Converters of a row belong to the connection that the SQL was written for, and so to its thread.
        written = vars(connections[using]).setdefault("polydesk_compiled", WeakKeyDictionary())
        queryset = written.get(self)
        if queryset is None:
            queryset = written[self] = self._write(len(ids), using)
        queryset.query.ids = ids
        return list(queryset._iterable_class(queryset))

    def _write(self, ids: int, using: str) -> QuerySet[M]:
        queryset = self.build(*(_MARK + n for n in range(ids))).using(using)
        queryset.query = _Written(queryset.query.get_compiler(using))  # type: ignore[assignment]
        return queryset


class _Written:
    """A query that knows its SQL already; the rest of what a queryset asks of it, its compiler knows."""

    def __init__(self, compiler: SQLCompiler) -> None:
        self.compiler, self.ids = compiler, ()
        self.sql, self.args = compiler.as_sql()
        converters = compiler.get_converters([column for column, *_ in compiler.select[: compiler.col_count]])
        compiler.get_converters = lambda expressions: converters  # type: ignore[method-assign]
        compiler.execute_sql = self.execute_sql  # type: ignore[assignment, method-assign]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.compiler.query, name)

    def get_compiler(self, *args: Any, **options: Any) -> SQLCompiler:
        return self.compiler

    def execute_sql(self, *asked: Any, **options: Any) -> list[list[Any]]:
        """All rows as one chunk. PostgreSQL keeps the plan: Django's own cursors have it made anew each time."""
        # PostgreSQL's driver is given integers of types of their own, which say how wide they are.
        args = [type(arg)(self.ids[arg - _MARK]) if isinstance(arg, int) and arg >= _MARK else arg for arg in self.args]
        return [run(self.sql, args, using=self.compiler.using or "default", binary=False).fetchall()]
