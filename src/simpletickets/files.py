"""Where attachments lie: in the folder ST_ATTACHMENTS of a host project's default storage, MEDIA_ROOT unless it says
otherwise; with all others in the server (ST-092)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.files.storage import FileSystemStorage, storages
from django.core.files.uploadedfile import UploadedFile

from polydesk.tickets.commands import NewFile
from polydesk.web import files
from polydesk.web.elsewhere import Elsewhere

from . import settings


def keep_under_attachments_folder() -> None:
    """In a host project the engine's files lie in the folder that the setting names."""
    if not apps.is_installed("polydesk.server"):
        files.keep_under(_place)


def _place() -> Path | Elsewhere:
    storage = storages["default"]
    if isinstance(storage, FileSystemStorage):
        return Path(storage.path(settings.ST_ATTACHMENTS))
    return Elsewhere(storage, settings.ST_ATTACHMENTS)


def stored(upload: UploadedFile[Any]) -> NewFile:
    """The bytes of an upload, stored under their digest; the row keeps the name (ST-093)."""
    kept = files.store(upload.chunks())
    return NewFile(files.safe_name(upload.name or "file"), kept.size, kept.sha256, kept.kind)
