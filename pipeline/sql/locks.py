"""Locks between processes on one archive: kernel file locks, released when their process ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from notices.errors import ArchiveLocked
from notices.text.language import _
from pipeline.durable import file_error

STORE_LOCK = "store"  # of whoever sends WARC files to a store or brings them back
_LOOK = 0.1  # seconds: whoever only asks whether a lock is held has it for an instant, and stops nobody


@contextmanager
def hold(folder: Path, name: str, *, wait: float = 0.0) -> Iterator[None]:
    """Hold the named lock; wait that many seconds for it. Raises ArchiveLocked naming the process that has it."""
    path = folder / f"{name}.lock"
    descriptor = _opened(path)
    try:
        if not _taken(descriptor, max(wait, _LOOK)):
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise ArchiveLocked(_("another run holds {path} (process {holder})").format(path=path, holder=holder))
        with suppress(OSError):  # the name is for whoever waits; the lock works without it, also on a full disk
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise file_error(path, error) from error


def is_held(folder: Path, name: str) -> bool:
    """Whether some process has the named lock now."""
    try:
        with open(folder / f"{name}.lock", "rb") as handle:  # readable is enough: a reader of the archive asks too
            return not _taken(handle.fileno(), 0.0, fcntl.LOCK_SH)
    except OSError:
        return False


def _taken(descriptor: int, wait: float, kind: int = fcntl.LOCK_EX) -> bool:
    deadline = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.05)
