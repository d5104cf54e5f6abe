"""Saved views, and the document of each ticket as the ORM sees it.

The documents' table is made by hand in the migration: an FTS5 table on SQLite, tsvector columns on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Func, Lookup

from polydesk.directory.models.organization import Owned, Stamped

from . import words


@dataclass(frozen=True, slots=True)
class Words:
    """Words that stand next to each other in this order; the last may be a prefix."""

    words: tuple[str, ...]
    prefix: bool = False

    def for_sqlite(self) -> str:
        """An FTS5 string: quoted, so that nothing in it is an operator."""
        return '"' + " ".join(self.words) + '"' + (" *" if self.prefix else "")

    def for_postgresql(self) -> str:
        """A tsquery of quoted lexemes."""
        return self._lexemes(" <-> ", self.words)

    def keys(self, organization_id: int) -> str:
        """The same of the index's keys, which know no places: that the words stand side by side is left out."""
        return self._lexemes(" & ", [words.key(organization_id, word) for word in self.words])

    def _lexemes(self, between: str, lexemes: Iterable[str]) -> str:
        quoted = between.join(f"'{lexeme}'" for lexeme in lexemes)
        return f"({quoted}:*)" if self.prefix else f"({quoted})"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search looks for: all of these words in documents of one organization."""

    words: tuple[Words, ...]
    organization_id: int

    def for_sqlite(self) -> str:
        """An FTS5 query."""
        mark = Words((words.mark(self.organization_id),))
        return " AND ".join(w.for_sqlite() for w in (*self.words, mark))

    def for_postgresql(self, column: str) -> tuple[str, tuple[str, ...]]:
        """A condition on a column and its values; the column itself is asked only where words stand side by side."""
        keys = " & ".join(w.keys(self.organization_id) for w in self.words)
        beside = " & ".join(w.for_postgresql() for w in self.words if len(w.words) > 1)
        if not beside:
            return f"search_keys({column}) @@ %s::tsquery", (keys,)
        return f"(search_keys({column}) @@ %s::tsquery AND {column} @@ %s::tsquery)", (keys, beside)


class SearchText(models.Field):
    """A searchable column; compared only by `matches`."""

    def db_type(self, connection: Any) -> str:
        """A tsvector where there is one."""
        return "tsvector" if connection.vendor == "postgresql" else "text"


@SearchText.register_lookup
class Matches(Lookup):
    """All that is `Wanted` occurs."""

    lookup_name = "matches"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """The condition in each database's own words."""
        column, _ = self.process_lhs(compiler, connection)
        if connection.vendor == "postgresql":
            sql, values = self.rhs.for_postgresql(column)
            return sql, [*values]
        return f"{column} MATCH %s", [self.rhs.for_sqlite()]


class Document(models.Model):
    """What can be found of one ticket: `public` for everybody who sees it, `everything` for staff."""

    ticket_id = models.BigIntegerField(primary_key=True, db_column="ticket_id")
    public = SearchText()
    everything = SearchText(db_column="search_document")

    class Meta:
        managed = False
        db_table = "search_document"


class Number(Func):
    """The ticket's id. On SQLite it is the row's own: FTS5 knows that one without reading the document."""

    template = "%(expressions)s"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        """The column's name is changed, its table stays."""
        column, args = super().as_sql(compiler, connection, **context)
        return column.replace('"ticket_id"', '"rowid"'), list(args)


class View(Owned, Stamped):
    """A saved query: one's own, a team's or everybody's (PL-201)."""

    owner = models.ForeignKey("directory.Person", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey("directory.Team", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=2000, blank=True, default="")
    columns = models.JSONField(default=list, blank=True)
    sort = models.CharField(max_length=40, blank=True, default="")
    position = models.IntegerField(default=0)

    class Meta:
        ordering = ("position", "id")
