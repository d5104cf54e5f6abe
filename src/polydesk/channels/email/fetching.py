"""Fetching what lies on mail servers: each message is kept, then marked there, in this order (RS-065, RS-182).

A mailbox goes through its messages by rising UID. Taking one and remembering its UID is one transaction; only then the
server is told. Whatever dies in between is asked for again and known by Message-ID and digest (RS-026), so two fetches
of one mailbox at once, a kill, or a restored backup cost traffic but make no doubles.

Of a folder that we see for the first time, or whose UIDs began anew, only unread messages count. While that round is
on, `uid_validity` is kept as its negative.

A message that cannot be fetched or kept delays nobody: the next ones follow, it is tried again a minute later, and
after that its headers alone, or a note that it exists, go into quarantine (RS-076). It stays unread on its server.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import InterfaceError, OperationalError, transaction

from polydesk import jobs
from polydesk.features.mailboxes import boxes, taking
from polydesk.features.mailboxes.models import Mailbox, Message
from polydesk.jobs.models import Job
from polydesk.jobs.running import Running
from polydesk.tickets.edits import now
from polydesk.web.sentences import say

from . import imap

log = logging.getLogger("polydesk.email")

MOST = 200
"""Messages of one job; for what is left it asks for itself again."""
SECONDS = 45.0
TRIES = 3
AGAIN = dt.timedelta(minutes=1)
PATIENCE = dt.timedelta(minutes=10)
"""A mailbox that has failed for so long is asked every so often, not every minute."""

WHILE_SOMEBODY_WAITS = imap.Patience(answer=8, session=16)

NOT_STORED = say("The desk could not store a message: it is tried again.")
NOT_MARKED = say("Messages are taken, but the mail server did not let us mark or move them.")
NOT_HANDED_OUT = say("The mail server did not hand out this message: it is still there, unread.")


@jobs.tick(every=dt.timedelta(minutes=1), name="email.fetch_all", atomic=False)
def fetch_all(due: dt.datetime) -> int:
    """How many mailboxes are asked."""
    asked = [pk for pk, since in boxes.fetched().values_list("pk", "failing_since") if _is_its_turn(pk, since, due)]
    for pk in asked:
        ask(pk)
    return len(asked)


def _is_its_turn(pk: int, failing_since: dt.datetime | None, due: dt.datetime) -> bool:
    every = int(PATIENCE.total_seconds() // 60)
    has_failed_long = failing_since is not None and due - failing_since > PATIENCE
    return not has_failed_long or (int(due.timestamp()) // 60 + pk) % every == 0


def ask(pk: int, memory: dict[str, Any] | None = None, *, due: dt.datetime | None = None) -> None:
    """One waiting job for each mailbox. What a fetch remembers for the next is handed to the one that waits."""
    key, args = f"mailbox:{pk}", {"mailbox": pk, **(memory or {})}
    added = jobs.later(boxes.FETCH, args, lane=f"fetch:{pk}", group=boxes.FETCH, key=key, due=due)
    if added is None and memory:
        Job.objects.waiting().filter(kind=boxes.FETCH, key=key, tries=0).update(args=args)


@jobs.job(boxes.FETCH, schedule=(5, 30, 60), slots=2, atomic=False)
def fetch(job: Running) -> None:
    """One round. A mail server that is away is no failure of the job: the tick asks again."""
    mailbox = boxes.fetched().filter(pk=job.args["mailbox"]).first()
    if mailbox is None:
        return
    this = Round(mailbox, job.args)
    if job.tries > 1:  # who took the last message may have died before it was marked
        this.unmarked = mailbox.last_uid
    this.run()
    memory = this.memory()
    if this.is_unfinished or memory:
        with job.finishing():
            ask(mailbox.pk, memory, due=None if this.is_unfinished else now() + AGAIN)


def check(mailbox: Mailbox) -> str:
    """Comes in and opens the folder; what hinders that, as a sentence, else nothing."""
    try:
        with imap.session(mailbox, WHILE_SOMEBODY_WAITS):
            return ""
    except (imap.NoSession, imap.Broken) as trouble:
        return str(trouble)


@dataclass
class Round:
    """One fetch of a mailbox, and what it leaves."""

    mailbox: Mailbox
    args: dict[str, Any] = field(default_factory=dict)
    told: Callable[[Message, bool], None] = lambda message, is_new: None
    stumbled: dict[int, int] = field(default_factory=dict)
    """UID -> how often it failed."""
    unmarked: int = 0
    """The UID of a message that was taken, and perhaps not marked."""
    reached: int = 0
    """Everything up to here was taken, or stumbled."""
    error: str = ""
    is_unfinished: bool = False
    """There is more to take at once."""

    def run(self) -> None:
        """Leaves its outcome in the row of the mailbox."""
        try:
            with imap.session(self.mailbox) as session:
                self._fetch(session)
        except (imap.NoSession, imap.Broken) as trouble:
            self._fail(str(trouble))
        except imap.Odd:
            self._fail(imap.NO_ANSWER)
        except OSError:
            log.exception("mailbox %s: a message could not be stored", self.mailbox.pk)
            self._fail(NOT_STORED)
        except _MovedOn:
            return
        else:
            self._here().update(fetched_at=now(), error=self.error, failing_since=None)

    def memory(self) -> dict[str, Any]:
        """What the next round should know; it does without."""
        if not (self.stumbled or self.unmarked):
            return {}
        return {
            "stumbled": {str(uid): times for uid, times in self.stumbled.items()},
            "unmarked": self.unmarked,
            "reached": self.reached,
            "validity": abs(self.mailbox.uid_validity),
        }

    def _fetch(self, session: imap.Session) -> None:
        self._begin(session.uid_validity)
        if self.unmarked and session.found(f"UNSEEN UNDELETED UID {self.unmarked}"):
            self._settle(session, self.unmarked)
        self.unmarked = 0
        is_first = self.mailbox.uid_validity < 0
        newest = session.newest() if is_first else 0
        unread = "UNSEEN " if is_first else ""
        # "n:*" names the newest message even when it is older than n.
        found = session.found(f"UNDELETED {unread}UID {self.mailbox.last_uid + 1}:*")
        self.stumbled = {uid: times for uid, times in self.stumbled.items() if uid in found}
        # What stumbled comes last: it may cost the connection.
        wanted = [uid for uid in found if uid > self.reached] + sorted(self.stumbled)
        ends = time.monotonic() + SECONDS
        for count, uid in enumerate(wanted):
            if count >= MOST or time.monotonic() > ends:
                self.is_unfinished = True
                return
            self._take(session, uid)
        if is_first and not self.stumbled:
            self._here().update(uid_validity=session.uid_validity, last_uid=max(newest, self.reached))

    def _begin(self, validity: int) -> None:
        if abs(self.mailbox.uid_validity) != validity:
            self.mailbox.uid_validity, self.mailbox.last_uid, self.unmarked = -validity, 0, 0
            self._here().update(uid_validity=-validity, last_uid=0)
        self.reached = self.mailbox.last_uid
        if self.args.get("validity") == validity:
            self.stumbled = {int(uid): times for uid, times in self.args["stumbled"].items()}
            self.reached = max(self.reached, self.args["reached"])
            self.unmarked = self.unmarked or self.args["unmarked"]

    def _take(self, session: imap.Session, uid: int) -> None:
        try:
            is_handed_out = self._keep(session, uid)
        except (OperationalError, InterfaceError, OSError, _MovedOn):
            raise
        except imap.Broken:
            self._stumble(uid)
            self.is_unfinished = self.stumbled[uid] == 1  # others wait behind it
            raise
        except Exception:  # whatever it is, the next message is not to wait for it
            log.warning("mailbox %s: message %s was not taken", self.mailbox.pk, uid, exc_info=True)
            self._stumble(uid)
            return
        if is_handed_out:
            self._settle(session, uid)

    def _stumble(self, uid: int) -> None:
        self.stumbled[uid] = self.stumbled.get(uid, 0) + 1
        self.reached = max(self.reached, uid)

    def _keep(self, session: imap.Session, uid: int) -> bool:
        """Whether the server handed it out; False also when it is gone."""
        times = self.stumbled.get(uid, 0)
        if times >= TRIES:
            note = f"Subject: Message {uid} of {self.mailbox.folder}\r\n\r\n".encode()
            self._commit(uid, note, is_cut=True, reason=NOT_HANDED_OUT)
            return False
        size = session.size(uid)
        if size is None:
            self._commit(uid, None)
            return False
        is_last_try, is_cut = times == TRIES - 1, size > taking.LARGEST
        raw = session.content(uid, headers_only=is_cut or is_last_try)
        if size and not raw:
            raise imap.Odd("an empty answer")
        self._commit(uid, raw, is_cut=is_cut or is_last_try, reason=NOT_HANDED_OUT if is_last_try else "")
        return not is_last_try

    def _commit(self, uid: int, raw: bytes | None, *, is_cut: bool = False, reason: str = "") -> None:
        """The message and how far we are, or neither."""
        open_ = self.stumbled.keys() - {uid}
        reached = max(self.reached, uid)
        done = min(reached, min(open_, default=reached + 1) - 1)
        stored = taking.store(raw) if raw is not None else None
        with transaction.atomic():
            mailbox = self._here().select_for_update(no_key=True).filter(is_active=True).first()
            if mailbox is None:
                raise _MovedOn
            message, is_new = None, False
            if raw is not None:
                message, is_new = taking.take(mailbox, raw, is_cut=is_cut, stored=stored)
            if message is not None and is_new and reason:
                Message.objects.filter(pk=message.pk).update(reason=reason)
            self._here().filter(uid_validity=self.mailbox.uid_validity, last_uid__lt=done).update(last_uid=done)
        self.stumbled.pop(uid, None)
        self.reached = reached
        if message is not None:
            self.told(message, is_new)

    def _settle(self, session: imap.Session, uid: int) -> None:
        """Only after the commit (RS-065)."""
        folder = self.mailbox.done_folder
        try:
            if folder and folder.casefold() != self.mailbox.folder.casefold():
                session.move(uid, folder)
            else:
                session.mark_as_read(uid)
        except imap.Odd as odd:
            if not self.error:
                log.warning("mailbox %s: message %s could not be marked: %s", self.mailbox.pk, uid, odd)
            self.error = NOT_MARKED
        except imap.Broken:
            self.unmarked = uid
            raise

    def _fail(self, sentence: str) -> None:
        self.error = sentence
        self._here().filter(failing_since=None).update(failing_since=now())
        self._here().update(error=sentence)

    def _here(self) -> Any:
        """The mailbox, unless somebody pointed it to another place meanwhile."""
        box = self.mailbox
        place = {"host": box.host, "port": box.port, "login": box.login, "folder": box.folder}
        return Mailbox.objects.filter(pk=box.pk, **place)


class _MovedOn(Exception):
    """The mailbox was removed, switched off, or fetches from another place now."""
