"""Files by UUID: kept before they are attached, then attached to any number of comments (SE-150 … SE-154).

The first comment takes the waiting upload itself; each further one gets a row of its own that remembers the UUID."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db.models import Q, QuerySet

from polydesk.directory.actors import Actor
from polydesk.tickets import commands
from polydesk.tickets.commands.files import File
from polydesk.tickets.models import Attachment

from . import finding
from .auth import is_client
from .errors import missing

LARGEST = 20 * 1024 * 1024
EXTENSIONS = (
    *("7z", "avi", "bmp", "cer", "cfg", "conf", "crt", "csr", "csv", "doc", "docx", "eml", "gif", "gz", "har", "heic"),
    *("ini", "jpeg", "jpg", "json", "key", "log", "md", "mkv", "mov", "mp4", "msg", "odp", "ods", "odt", "out", "pcap"),
    *("pcapng", "pdf", "pem", "png", "ppt", "pptx", "rar", "rtf", "tar", "tgz", "tif", "tiff", "toml", "tsv", "txt"),
    *("webm", "webp", "xls", "xlsx", "xml", "xz", "yaml", "yml", "zip"),
)


def is_allowed(name: str) -> bool:
    """Is the file's extension on the list?"""
    stem, dot, extension = name.rpartition(".")
    return bool(dot and stem) and extension.lower() in EXTENSIONS


def take(actor: Actor, uuids: Sequence[uuid.UUID]) -> list[File]:
    """The named files, held until the end of the transaction, ready for a command; all of them or a 404."""
    if not uuids:
        return []
    found = {row.uuid: row for row in _own(actor).filter(uuid__in=uuids).select_for_update(of=("self",))}
    unknown = [(f"files.{n}", "There is no such file.") for n, wanted in enumerate(uuids) if wanted not in found]
    if unknown:
        raise missing("file", unknown)
    return [_attachable(found[wanted]) for wanted in uuids]


def _own(actor: Actor) -> QuerySet[Attachment]:
    """What the account of the token uploaded."""
    rows = Attachment.objects.filter(
        organization_id=actor.organization_id, type="file", side=actor.side, deleted_at__isnull=True
    )
    return rows.filter(author__company=actor.company_id or 0) if is_client(actor) else rows


def _attachable(row: Attachment) -> File:
    if row.ticket_id is None:
        return row
    remembered = {"selectel": {"uuid": str(row.uuid)}}
    return commands.NewFile(
        name=row.name, size=row.size, sha256=row.sha256, content_type=row.content_type, extra=remembered
    )


def readable(actor: Actor, wanted: uuid.UUID) -> Attachment:
    """A file for its uploader and for those who see a ticket that it hangs on."""
    rows = Attachment.objects.filter(organization_id=actor.organization_id, type="file", deleted_at__isnull=True)
    own = Q(author_id=actor.person_id, side=actor.side)
    first = rows.filter(uuid=wanted).filter(own | _hanging(actor)).first()
    return first or _second(rows, actor, wanted)


def _second(rows: QuerySet[Attachment], actor: Actor, wanted: uuid.UUID) -> Attachment:
    """Another row of the same upload, on a ticket that the caller sees."""
    upload = Attachment.objects.filter(organization_id=actor.organization_id, uuid=wanted).first()
    same = rows.filter(sha256=upload.sha256) if upload else rows
    found = same.filter(_hanging(actor), extra__selectel__uuid=str(wanted)).first()
    if found is None:
        raise missing("file")
    return found


def _hanging(actor: Actor) -> Q:
    public = Q(comment__isnull=True) | Q(comment__in=finding.public_comments())
    return Q(ticket__in=finding.seen(actor), internal=False) & public
