"""How long work shows itself: a bar on a terminal, plain lines elsewhere (PL-006)."""

import sys
import time
from typing import Self, TextIO

WIDTH = 30


class Progress:
    """Counts towards `total` (0 = unknown). Writes to standard error, so that output can be piped."""

    def __init__(self, what: str, total: int = 0, stream: TextIO | None = None) -> None:
        self.what, self.total, self.stream = what, total, stream or sys.stderr
        self.count = 0
        self.began = self.shown = time.monotonic()
        self.is_terminal = self.stream.isatty()
        # A terminal is redrawn ten times a second, a log gets a line every five.
        self.pause = 0.1 if self.is_terminal else 5.0

    def __enter__(self) -> Self:
        self._show()
        return self

    def __exit__(self, *problem: object) -> None:
        self._show(last=problem[0] is None)

    def step(self, by: int = 1) -> None:
        self.at(self.count + by)

    def at(self, count: int) -> None:
        self.count = count
        if time.monotonic() - self.shown >= self.pause:
            self._show()

    def _show(self, last: bool = False) -> None:
        self.shown = time.monotonic()
        line = f"{self.what}: {self._figures()}, {self.shown - self.began:.1f} s"
        if self.is_terminal:
            self.stream.write(f"\r\x1b[K{self._bar()}{line}" + ("\n" if last else ""))
        else:
            self.stream.write(line + ("\n" if not last else ", done\n"))
        self.stream.flush()

    def _figures(self) -> str:
        return f"{self.count:,} of {self.total:,}" if self.total else f"{self.count:,}"

    def _bar(self) -> str:
        if not self.total:
            return ""
        full = min(WIDTH, WIDTH * self.count // self.total)
        return f"[{'#' * full}{'.' * (WIDTH - full)}] "
