"""A progress line on stderr for long work, when that is a terminal."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

_EVERY = 0.2
_WIDTH = 30


@dataclass(slots=True)
class Progress:
    """Call it with the amount done since; `total` 0 means that the whole is not known. Silent unless `shown`."""

    label: str
    total: int
    unit: str = "MB"
    scale: float = 1e6
    shown: bool = False
    done: int = 0
    started: float = field(default_factory=time.monotonic)
    last: float = 0.0

    def __call__(self, amount: int = 1) -> None:
        """Note progress; draw at most five times a second."""
        self.done += amount
        now = time.monotonic()
        if self.shown and now - self.last >= _EVERY:
            self.last = now
            print(f"\r{self._line(now)}", end="", file=sys.stderr, flush=True)

    def _line(self, now: float) -> str:
        seconds = max(now - self.started, 0.001)
        rate = f"{self.done / self.scale / seconds:.1f} {self.unit}/s"
        if not self.total:
            return f"{self.label} {self.done / self.scale:.1f} {self.unit}, {rate} "
        part = min(self.done / self.total, 1.0)
        bar = "█" * round(part * _WIDTH) + "·" * (_WIDTH - round(part * _WIDTH))
        left = seconds * (1 - part) / part if part else 0
        return f"{self.label} {bar} {part:4.0%} {rate}, {left:.0f} s left  "

    def close(self) -> None:
        """Wipe the line."""
        if self.shown and self.last:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
