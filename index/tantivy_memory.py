"""Letting go of file pages: Tantivy's merges map the files they read, and Linux counts every page they touched until it needs the room."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE_PAGES_BYTES = 256_000_000  # more than these and the pages of the index's files are handed back
_EVERY_SECONDS = 0.2
_PAGEOUT = 21  # Linux: reclaim these pages; a later access reads them again, so it is safe whatever has come to lie there
_PAGE = 4096


@contextmanager
def letting_go(folder: Path) -> Iterator[None]:
    """While it lasts, mapped pages of the folder's files are handed back when they grow beyond FILE_PAGES_BYTES. Does nothing elsewhere."""
    try:
        madvise = ctypes.CDLL(None).madvise
        madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        _file_pages()
    except (OSError, AttributeError, ValueError):
        yield
        return
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(str(folder.resolve()) + "/", madvise, done), name="letting go", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _watch(prefix: str, madvise: ctypes._NamedFuncPointer, done: threading.Event) -> None:
    while not done.wait(_EVERY_SECONDS):
        if _file_pages() * _PAGE > FILE_PAGES_BYTES:
            for start, end in _mapped(prefix):
                madvise(start, end - start, _PAGEOUT)


def _file_pages() -> int:
    """Resident pages of mapped files."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[2])


def _mapped(prefix: str) -> Iterator[tuple[int, int]]:
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        for line in maps:
            place, *_, name = line.split(maxsplit=5) if line.count(" ") > 4 else (line, "")
            if name.startswith(prefix):
                start, _, end = place.partition("-")
                yield int(start, 16), int(end, 16)
