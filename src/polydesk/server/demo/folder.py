"""The demo's folder: its own or a new one, never one with something else in it (PL-011)."""

from pathlib import Path

from polydesk.server.config import ConfigError

MARK = "this-is-a-demo"
REFUSAL = "holds something that is no demo, and the demo never touches that (--data-dir names another folder)"


def claim(folder: Path) -> None:
    """Mark an empty or new folder as the demo's; refuse any other."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise ConfigError(f"{folder} {REFUSAL}")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / MARK).touch()
