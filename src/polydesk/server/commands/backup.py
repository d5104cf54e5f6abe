"""Write database, files and keys into one archive, while the desk runs. Keep it safe: it holds everything."""

import argparse
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from polydesk.server import keys, snapshots
from polydesk.server.archive import Manifest, Writer
from polydesk.server.config import ConfigError
from polydesk.server.progress import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("archive", type=Path, nargs="?", help="file to write (default: polydesk-DATE.tar.gz)")


def run(options: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    path: Path = options.archive or Path(f"polydesk-{now:%Y%m%d-%H%M%S}.tar.gz")
    if path.exists():
        raise ConfigError(f"{path}: exists, and a backup never writes over a file")
    if not path.parent.is_dir():
        raise ConfigError(f"{path.parent}: is no folder")
    back_up(path, now)
    print(f"{path}: {path.stat().st_size / 1024 / 1024:,.1f} MiB")
    return 0


def back_up(path: Path, now: datetime) -> None:
    """The database first: every file its rows name was complete before the row was written (RS-011)."""
    manifest = Manifest(connection.vendor, version("polydesk"), now.isoformat(), _migrations())
    with (
        tempfile.TemporaryDirectory(dir=path.parent, prefix=".polydesk-backup-") as folder,
        Writer(path, manifest) as to,
    ):
        for name, source in _database(Path(folder), manifest):
            to.add(name, source)
            source.unlink()
        files = list(_files())
        with Progress("copying files", len(files)) as progress:
            for name, source in files:
                to.add(name, source)
                progress.step()


def _database(folder: Path, manifest: Manifest) -> Iterator[tuple[str, Path]]:
    if connection.vendor == "postgresql":
        return snapshots.write_postgres(folder, manifest)
    return snapshots.write_sqlite(folder)


def _files() -> Iterator[tuple[str, Path]]:
    root = Path(settings.MEDIA_ROOT)
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            yield f"files/{path.relative_to(root).as_posix()}", path
    for name in keys.KEYS:
        if (path := settings.DATA_DIR / name).exists():
            yield f"keys/{name}", path


def _migrations() -> list[list[str]]:
    """The last step of each app, in the order they were taken."""
    last: dict[str, str] = {}
    for app, name in MigrationRecorder.Migration.objects.using("default").order_by("id").values_list("app", "name"):
        last.pop(app, None)
        last[app] = name
    return [[app, name] for app, name in last.items()]
