"""The thinnest program that does the same work: no framework, one statement, own token and tenancy check (PL-300).

It answers the same fields as the native API. PostgreSQL makes the JSON itself; on SQLite the row's JSON is made by
SQLite. Run under granian's RSGI interface; `THIN_DATABASE` names the database (a PostgreSQL URL or an SQLite file)."""

import hashlib
import json
import os
import sqlite3
from typing import Any

import msgspec

DATABASE = os.environ.get("THIN_DATABASE", "")
ON_POSTGRES = DATABASE.startswith("postgres")
SHOWN = json.loads(os.environ.get("THIN_COLUMNS", "[]"))
"""[name, expression of the value] for this database, as the product's own columns say."""
AUTOTASK = json.loads(os.environ.get("THIN_AUTOTASK", "[]"))
"""The same for the names of that face."""

WHO = (
    "(SELECT c.organization_id FROM directory_credential c "
    "WHERE c.digest = {0} AND c.face = 'native' AND c.revoked_at IS NULL)"
)


def _object(columns: list[list[str]]) -> str:
    listed = ", ".join(f'{expression} AS "{name}"' for name, expression in columns)
    return f"row_to_json((SELECT x FROM (SELECT {listed}) x))" if ON_POSTGRES else listed  # noqa: S608


ROW = _object(SHOWN)
MARK = "%s" if ON_POSTGRES else "?"
SEEN = f"t.organization_id = {WHO.format(MARK)} AND t.deleted_at IS NULL"
FROM = f"SELECT {ROW} FROM tickets_ticket t WHERE"  # noqa: S608
NEWEST = "ORDER BY t.id DESC LIMIT 50"
FOUND = (
    "SELECT d.ticket_id FROM search_document d WHERE search_keys(d.search_document) @@ "  # noqa: S608
    f"(SELECT ('''' || chr(57344) || {WHO.format('%s')} || %s || '''')::tsquery)"
    if ON_POSTGRES
    else "SELECT d.rowid FROM search_document d WHERE d.search_document MATCH ?"
)
ONE = f"{FROM} t.id = {MARK} AND {SEEN}"
LIST = f"{FROM} {SEEN} AND t.phase IN ('new', 'open', 'waiting') {NEWEST}"
SEARCH = f"{FROM} {SEEN} AND t.id IN ({FOUND}) {NEWEST}"
PAGE = (
    f"SELECT {_object(AUTOTASK)} FROM tickets_ticket t LEFT JOIN sla_clock c ON c.ticket_id = t.id "  # noqa: S608
    f"WHERE {SEEN} ORDER BY t.id LIMIT 500"
)
CREATE = os.environ.get("THIN_CREATE", "")
EVENT = os.environ.get("THIN_EVENT", "")


def digest(headers: Any) -> str:
    return hashlib.sha256((headers.get("authorization") or "")[7:].encode()).hexdigest()


NAMES = [name for name, _ in SHOWN]
AUTOTASK_NAMES = [name for name, _ in AUTOTASK]


def _json(row: Any, names: list[str]) -> str:
    """PostgreSQL has made the JSON; SQLite's rows become it here."""
    value = row[0] if ON_POSTGRES else dict(zip(names, row, strict=True))
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


class Application:
    """RSGI: paths /one/ID, /list, /page, /search?q=WORD, POST /create."""

    def __init__(self) -> None:
        self.pool: Any = None

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        if self.pool is None:
            await self._open()
        token = digest(scope.headers)
        path = scope.path
        if path.startswith("/one/"):
            rows = await self._fetch(ONE, (int(path[5:]), token))
        elif path == "/list":
            rows = await self._fetch(LIST, (token,))
        elif path == "/page":
            rows = await self._fetch(PAGE, (token,))
        elif path == "/search":
            word = scope.query_string.partition("=")[2]
            rows = await self._fetch(SEARCH, (token, token, f"/{word}") if ON_POSTGRES else (token, f'"{word}"'))
        else:
            body = json.loads(await protocol())
            rows = await self._create(token, body["title"], body.get("description", ""))
        if not rows:
            protocol.response_empty(404, [])
            return
        texts = [_json(row, AUTOTASK_NAMES if path == "/page" else NAMES) for row in rows]
        answer = (
            texts[0]
            if path[:5] not in ("/list", "/page") and path[:7] != "/search"
            else '{"items":[' + ",".join(texts) + "]}"
        )
        protocol.response_str(200, [("content-type", "application/json")], answer)

    async def _open(self) -> None:
        if ON_POSTGRES:
            from psycopg_pool import AsyncConnectionPool

            async def prepare(connection: Any) -> None:
                connection.prepare_threshold = 1

            # What the desk tells the planner (polydesk.web.engines): the same server for both.
            told = {"options": "-c random_page_cost=1.1 -c max_parallel_workers_per_gather=0"}
            self.pool = AsyncConnectionPool(
                DATABASE, min_size=4, max_size=4, configure=prepare, kwargs=told, open=False
            )
            await self.pool.open()
        else:
            self.pool = sqlite3.connect(DATABASE, isolation_level=None)
            self.pool.execute("PRAGMA journal_mode=WAL")
            self.pool.execute("PRAGMA synchronous=FULL")
            self.pool.execute("PRAGMA busy_timeout=20000")

    async def _fetch(self, sql: str, args: tuple[Any, ...]) -> Any:
        if not ON_POSTGRES:
            return self.pool.execute(sql, args).fetchall()
        async with self.pool.connection() as connection:
            cursor = await connection.execute(sql, args)
            return await cursor.fetchall()

    async def _create(self, token: str, title: str, description: str) -> Any:
        if not ON_POSTGRES:
            self.pool.execute("BEGIN IMMEDIATE")
            found = self.pool.execute(CREATE, (token, title, description)).fetchone()
            self.pool.execute(EVENT, (found[0], token))
            self.pool.execute("COMMIT")
            return self.pool.execute(ONE, (found[0], token)).fetchall()
        async with self.pool.connection() as connection, connection.transaction():
            cursor = await connection.execute(CREATE, (token, title, description))
            found = await cursor.fetchone()
            await connection.execute(EVENT, (found[0], token))
            cursor = await connection.execute(ONE, (found[0], token))
            return await cursor.fetchall()


app = Application()
