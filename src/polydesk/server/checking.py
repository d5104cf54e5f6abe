"""What `polydesk check` looks at; each look yields one sentence per thing that is wrong."""

from collections.abc import Callable, Iterator
from smtplib import SMTPException

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import get_connection
from django.db import connection
from django.db.models import F, IntegerField, Max, OuterRef, Subquery

from polydesk.channels.email import fetching
from polydesk.directory import audit as security
from polydesk.features.mailboxes import boxes
from polydesk.server import migrating
from polydesk.server.progress import Progress
from polydesk.tickets import chain
from polydesk.tickets.models import Attachment, Event, Ticket
from polydesk.web import files

Look = Callable[[], Iterator[str]]


def configuration() -> Iterator[str]:
    for problem in checks.run_checks():
        if problem.level >= checks.WARNING:
            yield f"{problem.id}: {problem.msg}"


def database() -> Iterator[str]:
    if missing := migrating.pending():
        yield f"{missing} migration steps are missing (polydesk migrate)"
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            found = [row[0] for row in cursor.execute("PRAGMA integrity_check").fetchall()]
            yield from (f"SQLite: {line}" for line in found if line != "ok")
            for table, row, *_ in cursor.execute("PRAGMA foreign_key_check").fetchall():
                yield f"SQLite: row {row} of {table} refers to nothing"


def attachments() -> Iterator[str]:
    """Every stored file is there and is what was stored (RS-012)."""
    stored = Attachment.objects.exclude(sha256="")
    with Progress("comparing files", stored.values("sha256").distinct().count()) as progress:
        for sha256, size in stored.order_by("sha256").values_list("sha256", "size").distinct().iterator():
            progress.step()
            if not files.is_intact(sha256, size):
                named = stored.filter(sha256=sha256).values_list("pk", flat=True)[:5]
                yield f"file {sha256[:12]}… of attachment {', '.join(map(str, named))} is missing or was changed"


def audit() -> Iterator[str]:
    """All chains of events; the first break of each names its event (PL-022). The audit log is one chain (RS-172)."""
    for row, reason in security.broken():
        yield f"row {row} of the audit log: {reason}"
    for event, reason in chain.broken():
        yield f"event {event.pk} (number {event.number} of ticket {event.ticket_id}): {reason}"
    same = Event.objects.filter(ticket_id=OuterRef("pk")).order_by()
    newest = same.values("ticket_id").annotate(newest=Max("number")).values("newest")
    counted = Ticket.objects.annotate(newest=Subquery(newest, output_field=IntegerField()))
    for number, version, found in counted.exclude(newest=F("version")).values_list("pk", "version", "newest"):
        yield f"ticket {number} is at version {version}, but its newest event has number {found}"


def mail() -> Iterator[str]:
    """The mail servers let us in; nothing is sent, nothing fetched."""
    if getattr(settings, "POLYDESK_MAIL_URL", ""):
        try:
            connection = get_connection()
            connection.open()
            connection.close()
        except (OSError, SMTPException, ImproperlyConfigured) as problem:
            yield f"no mail can be sent: {type(problem).__name__}: {problem}"
    for mailbox in boxes.fetched():
        if trouble := fetching.check(mailbox):
            yield f"no mail can be fetched for {mailbox.address}: {trouble}"


def all_is_well(name: str) -> str:
    """What a look without findings says."""
    if name == "mail":
        on = getattr(settings, "POLYDESK_MAIL_URL", "")
        sent = "the server takes mails" if on else "off, as POLYDESK_MAIL_URL is empty"
        fetched = boxes.fetched().count()
        return sent + (f"; {fetched} mailboxes can be fetched" if fetched else "")
    return "chain intact" if name == "audit" else "nothing wrong"


LOOKS: dict[str, Look] = {
    "settings": configuration,
    "database": database,
    "files": attachments,
    "audit": audit,
    "mail": mail,
}
