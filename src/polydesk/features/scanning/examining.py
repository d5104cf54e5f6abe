"""The job that hands a file to the scanner: 0 is clean, 1 is refused, anything else is a broken scanner (RS-105)."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence

from django.conf import settings
from django.utils import timezone

from polydesk import jobs
from polydesk.jobs.running import Running
from polydesk.tickets.edits import Recorded
from polydesk.web import files

from .models import Verdict
from .verdicts import KIND, is_on

LONGEST = 120
CLEAN, REFUSED = 0, 1


def take(recorded: Sequence[Recorded]) -> None:
    """A listener of tickets.edits: files that came with an edit are examined once it is committed."""
    if not is_on():
        return
    for one in recorded:
        for file in one.changes.get("+attachment", ()):
            if file["sha256"]:
                jobs.later(KIND, {"sha256": file["sha256"]}, key=file["sha256"])


@jobs.job(KIND, atomic=False)
def examine(job: Running) -> str:
    """Have the scanner look at the bytes, unless it has already."""
    sha256 = job.args["sha256"]
    if not is_on() or Verdict.objects.filter(pk=sha256).exists():
        return "nothing to do"
    clean, said = ask(shlex.split(settings.POLYDESK_SCANNER), sha256)
    with job.finishing():
        facts = {"clean": clean, "said": said[:255], "at": timezone.now()}
        Verdict.objects.update_or_create(sha256=sha256, defaults=facts)
    return "clean" if clean else said


def ask(command: list[str], sha256: str) -> tuple[bool, str]:
    """The file goes to standard input, so that it may lie anywhere; a scanner that cannot tell is asked again later."""
    with tempfile.TemporaryFile() as copy:
        with files.open_stored(sha256) as file:
            shutil.copyfileobj(file, copy)
        copy.seek(0)
        try:
            done = subprocess.run(
                command, stdin=copy, capture_output=True, text=True, errors="replace", timeout=LONGEST
            )
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise jobs.Retry(f"the scanner does not work: {problem}") from problem
    said = (done.stdout or done.stderr).strip()
    if done.returncode not in (CLEAN, REFUSED):
        raise jobs.Retry(f"the scanner ended with {done.returncode}: {said[:200]}")
    return done.returncode == CLEAN, said
