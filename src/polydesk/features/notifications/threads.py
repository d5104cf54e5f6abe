"""Identifiers of our mails, by which an answer is known as one to them, and where answers go (RS-027, RS-070, RS-131).

An identifier names the ticket, the person it was written to and its day, and proves that we made it: nobody else can.
It joins an answer to its ticket for two years; after that it still says which ticket the answer means."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parseaddr

from django.utils.crypto import constant_time_compare, salted_hmac

from polydesk.tickets.edits import now

from .house import house

JOINS_FOR = dt.timedelta(days=730)
_SALT = "polydesk.features.notifications"
_OURS = re.compile(r"([a-z])(\d{1,18})\.(\d{1,18})\.(\d{1,18})\.(\d{1,6})\.([0-9a-f]{24})@.{1,255}")
_SOUND = re.compile(r"(?!.*=\?)[\x21-\x3b\x3d\x3f-\x7e]+@[\x21-\x3b\x3d\x3f-\x7e]+")
_LONGEST = 250
_EPOCH = dt.date(1970, 1, 1)

ReplyTo = Callable[[int, int, int], str]
_replies: list[ReplyTo] = []
Came = Callable[[int, int], list[str]]
_came: list[Came] = []


@dataclass(frozen=True)
class Proof:
    """What a token of ours proves: for whom it was made, about which ticket, how long ago."""

    ticket: int
    person: int
    age: dt.timedelta

    @property
    def joins(self) -> bool:
        return self.age <= JOINS_FOR


def replies_go_to(address: ReplyTo) -> None:
    """A channel says where answers go: (organization, ticket, person) to an address, or nothing."""
    _replies.append(address)


def reply_to(organization_id: int, ticket_id: int, person_id: int) -> str:
    """Where this person's answers on this ticket go; empty where no channel takes them."""
    return next((found for one in _replies if (found := one(organization_id, ticket_id, person_id))), "")


def came_by(identifiers: Came) -> None:
    """A channel says under which Message-IDs a ticket came and what it answers: (ticket, reader) to the first and the
    last that the reader knows."""
    _came.append(identifiers)


def placed(ticket_id: int, *before: str) -> dict[str, str]:
    """The headers by which programs of mail show one conversation: the ticket, then the mails `before` this one, the
    last of which it answers (RFC 5322, 3.6.4). What is no identifier on one line is left out (RS-074)."""
    sound = [f"<{one}>" for one in before if len(one) <= _LONGEST and _SOUND.fullmatch(one)]
    chain = list(dict.fromkeys([f"<ticket.{ticket_id}@{domain()}>", *sound]))
    return {"In-Reply-To": chain[-1], "References": " ".join(chain)}


def before(ticket_id: int, person_id: int) -> list[str]:
    """Message-IDs of mails that came to a ticket, as `placed` wants them for this reader."""
    return [found for one in _came for found in one(ticket_id, person_id)]


def identifier(kind: str, number: int, ticket_id: int, person_id: int, made: dt.datetime) -> str:
    """The Message-ID of our mail `number` of a `kind` (one letter): the same at every try, and not to be guessed."""
    facts = f"{kind}{number}.{ticket_id}.{person_id}.{day(made)}"
    return f"<{facts}.{_proof(facts)}@{domain()}>"


def read(message_id: str) -> Proof | None:
    """What an identifier of ours, without its angle brackets, proves; None for anybody else's."""
    found = _OURS.fullmatch(message_id)
    if not found:
        return None
    kind, number, ticket, person, made, proof = found.groups()
    if not constant_time_compare(proof, _proof(f"{kind}{number}.{ticket}.{person}.{made}")):
        return None
    return Proof(int(ticket), int(person), age(int(made)))


def day(moment: dt.datetime) -> int:
    """The day as tokens name it."""
    return (moment.date() - _EPOCH).days


def age(made: int) -> dt.timedelta:
    """How long ago such a day was."""
    return dt.timedelta(days=day(now()) - made)


def domain() -> str:
    """Of the sender, as identifiers of a mail want one."""
    return parseaddr(house().sender())[1].rpartition("@")[2] or "localhost"


def _proof(facts: str) -> str:
    return salted_hmac(_SALT, facts, algorithm="sha256").hexdigest()[:24]
