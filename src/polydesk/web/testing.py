"""Help for tests: counting the statements of a piece of code (PL-304)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections

_TRANSACTION = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


class Statements:
    """What ran: `sql` holds the statements, `transaction` the BEGIN, COMMIT and SAVEPOINTs apart."""

    def __init__(self) -> None:
        self.sql: list[str] = []
        self.transaction: list[str] = []

    def __len__(self) -> int:
        return len(self.sql)

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        text = sql if isinstance(sql, str) else str(sql)
        (self.transaction if text.lstrip().upper().startswith(_TRANSACTION) else self.sql).append(text)
        return execute(sql, params, many, context)


@contextmanager
def count_statements(using: str = "default") -> Iterator[Statements]:
    """`with count_statements() as ran: …; assert len(ran) <= 3, ran.sql`."""
    ran = Statements()
    with connections[using].execute_wrapper(ran):
        yield ran
