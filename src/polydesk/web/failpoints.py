"""Named places where a test can make the program raise, die or sleep (RS-009).

`failpoint("edit.written")` costs one truth test when nothing is armed. Arming needs `DEBUG` or the setting
`TESTING`, so nothing can be switched on in production. `POLYDESK_FAILPOINT=name[:n]:{raise|kill|sleep}` arms
one for a whole process; `n` lets it pass n-1 times first. Several are separated by commas.
"""

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

SLEEP_SECONDS = 2.0
_armed: dict[str, tuple[int, str]] = {}


class Failed(RuntimeError):
    """What an armed failpoint raises."""


def failpoint(name: str) -> None:
    if _armed:
        _reach(name)


@contextmanager
def armed(spec: str) -> Iterator[None]:
    """`with armed("edit.written:raise"): …`."""
    arm(spec)
    try:
        yield
    finally:
        _armed.clear()


def arm(spec: str) -> None:
    if not _may_be_armed():
        raise ImproperlyConfigured("POLYDESK_FAILPOINT works only with DEBUG or TESTING")
    for part in spec.split(","):
        name, *passes, act = part.split(":") if ":" in part else (part, "")
        if act not in ("raise", "kill", "sleep") or len(passes) > 1:
            raise ImproperlyConfigured(f"not a failpoint: {part!r}; write name[:n]:raise, kill or sleep")
        _armed[name] = (int(passes[0]) if passes else 1, act)


def arm_from_settings() -> None:
    """In production the setting is ignored: it must not even stop the start."""
    if (spec := getattr(settings, "POLYDESK_FAILPOINT", "")) and _may_be_armed():
        arm(spec)


def _may_be_armed() -> bool:
    return bool(settings.DEBUG or getattr(settings, "TESTING", False))


def names() -> list[str]:
    """Every failpoint in the source, so that a new one is covered by the kill matrix by itself.

    The job worker does not know this module; it is given `failpoint` and calls it `reached`.
    """
    source = Path(__file__).resolve().parent.parent
    called = re.compile(r"""\b(?:failpoint|reached)\(\s*"([a-z0-9_.]+)"\s*\)""")
    own = Path(__file__).resolve()
    return sorted({n for file in source.rglob("*.py") if file != own for n in called.findall(file.read_text())})


def _reach(name: str) -> None:
    left, act = _armed.get(name, (0, ""))
    if not act:
        return
    if left > 1:
        _armed[name] = (left - 1, act)
        return
    if act == "sleep":
        time.sleep(SLEEP_SECONDS)
        return
    del _armed[name]
    if act == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    raise Failed(name)
