"""What changes, as it happens: one hub per process reads the events once and hands them to every open stream (PL-108).

A stream holds a thread and no database connection. The hub asks the database once a second, only while somebody
listens: two statements for each organization with news, however many listen to it. Whether a listener may know of an
event is asked of the ticket's row in memory, by the same question as everywhere (`queries.can_see`)."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Q

from polydesk.directory.actors import Actor
from polydesk.tickets import queries
from polydesk.tickets.models import Event, Ticket
from polydesk.web import bodies, stopping
from polydesk.web.problems import Problem

from . import showing

Position = tuple[int, int]
LOOK_EVERY = 1.0
PING_EVERY = 15.0
# A stream ends after so long and its client comes back: by then rights are asked anew (RS-118).
LASTS = 300.0
KEPT_AT_MOST = 500


@dataclass(eq=False)
class Listener:
    """One open stream."""

    actor: Actor
    position: Position
    waiting: deque[bytes] = field(default_factory=deque)
    overflown: bool = False


class Hub:
    """Reads events for all listeners of this process."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.listeners: set[Listener] = set()
        self.read_up_to: dict[int, Position] = {}
        self.thread: threading.Thread | None = None

    def join(self, actor: Actor, after: Position | None) -> Listener:
        """Begin to listen; what happened since `after` waits already."""
        with self.changed:
            if len(self.listeners) >= settings.POLYDESK_STREAMS:
                raise Problem("unavailable", "Too many streams are open.", headers={"Retry-After": "15"})
            listener = Listener(actor, after or newest(actor.organization_id))
            self.read_up_to.setdefault(actor.organization_id, listener.position)
            self.listeners.add(listener)
        if after is not None:
            self._catch_up(listener)
        self._run()
        return listener

    def leave(self, listener: Listener) -> None:
        """The stream has ended."""
        with self.changed:
            self.listeners.discard(listener)
            if all(other.actor.organization_id != listener.actor.organization_id for other in self.listeners):
                self.read_up_to.pop(listener.actor.organization_id, None)

    def look(self) -> None:
        """Read what is new and hand it out: one round of the thread, called by tests too."""
        for organization_id in list(self.read_up_to):
            events = news(organization_id, self.read_up_to.get(organization_id, (0, 0)))
            if events:
                tickets = Ticket.objects.in_bulk({event.ticket_id for event in events})
                self._hand_out(organization_id, events, tickets)

    def _hand_out(self, organization_id: int, events: list[Event], tickets: dict[int, Ticket]) -> None:
        with self.changed:
            for listener in self.listeners:
                if listener.actor.organization_id == organization_id:
                    _give(listener, [e for e in events if _may_know(listener.actor, e, tickets.get(e.ticket_id))])
            self.read_up_to[organization_id] = _position(events[-1])
            self.changed.notify_all()

    def _catch_up(self, listener: Listener) -> None:
        missed = queries.feed(listener.actor, after=listener.position, limit=KEPT_AT_MOST)
        with self.changed:
            _give(listener, missed)

    def _run(self) -> None:
        with self.changed:
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self._watch, daemon=True, name="event-hub")
                self.thread.start()

    def _watch(self) -> None:
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
            stopping.STOP.wait(LOOK_EVERY)

    def wake(self) -> None:
        """Let every stream look at STOP."""
        with self.changed:
            self.changed.notify_all()


HUB = Hub()
stopping.on_stop(HUB.wake)


def chunks(listener: Listener) -> Iterator[bytes]:
    """The body of a stream."""
    ends = time.monotonic() + LASTS
    try:
        yield b"retry: 3000\n\n"
        while time.monotonic() < ends and not stopping.STOP.is_set() and not listener.overflown:
            with HUB.changed:
                if not listener.waiting:
                    HUB.changed.wait(min(PING_EVERY, max(0.0, ends - time.monotonic())))
                sending = list(listener.waiting)
                listener.waiting.clear()
            yield b"".join(sending) or b": still here\n\n"
    finally:
        HUB.leave(listener)


def newest(organization_id: int) -> Position:
    """Where the feed of an organization stands now."""
    last = queries.settled(Event.objects.filter(organization_id=organization_id)).order_by("-tx", "-id").first()
    return _position(last) if last else (0, 0)


def news(organization_id: int, after: Position) -> list[Event]:
    """Events of an organization after a position, in an order that no commit can slip behind."""
    later = Q(tx__gt=after[0]) | Q(tx=after[0], id__gt=after[1])
    found = Event.objects.filter(later, organization_id=organization_id)
    return list(queries.settled(found).order_by("tx", "id")[:KEPT_AT_MOST])


def _position(event: Event) -> Position:
    return event.tx, event.pk


def _may_know(actor: Actor, event: Event, ticket: Ticket | None) -> bool:
    if ticket is None or (not actor.is_staff and not event.public):
        return False
    return queries.can_see(actor, ticket)


def _give(listener: Listener, events: list[Event]) -> None:
    """Put messages into the listener's queue; one that does not read is let go and catches up when it comes back."""
    fresh = [event for event in events if _position(event) > listener.position]
    if len(listener.waiting) + len(fresh) > KEPT_AT_MOST:
        listener.overflown = True
        return
    for event in fresh:
        listener.waiting.append(_message(listener.actor, event))
        listener.position = _position(event)


def _message(actor: Actor, event: Event) -> bytes:
    """One message: small and without names, so that nobody has to be asked for them."""
    shown = {
        "id": event.pk,
        "ticket": event.ticket_id,
        "verb": event.verb,
        "at": event.at,
        "actor": event.actor_id,
        "comment": event.comment_id,
        "changed": sorted(showing.changes_for(actor, event)),
    }
    kind = "comment" if event.comment_id and event.verb == "comment" else "ticket"
    return f"id: {event.tx}-{event.pk}\nevent: {kind}\ndata: ".encode() + bodies.encode(shown) + b"\n\n"
