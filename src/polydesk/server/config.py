"""How settings are read (PL-004); `options.py` declares them.

A setting `NAME` comes from the environment (`POLYDESK_NAME`), else from the TOML file (`name = …`), else from its
default; Django's settings carry it as `POLYDESK_NAME`. Parts below the server read it from there.
"""

import os
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from polydesk.server.options import SETTINGS, Setting
from polydesk.server.values import MAIL_PORTS, folder

PREFIX = "POLYDESK_"
# Read by the tests and the workshop script, never by the product.
NOT_SETTINGS = {"POLYDESK_TEST_DATABASE", "POLYDESK_TEST_FOLDER", "POLYDESK_CHROMIUM", "POLYDESK_TORTURE"}
# Names that platforms already give, each with the setting it stands for.
OTHER_NAMES = {"DATABASE_URL": "DATABASE_URL"}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
SHORTEST_SECRET = 32


class ConfigError(Exception):
    """What is wrong with the configuration, in one line for the person who starts the server."""


BY_NAME = {setting.name: setting for setting in SETTINGS}


def load(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """All settings by name; ConfigError names the first thing that is wrong."""
    given = _from_environment(environment)
    chosen = {"DATA_DIR": BY_NAME["DATA_DIR"].default, "CONFIG": "", **given}
    given = _from_file(chosen["CONFIG"], Path(chosen["DATA_DIR"])) | given
    values = {setting.name: _read(setting, given.get(setting.name)) for setting in SETTINGS}
    _check_together(values)
    return values


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    given: dict[str, Any] = {mine: environment[theirs] for theirs, mine in OTHER_NAMES.items() if theirs in environment}
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in NOT_SETTINGS:
            given[_known(name.removeprefix(PREFIX), name)] = environment[name]
    return given


def _from_file(named: str, data_dir: Path) -> dict[str, Any]:
    path = Path(named) if named else data_dir.expanduser() / "polydesk.toml"
    if not named and not path.exists():
        return {}
    try:
        if path.stat().st_mode & (stat.S_IWGRP | stat.S_IRWXO):
            raise ConfigError(f"{path}: may hold secrets, so others must not read or write it (chmod 640)")
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise ConfigError(f"{path}: {problem}") from problem
    return {_known(name.upper(), f"{path}: {name}"): value for name, value in content.items()}


def _known(name: str, shown: str) -> str:
    if name not in BY_NAME:
        raise ConfigError(f"{shown} is no setting of Polydesk (docs/reference/settings.md lists them)")
    return name


def _read(setting: Setting, value: Any) -> Any:
    if value is None:
        return setting.read(setting.default) if setting.read is folder else setting.default
    try:
        return setting.read(value)
    except ValueError as problem:
        shown = "" if setting.secret else f"={value}"
        raise ConfigError(f"{PREFIX}{setting.name}{shown}: {problem}") from problem


def _check_together(values: dict[str, Any]) -> None:
    """What can only be judged with a look at several settings, or with knowledge of the trade (RS-192)."""
    for name in ("SECRET_KEY", "AUDIT_KEY"):
        if values[name] and (len(values[name]) < SHORTEST_SECRET or len(set(values[name])) < 8):
            raise ConfigError(f"{PREFIX}{name} is too weak: take at least {SHORTEST_SECRET} random characters")
    if values["DEBUG"] and values["HOST"] not in LOOPBACK:
        raise ConfigError(f"{PREFIX}DEBUG is on and {PREFIX}HOST={values['HOST']} is public: choose one")
    if values["OIDC_NAME"] and not (values["OIDC_ISSUER"] and values["OIDC_CLIENT_ID"]):
        raise ConfigError(f"{PREFIX}OIDC_NAME needs {PREFIX}OIDC_ISSUER and {PREFIX}OIDC_CLIENT_ID")


def base_url(values: Mapping[str, Any]) -> str:
    host = "localhost" if values["HOST"] in {*LOOPBACK, "0.0.0.0", "::"} else values["HOST"]
    return values["BASE_URL"] or f"http://{host}:{values['PORT']}"


def allowed_hosts(values: Mapping[str, Any]) -> list[str]:
    """The names this server answers to (RS-150)."""
    own = {urlsplit(base_url(values)).hostname or "", values["HOST"], *values["ALLOWED_HOSTS"]}
    return sorted((own | LOOPBACK) - {"", "0.0.0.0", "::"})


def mail(values: Mapping[str, Any]) -> dict[str, Any]:
    """Django's mail settings."""
    parts = urlsplit(values["MAIL_URL"] or "console:")
    kind = {"smtp": "smtp", "smtps": "smtp", "file": "filebased", "console": "console"}[parts.scheme]
    return {
        "EMAIL_BACKEND": f"django.core.mail.backends.{kind}.EmailBackend",
        "EMAIL_HOST": parts.hostname or "",
        "EMAIL_PORT": parts.port or MAIL_PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp" and parts.query != "tls=off",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_FILE_PATH": unquote(parts.path) or None,
    }


def sign_in_providers(values: Mapping[str, Any]) -> dict[str, Any]:
    if not values["OIDC_NAME"]:
        return {}
    app = {
        "provider_id": "oidc",
        "name": values["OIDC_NAME"],
        "client_id": values["OIDC_CLIENT_ID"],
        "secret": values["OIDC_CLIENT_SECRET"],
        "settings": {"server_url": values["OIDC_ISSUER"].rstrip("/"), "oauth_pkce_enabled": True},
    }
    return {"openid_connect": {"APPS": [app]}}
