"""What rows are called that others mention by their ids."""

# ruff: noqa: S608 - texts are put together of listed tables; values are bound
from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache

from django.db.models import Model

from polydesk.web.statements import Both, fetch_all, listed


def named(wanted: Mapping[type[Model], Collection[int]]) -> dict[type[Model], dict[int, str]]:
    """The names behind ids, by model. One kept statement: joins would be planned anew for every list."""
    found: dict[type[Model], dict[int, str]] = {model: {} for model in wanted}
    tables = {model._meta.db_table: model for model, ids in wanted.items() if ids}
    if tables:
        ids = [listed(wanted[model]) for model in tables.values()]
        for table, pk, name in fetch_all(_text(tuple(tables)), ids):
            found[tables[table]][pk] = name
    return found


@cache
def _text(tables: tuple[str, ...]) -> Both:
    texts = []
    for among in ("= ANY(%s)", "IN (SELECT value FROM json_each(%s))"):
        texts.append(
            " UNION ALL ".join(f"SELECT '{table}', id, name FROM {table} WHERE id {among}" for table in tables)
        )
    return Both(*texts)
