"""The database of the settings: SQLite in the data folder (RS-004), or PostgreSQL with a pool of connections."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from polydesk.server.config import ConfigError

# synchronous=FULL: in WAL mode NORMAL may lose the last commits when the power goes, and an answered change is a
# promise (RS-001).
# Each thread has a connection with a cache of its own; the file itself is mapped, once for all of them.
SQLITE_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-4000; PRAGMA mmap_size=134217728; PRAGMA temp_store=MEMORY;"  # noqa: E501


def database(config: dict[str, Any]) -> dict[str, Any]:
    address = config["DATABASE_URL"]
    if address.startswith("postgres"):
        return _postgres(address, config)
    return _sqlite(Path(address.removeprefix("sqlite:///")) if address else config["DATA_DIR"] / "polydesk.sqlite3")


def _sqlite(file: Path) -> dict[str, Any]:
    return {
        "ENGINE": "polydesk.web.engines.sqlite3",
        "NAME": str(file),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": SQLITE_PRAGMAS},
    }


def _postgres(address: str, config: dict[str, Any]) -> dict[str, Any]:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as problem:
        raise ConfigError(f"the database's address cannot be read: {problem}") from problem
    options = dict(parse_qsl(parts.query))
    # The address of a local server names the folder of its socket as ?host=/folder.
    host = options.pop("host", None) or unquote(parts.hostname or "")
    name = unquote(parts.path.strip("/"))
    if not name:
        raise ConfigError("the database's address names no database (postgres://user:password@host:port/name)")
    return {
        "ENGINE": "polydesk.web.engines.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port or ""),
        # Granian's idle threads end without closing their connection, so a kept one would leak; the pool keeps them.
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            "connect_timeout": 5,
            "prepare_threshold": config["PREPARE_THRESHOLD"],
            "pool": {"min_size": 1, "max_size": config["DATABASE_POOL"], "timeout": 1.5},
            **options,
        },
    }
