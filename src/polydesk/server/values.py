"""How a setting's value is read: a reader takes text or a TOML value, and raises ValueError in words."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Reader = Callable[[Any], Any]

ON = {"on", "yes", "true", "1"}
OFF = {"off", "no", "false", "0"}
MAIL_PORTS = {"smtp": 587, "smtps": 465, "file": 0, "console": 0}


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")
    return value.strip()


def switch(value: Any) -> bool:
    word = str(value).strip().lower()
    if word not in ON | OFF:
        raise ValueError("must be on or off")
    return word in ON


def whole(least: int, most: int) -> Reader:
    def read(value: Any) -> int:
        try:
            number = int(str(value))
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return number

    read.__name__ = f"{least}–{most}"
    return read


def whole_or_off(least: int, most: int) -> Reader:
    number = whole(least, most)

    def read(value: Any) -> int | None:
        return None if str(value).strip().lower() in {"off", "none", "false"} else int(number(value))

    read.__name__ = f"{least}–{most} or off"
    return read


def one_of(*words: str) -> Reader:
    def read(value: Any) -> str:
        if value not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return str(value)

    read.__name__ = " | ".join(words)
    return read


def words(value: Any) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else str(value).split(",")
    return tuple(part.strip() for part in map(str, parts) if part.strip())


words.__name__ = "list, separated by commas"


def folder(value: Any) -> Path:
    if not text(value):
        raise ValueError("must be a path")
    return Path(value).expanduser().resolve()


folder.__name__ = "path"


def web_address(value: Any) -> str:
    if value and not text(value).startswith(("http://", "https://")):
        raise ValueError("must start with http:// or https://")
    return text(value).rstrip("/")


web_address.__name__ = "address"


def database_address(value: Any) -> str:
    if value and not text(value).startswith(("postgres://", "postgresql://", "sqlite:///")):
        raise ValueError("must start with postgres:// or sqlite:///")
    return text(value)


database_address.__name__ = "address"


def mail_address(value: Any) -> str:
    if not text(value):
        return ""
    try:
        parts = urlsplit(text(value))
        port = parts.port
    except ValueError as problem:
        raise ValueError("has no usable port") from problem
    if parts.scheme not in MAIL_PORTS or port == 0:
        raise ValueError("must start with smtp://, smtps://, file:// or console:")
    if parts.scheme.startswith("smtp") and not parts.hostname:
        raise ValueError("needs the name of a host")
    if parts.scheme == "file" and (parts.netloc or not parts.path.startswith("/") or parts.path == "/"):
        raise ValueError("needs a folder, as in file:///var/mails")
    if parts.query not in ("", "tls=on", "tls=off") or (parts.query and parts.scheme != "smtp"):
        raise ValueError("knows only tls=on and tls=off after the question mark, with smtp://")
    return text(value)


mail_address.__name__ = "address"
