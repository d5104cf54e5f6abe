"""Files of drafts and of held answers hang on no message yet: they are kept fresh, so that the sweeper spares them."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta

from polydesk.jobs.registry import tick
from polydesk.web import files

from .models import Draft, Held


@tick(every=timedelta(hours=1), name="desk.keep_files", offset=timedelta(minutes=17), atomic=False)
def keep_files(due: datetime) -> int:
    """How many files wait."""
    waiting = {row["sha256"] for model in (Draft, Held) for rows in _files(model) for row in rows}
    for digest in waiting:
        with contextlib.suppress(FileNotFoundError):
            files.path(digest).touch()
    return len(waiting)


def _files(model: type[Draft] | type[Held]) -> list[list[dict[str, str]]]:
    return list(model.objects.exclude(files=[]).values_list("files", flat=True))
