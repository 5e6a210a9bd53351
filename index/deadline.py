"""One time limit for all searches that a question needs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

SECONDS = 2.0
_until: ContextVar[float | None] = ContextVar("until", default=None)


@contextmanager
def one_question() -> Iterator[None]:
    """All searches in this context share SECONDS; an inner context shares the time of the outer one."""
    if _until.get() is not None:
        yield
        return
    token = _until.set(time.monotonic() + SECONDS)
    try:
        yield
    finally:
        _until.reset(token)


def deadline() -> float:
    """The time (of time.monotonic) until which a search that starts now must be answered."""
    until = _until.get()
    return time.monotonic() + SECONDS if until is None else until
