"""One hub per process reads what happens once and hands it to every open stream (PL-108).

A stream holds a thread and no database connection. The hub looks into the database only while somebody listens, once a
second, on PostgreSQL when the bell rings (`bell.py`): two statements for each organization, and one more when there is
news, however many listen to it. Whether a
listener may know of an event is asked of the ticket's row in memory, by the same question as everywhere
(`queries.can_see`). Of people only staff hear."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Q
from django.http import StreamingHttpResponse

from polydesk.directory.actors import Actor
from polydesk.tickets import queries
from polydesk.tickets.models import Event, Ticket
from polydesk.web import bodies, stopping
from polydesk.web.problems import Problem

from . import presence
from .bell import Ear
from .presence import Present

Position = tuple[int, int]
Places = dict[int, list[Present]]
LOOK_EVERY = 1.0
PING_EVERY = 15.0
# A stream ends after so long and its client comes back: by then rights are asked anew (RS-118).
LASTS = 300.0
# How long a new listener waits for the place of one that has gone without a word.
ROOM_WITHIN = 1.0
KEPT_AT_MOST = 500


@dataclass(eq=False)
class Listener:
    """One open stream; `tell` writes an event in the words of its face."""

    actor: Actor
    position: Position
    tell: Callable[[Actor, Event], bytes]
    waiting: deque[bytes] = field(default_factory=deque)
    began: Position = (0, 0)

    def __post_init__(self) -> None:
        self.began = self.position


class Hub:
    """Reads for all listeners of this process."""

    def __init__(self) -> None:
        lock = threading.RLock()
        self.changed, self.left = threading.Condition(lock), threading.Condition(lock)
        self.listeners: set[Listener] = set()
        self.read_up_to: dict[int, Position] = {}
        self.places: dict[int, Places] = {}
        self.thread: threading.Thread | None = None

    def join(self, actor: Actor, after: Position | None, tell: Callable[[Actor, Event], bytes]) -> Listener:
        """Begin to listen; what happened since `after` waits already, and so does who is there."""
        organization_id = actor.organization_id
        with self.changed:
            if not self._has_room():
                raise Problem("unavailable", "Too many streams are open.", headers={"Retry-After": "15"})
            listener = Listener(actor, after or newest(organization_id), tell)
            self.read_up_to.setdefault(organization_id, listener.position)
            # Under the lock, so that nothing newer is handed out before what was missed.
            if after is None or self._catch_up(listener):
                self.listeners.add(listener)
            places = dict(self.places.setdefault(organization_id, {}))
        self._tell_places([listener], places)
        self._run()
        return listener

    def _has_room(self) -> bool:
        """Only writing to a stream shows that its client has gone: when all places are taken, all are written to."""
        if len(self.listeners) < settings.POLYDESK_STREAMS:
            return True
        self.changed.notify_all()
        return self.left.wait_for(lambda: len(self.listeners) < settings.POLYDESK_STREAMS, ROOM_WITHIN)

    def leave(self, listener: Listener) -> None:
        """The stream has ended."""
        with self.changed:
            self.listeners.discard(listener)
            self.left.notify()
            if not self._of(listener.actor.organization_id):
                self.read_up_to.pop(listener.actor.organization_id, None)
                self.places.pop(listener.actor.organization_id, None)

    def look(self) -> None:
        """Read what is new and hand it out: one round of the thread."""
        for organization_id in list(self.read_up_to):
            events = news(organization_id, self.read_up_to.get(organization_id, (0, 0)))
            if events:
                tickets = Ticket.objects.in_bulk({event.ticket_id for event in events})
                self._hand_out(organization_id, events, tickets)
            self._look_who_is_there(organization_id)

    def _hand_out(self, organization_id: int, events: list[Event], tickets: dict[int, Ticket]) -> None:
        with self.changed:
            for listener in self._of(organization_id):
                self._give(listener, [e for e in events if _may_know(listener.actor, e, tickets.get(e.ticket_id))])
            self.read_up_to[organization_id] = _position(events[-1])
            self.changed.notify_all()

    def _look_who_is_there(self, organization_id: int) -> None:
        now, before = presence.within(organization_id), self.places.get(organization_id, {})
        moved = {pk: now.get(pk, []) for pk in {*now, *before} if now.get(pk) != before.get(pk)}
        if not moved:
            return
        with self.changed:
            listeners = self._of(organization_id)
            if listeners:
                self.places[organization_id] = now
        self._tell_places(listeners, moved)

    def _tell_places(self, listeners: list[Listener], places: Places) -> None:
        if not places:
            return
        tickets = Ticket.objects.in_bulk(places)
        with self.changed:
            for listener in listeners:
                for pk, people in places.items():
                    if listener.actor.is_staff and pk in tickets and queries.can_see(listener.actor, tickets[pk]):
                        listener.waiting.append(presence_message(pk, people))
            self.changed.notify_all()

    def _catch_up(self, listener: Listener) -> bool:
        """Give what was missed; False when that is all that one stream keeps, and the rest comes with the next one."""
        missed = queries.feed(listener.actor, after=listener.position, limit=KEPT_AT_MOST)
        self._give(listener, missed)
        return len(missed) < KEPT_AT_MOST

    def _give(self, listener: Listener, events: list[Event]) -> None:
        """Put messages into the listener's queue; one that does not read is let go and catches up when it is back."""
        fresh = [event for event in events if _position(event) > listener.position]
        if len(listener.waiting) + len(fresh) > KEPT_AT_MOST and fresh:
            self.listeners.discard(listener)
            return
        for event in fresh:
            listener.waiting.append(listener.tell(listener.actor, event))
            listener.position = _position(event)

    def _of(self, organization_id: int) -> list[Listener]:
        return [listener for listener in self.listeners if listener.actor.organization_id == organization_id]

    def _run(self) -> None:
        with self.changed:
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self._watch, daemon=True, name="event-hub")
                self.thread.start()

    def _watch(self) -> None:
        ear = Ear()
        try:
            while not stopping.STOP.is_set():
                with self.changed:
                    if not self.listeners:
                        self.thread = None
                        return
                try:
                    self.look()
                except DatabaseError:
                    time.sleep(LOOK_EVERY)  # the database is away: listeners keep waiting, nothing is skipped
                finally:
                    connection.close()
                ear.wait(LOOK_EVERY, lambda: not self.listeners)
        finally:
            ear.close()

    def wake(self) -> None:
        """Let every stream look at STOP."""
        with self.changed:
            self.changed.notify_all()


HUB = Hub()
stopping.on_stop(HUB.wake)


def chunks(listener: Listener) -> Iterator[bytes]:
    """The body of a stream: it says at once where it stands, so that a listener knows that nothing holds it back."""
    ends = time.monotonic() + LASTS
    try:
        tx, pk = listener.began
        yield f"retry: 3000\nid: {tx}-{pk}\nevent: hello\ndata: {{}}\n\n".encode()
        while time.monotonic() < ends and not stopping.STOP.is_set():
            with HUB.changed:
                if not listener.waiting and listener in HUB.listeners:
                    HUB.changed.wait(min(PING_EVERY, max(0.0, ends - time.monotonic())))
                sending = list(listener.waiting)
                listener.waiting.clear()
            if not sending and listener not in HUB.listeners:
                return  # let go: the client comes back and goes on after what it was sent
            yield b"".join(sending) or b": still here\n\n"
    finally:
        HUB.leave(listener)


def answer(listener: Listener) -> StreamingHttpResponse:
    """The stream as an answer that no proxy holds back."""
    if not connection.in_atomic_block:
        connection.close()  # the stream may stay for minutes; the connection must not
    return StreamingHttpResponse(
        chunks(listener),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def message(kind: str, event: Event, data: object) -> bytes:
    """An event as a server-sent one; its id is where the stream resumes."""
    return f"id: {event.tx}-{event.pk}\nevent: {kind}\ndata: ".encode() + bodies.encode(data) + b"\n\n"


def presence_message(ticket_id: int, people: Iterable[Present]) -> bytes:
    """Who is at a ticket now, everybody of them; without an id, for nobody has to catch up with it."""
    shown = {"ticket": ticket_id, "people": [asdict(one) for one in people]}
    return b"event: presence\ndata: " + bodies.encode(shown) + b"\n\n"


def newest(organization_id: int, before: datetime | None = None) -> Position:
    """Where the feed of an organization stands now, or stood before a moment."""
    events = Event.objects.filter(organization_id=organization_id)
    events = events.filter(at__lt=before) if before else events
    last = queries.settled(events).order_by("-tx", "-id").first()
    return _position(last) if last else (0, 0)


def news(organization_id: int, after: Position) -> list[Event]:
    """Events of an organization after a position, in an order that no commit can slip behind."""
    later = Q(tx__gt=after[0]) | Q(tx=after[0], id__gt=after[1])
    found = Event.objects.filter(later, organization_id=organization_id)
    return list(queries.settled(found).order_by("tx", "id")[:KEPT_AT_MOST])


def position(text: str) -> Position | None:
    """What a listener gives back as the last id it has seen; None when it is none."""
    tx, dash, pk = text.partition("-")
    known = dash and tx.isascii() and pk.isascii() and tx.isdigit() and pk.isdigit() and max(len(tx), len(pk)) < 19
    return (int(tx), int(pk)) if known else None


def _position(event: Event) -> Position:
    return event.tx, event.pk


def _may_know(actor: Actor, event: Event, ticket: Ticket | None) -> bool:
    if ticket is None or (not actor.is_staff and not event.public):
        return False
    return queries.can_see(actor, ticket)
