"""One file that holds a whole desk: database, attachments, keys, and the checksum of each of them (RS-180)."""

import contextlib
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from polydesk.server.config import ConfigError

FORMAT = 1
MANIFEST = "manifest.json"
CHUNK = 1024 * 1024


@dataclass
class Manifest:
    database: str
    release: str
    made_at: str
    migrations: list[list[str]]
    tables: dict[str, list[str]] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)
    members: dict[str, list[Any]] = field(default_factory=dict)
    format: int = FORMAT


class Writer:
    """Members are hashed while they stream by; the manifest comes last and makes the archive complete."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path, self.manifest = path, manifest
        self.draft = path.with_name(f".{path.name}.{os.getpid()}")

    def __enter__(self) -> "Writer":
        self.file = os.fdopen(os.open(self.draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self.tar = tarfile.open(fileobj=self.file, mode="w:gz", compresslevel=1)
        return self

    def add(self, name: str, source: Path) -> None:
        with source.open("rb") as file:
            hashing = Hashing(file)
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = os.fstat(file.fileno()).st_size, 0o600
            self.tar.addfile(entry, hashing)
        self.manifest.members[name] = [entry.size, hashing.digest]

    def __exit__(self, *problem: object) -> None:
        if problem[0] is None:
            self._finish()
        with contextlib.suppress(OSError):
            self.file.close()
            self.draft.unlink(missing_ok=True)

    def _finish(self) -> None:
        content = json.dumps(asdict(self.manifest), indent=1).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(content), 0o600
        self.tar.addfile(entry, io.BytesIO(content))
        self.tar.close()
        self.file.flush()
        os.fsync(self.file.fileno())
        self.draft.replace(self.path)


class Hashing(io.RawIOBase):
    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.sha = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.sha.update(data)
        return data

    @property
    def digest(self) -> str:
        return self.sha.hexdigest()


def verified(path: Path) -> Manifest:
    """The manifest of an archive of which every byte has been compared; ConfigError says what is wrong."""
    found: dict[str, list[Any]] = {}
    manifest: dict[str, Any] | None = None
    try:
        with tarfile.open(path, "r:gz") as tar:
            for entry in tar:
                content = tar.extractfile(entry)
                if content is None:
                    raise ConfigError(f"{path}: holds {entry.name}, which is no file")
                if entry.name == MANIFEST:
                    manifest = json.loads(content.read())
                else:
                    found[entry.name] = [entry.size, hashlib.file_digest(content, "sha256").hexdigest()]
    except (OSError, EOFError, tarfile.TarError, ValueError, ArithmeticError) as problem:
        raise ConfigError(f"{path}: damaged or no backup of Polydesk ({problem})") from problem
    if not isinstance(manifest, dict) or "format" not in manifest:
        raise ConfigError(f"{path}: damaged or no backup of Polydesk (no manifest)")
    if manifest["format"] > FORMAT:
        raise ConfigError(f"{path}: was made by a newer release of Polydesk ({manifest.get('release')})")
    if found != manifest["members"]:
        names = sorted(
            name for name in {*found, *manifest["members"]} if found.get(name) != manifest["members"].get(name)
        )
        raise ConfigError(f"{path}: damaged: {names[0]} is not what was written")
    return Manifest(**manifest)


def members(path: Path, prefix: str) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(path, "r:gz") as tar:
        for entry in tar:
            if entry.name.startswith(prefix) and (content := tar.extractfile(entry)):
                yield entry.name.removeprefix(prefix), content


def write_out(content: IO[bytes], target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        while data := content.read(CHUNK):
            file.write(data)
        file.flush()
        os.fsync(file.fileno())


def below(folder: Path, name: str) -> Path:
    """Where a member goes; a name that climbs out of the folder is an attack."""
    target = (folder / name).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise ConfigError(f"the archive holds {name}, which lies outside the desk")
    return target
