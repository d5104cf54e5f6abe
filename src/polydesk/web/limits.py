"""Token buckets in the database, shared by all processes (RS-160, PL-109).

`take(Limit("native", amount=600, seconds=60), f"token:{id}")` costs one statement per handful: a process takes a small
chunk of tokens at once and gives them out from memory, so the limit is never exceeded, and a reader does not become a
writer at each request. Tokens left in memory end after two seconds. `POLYDESK_RATE_LIMITS = "off"` switches off all
limits but those made with `always=True` (sign-in).
"""

import math
import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Least

from polydesk.web.models import Bucket

_KEEP = 2.0
_MOST_KEPT = 10_000


@dataclass(frozen=True)
class Limit:
    """`amount` per `seconds`; a bucket holds `burst` (default: the amount) when nothing was asked for a while."""

    name: str
    amount: int
    seconds: float
    burst: int = 0
    always: bool = False

    @property
    def size(self) -> int:
        return self.burst or self.amount

    @property
    def rate(self) -> float:
        return self.amount / self.seconds

    @property
    def chunk(self) -> int:
        """How many tokens a process takes at once: one in a hundred, so that eight processes waste few."""
        return max(1, self.size // 100)


@dataclass(frozen=True)
class Verdict:
    allowed: bool
    limit: Limit
    remaining: int
    wait: float = 0.0

    @property
    def headers(self) -> dict[str, str]:
        """The fields of the IETF draft, and Retry-After when refused."""
        name, reset = self.limit.name, math.ceil(self.wait or (self.limit.size - self.remaining) / self.limit.rate)
        headers = {
            "RateLimit-Policy": f'"{name}";q={self.limit.amount};w={math.ceil(self.limit.seconds)}',
            "RateLimit": f'"{name}";r={self.remaining};t={reset}',
        }
        if not self.allowed:
            headers["Retry-After"] = str(max(1, math.ceil(self.wait)))
        return headers


@dataclass
class _Kept:
    """Tokens this process has taken out and not yet given away."""

    tokens: int = 0
    left_in_bucket: float = 0.0
    until: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


_kept: dict[str, _Kept] = {}


def take(limit: Limit, who: str) -> Verdict:
    """One token of `who`'s bucket: may this request go on?"""
    if not limit.always and is_off():
        return Verdict(True, limit, limit.size)
    name = f"{limit.name}:{who}"[:200]
    if len(_kept) > _MOST_KEPT:
        _kept.clear()
    kept = _kept.setdefault(name, _Kept())
    with kept.lock:
        now = time.monotonic()
        if kept.tokens == 0 or now > kept.until:
            taken, left = _take_from_bucket(name, limit)
            if not taken:
                kept.tokens = 0
                return Verdict(False, limit, 0, wait=(1 - left) / limit.rate)
            kept.tokens, kept.left_in_bucket, kept.until = taken, left, now + _KEEP
        kept.tokens -= 1
        return Verdict(True, limit, int(kept.left_in_bucket) + kept.tokens)


def give_back(limit: Limit, who: str) -> None:
    """Put a token back: what it was taken for turned out not to count."""
    name = f"{limit.name}:{who}"[:200]
    Bucket.objects.filter(name=name).update(tokens=Least(F("tokens") + 1, Value(float(limit.size))))


def is_off() -> bool:
    return getattr(settings, "POLYDESK_RATE_LIMITS", "on") in ("off", False)


def sweep(untouched: timedelta = timedelta(days=2)) -> int:
    """Removes buckets that nobody has drawn from for so long; they are full again anyway."""
    return Bucket.objects.filter(updated__lt=time.time() - untouched.total_seconds()).delete()[0]


def forget() -> None:
    """Drops the tokens held in memory (tests, and a process that has forked)."""
    _kept.clear()


_REFILLED = "{least}(%(size)s, b.tokens + {greatest}(0, {now} - b.updated) * %(rate)s)"
_TAKE = """INSERT INTO web_bucket AS b (name, tokens, taken, updated)
    VALUES (%(name)s, %(size)s - %(chunk)s, %(chunk)s, {now})
    ON CONFLICT (name) DO UPDATE SET
        taken = {least}(%(chunk)s, floor({refilled})),
        tokens = {refilled} - {least}(%(chunk)s, floor({refilled})),
        updated = {now}
    RETURNING taken, tokens"""


def _take_from_bucket(name: str, limit: Limit) -> tuple[int, float]:
    """How many tokens came out (0 = refused) and what is left in it."""
    args: dict[str, str | float] = {
        "name": name,
        "size": limit.size,
        "chunk": limit.chunk,
        "rate": limit.rate,
        "now": time.time(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENTS[connection.vendor], args)
        taken, left = cursor.fetchone()
    return int(taken), float(left)


def _statement(least: str, greatest: str, now: str) -> str:
    refilled = _REFILLED.format(least=least, greatest=greatest, now=now)
    return _TAKE.format(least=least, now=now, refilled=refilled)


_STATEMENTS = {
    # the database's clock, read when the row is locked: processes may live on several machines
    "postgresql": _statement("least", "greatest", "extract(epoch FROM clock_timestamp())::float8"),
    "sqlite": _statement("min", "max", "%(now)s"),
}
