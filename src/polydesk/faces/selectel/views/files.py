"""Files: upload, download, extensions (SE-150 … SE-154)."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase

from polydesk.directory.actors import Actor
from polydesk.tickets import commands
from polydesk.web import files

from .. import fields, limits, reading, storage
from ..auth import check_may_write
from ..errors import Failure, invalid, missing

ENVELOPE = 64 * 1024


def upload(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """SE-150, SE-153: kept until a ticket or comment takes it."""
    check_may_write(actor)
    file = _part(request)
    name = files.safe_name(file.name or "")
    if not storage.is_allowed(name):
        raise _not_allowed("Files with this extension are not taken.")
    if not file.size:
        raise _not_allowed("The file is empty.")
    if file.size > storage.LARGEST:
        raise _too_large()
    limits.charge("FILES", actor)
    stored = files.store(file.chunks(), limit=storage.LARGEST)
    new = commands.NewFile(name=name, size=stored.size, sha256=stored.sha256, content_type=stored.kind)
    row = commands.upload(new, by=actor)
    return {
        "uuid": str(row.uuid),
        "name": row.name,
        "size": row.size,
        "content_type": row.content_type,
        "created_at": fields.moment(row.created_at),
    }


def _part(request: HttpRequest) -> UploadedFile[bytes]:
    """The part `file`; a body that must be too large is not read at all."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > storage.LARGEST + ENVELOPE:
        raise _too_large()
    try:
        file = request.FILES.get("file")
    except MultiPartParserError as error:
        raise Failure(400, "The body is not valid multipart/form-data.") from error
    if file is None:
        raise invalid([("file", reading.REQUIRED)])
    return file


def _not_allowed(message: str) -> Failure:
    return Failure(400, message, "FILE_NOT_ALLOWED")


def _too_large() -> Failure:
    return _not_allowed(f"A file may have at most {storage.LARGEST} bytes.")


def download(request: HttpRequest, actor: Actor, number: str) -> HttpResponseBase:
    """SE-151."""
    if not reading.is_uuid(number):
        raise missing("file")
    row = storage.readable(actor, uuid.UUID(number))
    try:
        return files.download_response(row.sha256, row.name, row.content_type, inline=False)
    except (OSError, ValueError) as gone:
        raise missing("file") from gone


def extensions(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """SE-152."""
    return {"items": list(storage.EXTENSIONS)}
