"""Saved views, and the document of each ticket as the ORM sees it.

The documents' table is made by hand in the migration: an FTS5 table on SQLite, tsvector columns on PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Func, Lookup

from polydesk.directory.models.organization import Owned, Stamped


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
        lexemes = [f"'{word}'" for word in self.words]
        if self.prefix:
            lexemes[-1] += ":*"
        return "(" + " <-> ".join(lexemes) + ")"


class SearchText(models.Field):
    """A searchable column; compared only by `matches`."""

    def db_type(self, connection: Any) -> str:
        """A tsvector where there is one."""
        return "tsvector" if connection.vendor == "postgresql" else "text"


@SearchText.register_lookup
class Matches(Lookup):
    """All of the given `Words` occur."""

    lookup_name = "matches"
    prepare_rhs = False

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, list[str]]:
        """The wanted words in the database's own query text."""
        if connection.vendor == "postgresql":
            return "%s::tsquery", [" & ".join(w.for_postgresql() for w in value)]
        return "%s", [" AND ".join(w.for_sqlite() for w in value)]

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """`column MATCH query` or `column @@ query`."""
        column, column_args = self.process_lhs(compiler, connection)
        query, query_args = self.process_rhs(compiler, connection)
        operator = "@@" if connection.vendor == "postgresql" else "MATCH"
        return f"{column} {operator} {query}", [*column_args, *query_args]


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
