"""Returning memory to the system while an index is written.

Tantivy's merges map the files they read, and Linux counts every page they touched until it needs the memory; the allocator
keeps what its threads have freed. A build of a million documents grew to 3 GB that way, of which it used a tenth.
"""

from __future__ import annotations

import ctypes
import mmap
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

FILE_BYTES = 96_000_000  # above this, mapped pages of the index's files are returned
FREED_EVERY_BYTES = 32_000_000  # after this growth of other memory, the free part of it is returned
_EVERY_SECONDS = 0.1
_PAGEOUT = 21  # Linux: reclaim these pages; a later access reads them again, so it is safe whatever is mapped there by then


@contextmanager
def release_memory(folder: Path) -> Iterator[None]:
    """Return unneeded memory to the system in this context: mapped pages of the folder's files, and freed memory. Linux only."""
    found = _calls()
    if found is None:
        yield
        return
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(f"{folder.resolve()}/", *found, done), name="release memory", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _calls() -> tuple[Callable[..., int], Callable[[int], int]] | None:
    """The system's madvise and malloc_trim; None where either is missing."""
    try:
        system = ctypes.CDLL(None)
        madvise, trim = system.madvise, system.malloc_trim
        _resident()
    except (OSError, AttributeError, TypeError, ValueError):
        return None
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return madvise, trim


def _watch(prefix: str, madvise: Callable[..., int], trim: Callable[[int], int], done: threading.Event) -> None:
    trimmed = 0
    while not done.wait(_EVERY_SECONDS):
        files, others = _resident()
        if files > FILE_BYTES:
            for start, end in _mapped(prefix):
                madvise(start, end - start, _PAGEOUT)
        if others > trimmed + FREED_EVERY_BYTES:
            trim(0)
            trimmed = _resident()[1]
        trimmed = min(trimmed, others)


def _resident() -> tuple[int, int]:
    """Resident bytes of mapped files, and of everything else."""
    _all, resident, files, *_ = map(int, Path("/proc/self/statm").read_text(encoding="ascii").split())
    return files * mmap.PAGESIZE, (resident - files) * mmap.PAGESIZE


def _mapped(prefix: str) -> Iterator[tuple[int, int]]:
    """Start and end addresses of mapped files whose names begin with the prefix."""
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        for line in maps:
            parts = line.split(maxsplit=5)  # place, rights, offset, device, inode, name
            if len(parts) == 6 and parts[5].startswith(prefix):
                start, _, end = parts[0].partition("-")
                yield int(start, 16), int(end, 16)
