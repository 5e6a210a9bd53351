"""One time limit for all that a question asks of an engine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

SECONDS = 2.0
_until: ContextVar[float | None] = ContextVar("until", default=None)


@contextmanager
def one_question() -> Iterator[None]:
    """What is asked inside has SECONDS together; inside another question the time of that one."""
    if _until.get() is not None:
        yield
        return
    token = _until.set(time.monotonic() + SECONDS)
    try:
        yield
    finally:
        _until.reset(token)


def deadline() -> float:
    """The monotonic time at which what is asked now must be answered."""
    until = _until.get()
    return time.monotonic() + SECONDS if until is None else until
