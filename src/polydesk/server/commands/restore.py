"""Make a desk from an archive. Waiting jobs are held: what they would send may have been sent since the backup."""

import argparse
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from polydesk.jobs.models import Job
from polydesk.server import archive, migrating, processes, snapshots
from polydesk.server.archive import Manifest
from polydesk.server.config import ConfigError
from polydesk.server.progress import Progress

HELD = "held since the desk was restored from a backup"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("archive", type=Path, nargs="?", help="file written by polydesk backup")
    what.add_argument("--hold-jobs", action="store_true", help="hold the jobs of a database recovered by other means")
    what.add_argument("--release-held", action="store_true", help="let the jobs go that a restore has held")
    parser.add_argument("--force", action="store_true", help="write over what is there")


def run(options: argparse.Namespace) -> int:
    if options.release_held:
        print(f"{Job.objects.filter(error=HELD).revive()} jobs released")
        return 0
    if options.hold_jobs:
        print(f"{_hold_jobs()} waiting jobs are held (polydesk restore --release-held)")
        return 0
    manifest = archive.verified(options.archive)
    _refuse_what_cannot_be(manifest, options.force)
    with processes.alone_on(settings.DATA_DIR):
        _restore(options.archive, manifest)
    held = _hold_jobs()
    print(f"restored the desk of {manifest.made_at}; {held} waiting jobs are held (polydesk restore --release-held)")
    return 0


def _refuse_what_cannot_be(manifest: Manifest, force: bool) -> None:
    if manifest.database != connection.vendor:
        raise ConfigError(f"the archive is of {manifest.database} and cannot be restored into {connection.vendor}")
    known = MigrationLoader(None).disk_migrations
    for app, name in manifest.migrations:
        if (app, name) not in known:
            raise ConfigError(f"the archive was made by a newer release of Polydesk ({manifest.release}: {app} {name})")
    if not force and (snapshots.is_in_use() or any(Path(settings.MEDIA_ROOT).glob("*"))):
        raise ConfigError("there is a desk here already (--force writes over it)")


def _restore(path: Path, manifest: Manifest) -> None:
    for name, content in archive.members(path, "keys/"):
        archive.write_out(content, archive.below(settings.DATA_DIR, name))
    with Progress("restoring files", sum(name.startswith("files/") for name in manifest.members)) as progress:
        for name, content in archive.members(path, "files/"):
            archive.write_out(content, archive.below(Path(settings.MEDIA_ROOT), name))
            progress.step()
    if connection.vendor == "postgresql":
        _restore_postgres(path, manifest)
    else:
        for _, content in archive.members(path, snapshots.SQLITE_MEMBER):
            snapshots.read_sqlite(content)
    migrating.migrate()


def _restore_postgres(path: Path, manifest: Manifest) -> None:
    snapshots.empty_postgres_as_of(manifest)
    with snapshots.filling_postgres(manifest), Progress("restoring tables", len(manifest.tables)) as progress:
        for table, content in archive.members(path, "database/"):
            snapshots.read_postgres_table(table, manifest.tables[table], content)
            progress.step()


def _hold_jobs() -> int:
    return Job.objects.waiting().update(done=timezone.now(), error=HELD, owner="")
