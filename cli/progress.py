"""A progress bar on stderr for long work, when that is a terminal."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, NoReturn

if TYPE_CHECKING:
    from tqdm import tqdm


class Unit(NamedTuple):
    """What is counted; `scaled` writes 12.3M instead of 12300000."""

    name: str
    scaled: bool = False


BYTES = Unit("B", scaled=True)


class Progress:
    """Call it with the amount done since the last call; a `total` of 0 means unknown. Silent unless `shown`."""

    def __init__(self, label: str, total: int, unit: Unit = BYTES, *, shown: bool) -> None:
        self._bar: tqdm[NoReturn] | None = _bar(label, total, unit) if shown else None

    def __call__(self, amount: int = 1) -> None:
        """Note progress."""
        if self._bar is not None:
            self._bar.update(amount)

    def close(self) -> None:
        """Erase the bar."""
        if self._bar is not None:
            self._bar.close()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def is_shown(*, no_progress: bool) -> bool:
    """Whether long work shows its progress: stderr is a terminal and the user did not silence it."""
    return not no_progress and sys.stderr is not None and sys.stderr.isatty()


def _bar(label: str, total: int, unit: Unit) -> tqdm[NoReturn]:
    from tqdm import tqdm  # start-up time: a script without a terminal never needs it

    tqdm.monitor_interval = 0  # no thread of its own: the work may fork
    return tqdm(
        desc=label,
        total=total or None,
        unit=unit.name if unit.scaled else f" {unit.name}",
        unit_scale=unit.scaled,
        dynamic_ncols=True,
        leave=False,
        file=sys.stderr,
        mininterval=0.2,
    )
