"""A storage that is no folder: it has no paths and lists nothing, as some clouds' are."""

from __future__ import annotations

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage


class Shelf(Storage):
    """Files in memory, shared by all who ask."""

    held: dict[str, bytes] = {}

    def _save(self, name: str, content: File) -> str:
        self.held[name] = b"".join(content.chunks())
        return name

    def _open(self, name: str, mode: str = "rb") -> File:
        return ContentFile(self.held[name], name)

    def exists(self, name: str) -> bool:
        return name in self.held

    def delete(self, name: str) -> None:
        self.held.pop(name, None)

    def size(self, name: str) -> int:
        return len(self.held[name])
