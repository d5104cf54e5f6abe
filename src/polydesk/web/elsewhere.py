"""Attachment bytes in a storage of Django that is no folder of this machine (ST-092): kept by digest, like on disk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from django.core.files import File
from django.core.files.storage import Storage


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A folder of a storage, asked only through Django's own interface. Nothing is swept out of it: a storage cannot be
    told that a file which is there already is about to be used again."""

    storage: Storage
    folder: str

    def keep(self, complete: Path, sha256: str) -> None:
        """Hand over a complete file; bytes that are there already are not sent again."""
        name = self.name(sha256)
        if self.storage.exists(name):
            return
        with complete.open("rb") as file:
            saved = self.storage.save(name, File(file, name))
        if saved != name and self.storage.exists(name):
            self.storage.delete(saved)  # somebody was faster with the same bytes

    def open(self, sha256: str) -> BinaryIO:
        """The bytes; FileNotFoundError when they are not there, whatever the storage would say."""
        name = self.name(sha256)
        if not self.storage.exists(name):
            raise FileNotFoundError(name)
        return cast(BinaryIO, self.storage.open(name, "rb"))

    def name(self, sha256: str) -> str:
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise ValueError("not a SHA-256")
        return f"{self.folder}/{sha256[:2]}/{sha256[2:]}"
