"""How a message looks on the wire. A face with a format of its own (Autotask) registers it here, in its `ready()`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from polydesk.directory.actors import Actor
    from polydesk.tickets.models import Event, Ticket

    from .models import Delivery, Endpoint


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request as it will be sent: the very bytes, and its own headers."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    """Another address than the endpoint's, for a farewell."""


@dataclass(frozen=True, slots=True)
class News:
    """What a format composes from: the event, the ticket as it is now (None once purged), and whose eyes count.

    `moment` is the time of this attempt. The actor sees the ticket; what of it, the format has to ask `queries`."""

    delivery: Delivery
    endpoint: Endpoint
    actor: Actor
    event: Event | None
    ticket: Ticket | None
    moment: dt.datetime


Compose = Callable[[News], Outgoing | None]
Wants = Callable[["Endpoint", "Event"], bool]
Farewell = Callable[["Endpoint"], Outgoing | None]


@dataclass(frozen=True, slots=True)
class Format:
    """A format's choices. `compose` answers None for what the owner may not see; `wants` is asked in the writing
    transaction and must not ask the database; `farewell` is sent once when the endpoint is switched off or removed."""

    name: str
    compose: Compose
    wants: Wants = lambda endpoint, event: True
    farewell: Farewell = lambda endpoint: None
    is_numbered: bool = False
    most_failures: int | None = None
    """Consecutive failures after which the endpoint is switched off; None: only after five days of them (RS-046)."""
    timeout: float = 15.0


FORMATS: dict[str, Format] = {}


def register(format: Format) -> Format:
    """Offer a format; endpoints name it."""
    FORMATS[format.name] = format
    return format
