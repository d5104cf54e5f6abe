"""A table in a file: CSV, plain or compressed, read as a stream with line numbers and a measure of progress."""

from __future__ import annotations

import csv
import gzip
import io
import lzma
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

csv.field_size_limit(2**24)
# What a compressed file may unpack to: so much in all, and so many times its size. Logs compress some fifty times.
LARGEST, RATIO, FREE = 50 * 2**30, 500, 2**26
UNREADABLE = (OSError, EOFError, lzma.LZMAError, csv.Error)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line in the file, its values by column; columns that the row lacks are absent."""

    line: int
    values: dict[str, str]
    fault: str = ""
    """What is wrong with the row as a whole: too few or too many columns."""


@dataclass
class Summary:
    """What an import did."""

    tickets: int = 0
    events: int = 0
    rows: int = 0
    known: int = 0
    """Rows that an earlier run had taken."""
    refused: int = 0
    noted: int = 0
    seconds: float = 0.0
    first_problems: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Rows per second."""
        return self.rows / self.seconds if self.seconds else 0.0


Report = Callable[[int, str, bool], None]
"""Told of each row that was not taken whole: line, reason, whether the row was refused altogether."""
Progress = Callable[[int, int], None]
"""Told now and then: bytes of the file consumed, bytes in all."""


class Table:
    """An open table. Iterating gives `Row`s; `done` is the part of the file consumed, between 0 and 1."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size
        self._raw: IO[bytes] = path.open("rb")
        self._text = _decompressed(path, self._raw)
        self._reader = csv.reader(self._text)
        self.columns = next(self._reader, [])

    @property
    def position(self) -> int:
        """Bytes of the (compressed) file read so far."""
        return self._raw.tell()

    def close(self) -> None:
        """Close the file."""
        self._text.close()
        self._raw.close()

    def __iter__(self) -> Iterator[Row]:
        columns = self.columns
        width = len(columns)
        for cells in self._reader:
            if not cells:
                continue
            fault = "" if len(cells) == width else f"{len(cells)} columns in place of {width}"
            yield Row(self._reader.line_num, dict(zip(columns, cells, strict=False)), fault)


def _decompressed(path: Path, raw: IO[bytes]) -> Any:
    options: dict[str, Any] = {"encoding": "utf-8-sig", "errors": "replace", "newline": ""}
    openers: dict[str, Any] = {".xz": lzma.open, ".gz": gzip.open}
    if path.suffix not in openers:
        return path.open("r", **options)
    bounded = _Bounded(openers[path.suffix](raw, "rb"), path.stat().st_size)
    return io.TextIOWrapper(io.BufferedReader(bounded, 1024 * 1024), **options)


class _Bounded(io.RawIOBase):
    """Unpacks so much and no more: a small file can be made that would fill any disk or memory (RS-104)."""

    def __init__(self, unpacked: IO[bytes], packed: int) -> None:
        self._unpacked, self._count = unpacked, 0
        self._most = min(LARGEST, max(FREE, packed * RATIO))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._unpacked.read(len(buffer))
        self._count += len(piece)
        if self._count > self._most:
            raise OSError(f"the file unpacks to more than {self._most:,} bytes")
        buffer[: len(piece)] = piece
        return len(piece)
