"""The workers' clock: the database's, so that leases of several machines agree (RS-193).

Asked for once a minute and carried on by the monotonic clock, so a step of this machine's clock moves nothing. SQLite
lives on this machine and has no other clock than its.
"""

import time
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils import timezone

_ASK_AGAIN = 60.0
_last: tuple[float, datetime] | None = None


def now() -> datetime:
    global _last
    if connection.vendor != "postgresql":
        return timezone.now()
    if _last is None or time.monotonic() - _last[0] > _ASK_AGAIN:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            _last = (time.monotonic(), cursor.fetchone()[0].astimezone(UTC))
    asked, answer = _last
    return answer + timedelta(seconds=time.monotonic() - asked)
