"""The database at one moment, into files and back: SQLite by its backup API, PostgreSQL by COPY in one snapshot."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections, transaction
from psycopg import Cursor, sql

from polydesk.server.archive import CHUNK, Manifest, write_out
from polydesk.server.config import ConfigError
from polydesk.server.progress import Progress

SQLITE_MEMBER = "database.sqlite3"
TABLES = """
    SELECT c.relname, array_agg(a.attname ORDER BY a.attnum) FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace GROUP BY c.relname ORDER BY c.relname"""
SEQUENCES = "SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences WHERE schemaname = current_schema()"
# A desk that anybody has begun to use has one of these.
SIGNS_OF_USE = ("directory_organization", "auth_user")


def write_sqlite(folder: Path) -> Iterator[tuple[str, Path]]:
    target = folder / SQLITE_MEMBER
    source = settings.DATABASES["default"]["NAME"]
    with closing(sqlite3.connect(source, timeout=20)) as here, closing(sqlite3.connect(target)) as there:
        # All pages in one go: a step-wise copy starts again whenever somebody writes.
        here.backup(there)
        # The copy is one file without a log beside it.
        there.execute("PRAGMA journal_mode=DELETE")
    yield SQLITE_MEMBER, target


def write_postgres(folder: Path, manifest: Manifest) -> Iterator[tuple[str, Path]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute(TABLES)
        manifest.tables = {name: list(columns) for name, columns in cursor.fetchall()}
        with Progress("copying tables", len(manifest.tables)) as progress:
            for table, columns in manifest.tables.items():
                yield f"database/{table}", _copy_out(folder / table, table, columns)
                progress.step()
        # Last, so that no sequence stands behind a row of the snapshot.
        cursor.execute(SEQUENCES)
        manifest.sequences = dict(cursor.fetchall())


def read_sqlite(content: IO[bytes]) -> None:
    target = Path(settings.DATABASES["default"]["NAME"])
    draft = target.with_name(f"{target.name}.restoring")
    write_out(content, draft)
    with closing(sqlite3.connect(draft)) as copy:
        found = copy.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        draft.unlink()
        raise ConfigError(f"the archive's database is damaged: {found}")
    connections.close_all()
    for suffix in ("-wal", "-shm"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    draft.replace(target)


def empty_postgres_as_of(manifest: Manifest) -> None:
    """The tables of the release that made the archive, and nothing in them."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        for table, _ in cursor.fetchall():
            cursor.execute(sql.SQL("DROP TABLE {} CASCADE").format(sql.Identifier(table)).as_string())
    for app, name in manifest.migrations:
        call_command("migrate", app, name, verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)


@contextmanager
def filling_postgres(manifest: Manifest) -> Iterator[None]:
    """One transaction around all tables: foreign keys are looked at when it ends, triggers would add rows twice."""
    names = [sql.Identifier(table) for table in manifest.tables]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(names)).as_string())
        for name in names:
            cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(name).as_string())
        yield
        for sequence, value in manifest.sequences.items():
            cursor.execute("SELECT setval(%s::regclass, %s, %s)", [f'"{sequence}"', max(value, 1), value > 0])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in names:
            cursor.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(name).as_string())


def read_postgres_table(table: str, columns: list[str], content: IO[bytes]) -> None:
    with _raw() as cursor, cursor.copy(_copy("FROM STDIN", table, columns)) as copy:
        while data := content.read(CHUNK):
            copy.write(data)


def is_in_use() -> bool:
    tables = connection.introspection.table_names()
    with connection.cursor() as cursor:
        for table in SIGNS_OF_USE:
            if table in tables:
                cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {table})")  # noqa: S608
                if cursor.fetchone()[0]:
                    return True
    return False


def _copy_out(target: Path, table: str, columns: list[str]) -> Path:
    with _raw() as cursor, target.open("wb") as file, cursor.copy(_copy("TO STDOUT", table, columns)) as copy:
        for data in copy:
            file.write(data)
    return target


def _copy(direction: str, table: str, columns: list[str]) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("COPY {} ({}) " + direction).format(sql.Identifier(table), names)


def _raw() -> Cursor[Any]:
    connection.ensure_connection()
    return Cursor(connection.connection)
