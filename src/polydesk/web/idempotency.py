"""One effect per key: a repeated request gets the first one's answer (RS-020 … RS-025, PL-025).

`once` runs the effect and remembers its answer in one transaction, so after a crash either both exist or neither.
While the first is running, others are refused; whoever comes after its end gets the stored answer. Answers that say
"not now" or "who are you" (5xx, 429, 401) are not remembered.
"""

import hashlib
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple

from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from polydesk.web import bodies, middleware
from polydesk.web.failpoints import failpoint
from polydesk.web.models import IdempotencyRecord
from polydesk.web.problems import Problem

LASTS = timedelta(hours=24)
HEADER = "HTTP_IDEMPOTENCY_KEY"
FORM_FIELD = "once"
_NOT_KEPT_HEADERS = {"set-cookie", "date", "x-request-id", "idempotency-replayed"}
_SWEEP_AT_ONCE = 500


class Answer(NamedTuple):
    """What is remembered: enough to answer once more."""

    status: int
    headers: dict[str, str]
    body: bytes


def once(request: HttpRequest, act: Callable[[], HttpResponse], *, caller: str) -> HttpResponse:
    """Runs `act` at most once per `Idempotency-Key` of this caller; without the header it simply runs it.

    A refusal, returned or raised as a `Problem`, is an answer like another: it is remembered in its face's shape, and
    what a raised one left behind is undone. Any other exception undoes everything and nothing is remembered.
    """
    key = request.META.get(HEADER)
    if key is None:
        return act()
    if not (1 <= len(key) <= 255 and key.isascii() and key.isprintable()):
        raise Problem("malformed", "Idempotency-Key must be 1 to 255 printable ASCII characters.")
    content = bodies.raw(request, limit=_no_limit(request))

    def judged() -> HttpResponse:
        return _with_refusals_rendered(request, act)

    return _as_response(caller, key, fingerprint(request.method or "", request.get_full_path(), content), judged)


def form_once(request: HttpRequest, act: Callable[[], HttpResponse], *, caller: str) -> HttpResponse:
    """The same for a web form with a hidden field `once` (`form_token()`): a double click makes one object (RS-025).

    What `act` raises goes through and is not remembered: the corrected form may be sent again.
    """
    token = request.POST.get(FORM_FIELD, "")
    if not token:
        return act()
    return _as_response(caller, f"form:{token}"[:255], fingerprint("form", request.path, b""), act)


def form_token() -> str:
    return secrets.token_urlsafe(18)


def fingerprint(method: str, path: str, body: bytes) -> str:
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()


def perform(caller: str, key: str, print_: str, act: Callable[[], Answer]) -> tuple[Answer, bool]:
    """The rule itself, without HTTP: the answer, and whether it is a replayed one."""
    with _alone(caller, key):
        with transaction.atomic():
            answer, replayed = _replay_or_act(caller, key, print_, act)
        failpoint("key.committed")
    return answer, replayed


def _replay_or_act(caller: str, key: str, print_: str, act: Callable[[], Answer]) -> tuple[Answer, bool]:
    if not _lock(caller, key):
        raise _in_progress()
    stored = _stored(caller, key)
    if stored is not None:
        if stored.fingerprint != print_:
            raise Problem("idempotency-mismatch", "This key was used for another request.")
        _confirm(stored)
        return Answer(stored.status, stored.headers, bytes(stored.body)), True
    failpoint("key.new")
    answer = act()
    if answer.status >= 500:
        transaction.set_rollback(True)
    elif answer.status not in (401, 429):
        _remember(caller, key, print_, answer)
        failpoint("key.remembered")
    return answer, False


def sweep(now_minus: timedelta = LASTS) -> int:
    """Removes what is too old to be replayed; the server runs it as a tick."""
    old = IdempotencyRecord.objects.filter(created__lt=timezone.now() - now_minus)
    count = 0
    while ids := list(old.values_list("pk", flat=True)[:_SWEEP_AT_ONCE]):
        count += IdempotencyRecord.objects.filter(pk__in=ids).delete()[0]
    return count


def _as_response(caller: str, key: str, print_: str, act: Callable[[], HttpResponse]) -> HttpResponse:
    fresh: list[HttpResponse] = []

    def act_and_keep() -> Answer:
        response = act()
        fresh.append(response)
        headers = {n: v for n, v in response.headers.items() if n.lower() not in _NOT_KEPT_HEADERS}
        return Answer(response.status_code, headers, response.content)

    answer, replayed = perform(caller, key, print_, act_and_keep)
    if not replayed:
        return fresh[0]
    response = HttpResponse(answer.body, status=answer.status, headers=answer.headers)
    response["Idempotency-Replayed"] = "true"
    return response


def _with_refusals_rendered(request: HttpRequest, act: Callable[[], HttpResponse]) -> HttpResponse:
    try:
        with transaction.atomic():
            return act()
    except Exception as exception:
        problem = middleware.problem_of(exception)
        response = middleware.render(request, problem) if problem.status < 500 else None
        if response is None:
            raise
        return response


def _stored(caller: str, key: str) -> IdempotencyRecord | None:
    record = IdempotencyRecord.objects.filter(caller=caller, key=key).first()
    if record is not None and record.created < timezone.now() - LASTS:
        record.delete()
        return None
    return record


def _confirm(record: IdempotencyRecord) -> None:
    """A write without a change: its COMMIT waits until the standby has the first one too (RS-007)."""
    if connection.vendor == "postgresql":
        IdempotencyRecord.objects.filter(pk=record.pk).update(status=record.status)


def _remember(caller: str, key: str, print_: str, answer: Answer) -> None:
    try:
        with transaction.atomic():
            IdempotencyRecord.objects.create(
                caller=caller,
                key=key,
                fingerprint=print_,
                status=answer.status,
                headers=answer.headers,
                body=answer.body,
                created=timezone.now(),
            )
    except IntegrityError as taken:  # somebody outside the lock was faster: undo ours
        raise _in_progress() from taken


def _in_progress() -> Problem:
    return Problem(
        "idempotency-in-progress", "The first request with this key has not ended yet.", headers={"Retry-After": "1"}
    )


_running: set[tuple[str, str]] = set()
_running_lock = threading.Lock()


@contextmanager
def _alone(caller: str, key: str) -> Iterator[None]:
    """Refuses a second one in this process at once. SQLite would make it wait for the write lock instead."""
    with _running_lock:
        if (caller, key) in _running:
            raise _in_progress()
        _running.add((caller, key))
    try:
        yield
    finally:
        with _running_lock:
            _running.discard((caller, key))


def _lock(caller: str, key: str) -> bool:
    """Refuses a second one in another process: a lock that ends with the transaction."""
    if connection.vendor != "postgresql":
        return True  # BEGIN IMMEDIATE has let one process in at a time
    number = int.from_bytes(hashlib.sha256(f"{caller}\0{key}".encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return bool(cursor.fetchone()[0])


def _no_limit(request: HttpRequest) -> int:
    """The view judges the body's size; here it only has to be read."""
    return max(int(request.META.get("CONTENT_LENGTH") or 0), bodies.MEBIBYTE)
