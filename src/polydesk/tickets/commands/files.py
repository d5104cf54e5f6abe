"""Files on their way into a ticket: new bytes already stored, uploads that waited, links."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from polydesk.directory.actors import Actor
from polydesk.tickets.edits import Part, now
from polydesk.tickets.models import Attachment, Comment, Ticket


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file whose bytes are stored (web.files) under `sha256`; `size` in bytes."""

    name: str
    size: int
    sha256: str
    content_type: str = "application/octet-stream"
    title: str = ""
    internal: bool = False
    uuid: uuid.UUID | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link in place of a file: type `url`, `file_link` or `folder_link`."""

    url: str
    type: str = "url"
    title: str = ""
    internal: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


File = NewFile | NewLink | Attachment
"""A new file, a link, or an upload that waits (an Attachment without a ticket)."""


def upload(file: NewFile, *, by: Actor) -> Attachment:
    """Keep a file that is not on a ticket yet; one that nobody attaches is swept after 24 h (RS-011)."""
    row = _row(file, by)
    row.save()
    return row


def file_parts(
    files: Sequence[File], by: Actor, ticket: Ticket, comment: Comment | None = None, **facts: Any
) -> Iterator[Part]:
    """One part per file, on the ticket itself or on one of its entries."""
    for file in files:
        row = file if isinstance(file, Attachment) else _row(file, by)
        row.internal = row.internal or (comment is not None and not comment.is_public)
        row.comment = comment
        for name, value in facts.items():
            setattr(row, name, value)
        waiting = row.pk is not None
        yield Part(
            "attachment",
            describe=lambda row=row: describe(row),  # type: ignore[misc]
            rows=() if waiting else (row,),
            write=(lambda row=row: _take(row, ticket)) if waiting else None,  # type: ignore[misc]
            public=not row.internal,
        )


def describe(row: Attachment) -> dict[str, Any]:
    """What an event keeps of a file."""
    return {
        "id": row.pk,
        "uuid": str(row.uuid),
        "name": row.name,
        "size": row.size,
        "sha256": row.sha256,
        "internal": row.internal,
        "comment": row.comment_id,
        "type": row.type,
    }


def _take(row: Attachment, ticket: Ticket) -> None:
    row.ticket = ticket
    row.comment = row.comment
    row.save(update_fields=["ticket", "comment", "internal"])


def _row(file: NewFile | NewLink, by: Actor) -> Attachment:
    row = Attachment(
        organization_id=by.organization_id,
        author_id=by.person_id,
        side=by.side,
        impersonator_id=by.impersonator_id,
        title=file.title,
        internal=file.internal,
        created_at=now(),
        extra=dict(file.extra),
    )
    if isinstance(file, NewLink):
        row.type, row.url, row.name = file.type, file.url, file.title or file.url[:255]
        return row
    row.name, row.size, row.sha256, row.content_type = file.name, file.size, file.sha256, file.content_type
    if file.uuid:
        row.uuid = file.uuid
    return row
