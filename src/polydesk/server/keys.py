"""The data folder and the two keys kept in it (PL-003, RS-192)."""

import os
import secrets
import stat
from pathlib import Path

from polydesk.server.config import SHORTEST_SECRET, ConfigError

KEYS = ("secret-key", "audit-key")


def prepare(data_dir: Path) -> None:
    """Make the folder and its keys, each readable by its owner alone; what exists stays."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in KEYS:
            _make(data_dir / name)
    except OSError as problem:
        raise ConfigError(f"{data_dir}: cannot be used as data folder: {problem.strerror}") from problem


def key(name: str, data_dir: Path) -> str:
    """The kept key; before `prepare` a passing one, so that settings load without a data folder."""
    path = data_dir / name
    try:
        found = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return secrets.token_urlsafe(48)
    except (OSError, ValueError) as problem:
        raise ConfigError(f"{path}: cannot be read as a key: {problem}") from problem
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(f"{path}: is a secret, so only its owner may read it (chmod 600)")
    if len(found) < SHORTEST_SECRET:
        raise ConfigError(f"{path}: is too short for a key; remove it to have a new one made")
    return found


def _make(path: Path) -> None:
    """Two processes starting at once must agree on one key: the file appears complete, and only the first wins."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(48), encoding="ascii")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
