"""Memory that a Tantivy build does not need goes back while it runs, and nothing that is read through it changes."""

from __future__ import annotations

import mmap
import sys
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from index.tantivy import memory
from index.tantivy.memory import release_memory

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="hands memory back on Linux only")
SIZE = 8_000_000


def _until(holds: Callable[[], bool], seconds: float = 120) -> bool:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    return holds()


def _resident(path: Path) -> int:
    """Kilobytes of the file that are mapped and counted against this process."""
    found, ours = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if "-" in line.split(" ")[0]:
            ours = line.endswith(str(path))
        elif ours and line.startswith("Rss:"):
            found += int(line.split()[1])
    return found


@linux
def test_mapped_pages_go_back_and_read_the_same_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "FILE_BYTES", 0)
    inside, outside = tmp_path / "index" / "part", tmp_path / "elsewhere"
    inside.parent.mkdir()
    content = bytes(range(256)) * (SIZE // 256)
    for path in (inside, outside):
        path.write_bytes(content)
    with (
        inside.open("rb") as one,
        outside.open("rb") as other,
        mmap.mmap(one.fileno(), 0, access=mmap.ACCESS_READ) as held,
        mmap.mmap(other.fileno(), 0, access=mmap.ACCESS_READ) as kept,
    ):
        assert zlib.crc32(held) == zlib.crc32(kept)
        assert _resident(inside) > SIZE // 2_048
        with release_memory(inside.parent):
            assert _until(lambda: _resident(inside) < SIZE // 20_480)
        assert _resident(outside) > SIZE // 2_048
        assert held[:] == content


@linux
def test_nothing_watches_any_more_when_the_writing_ends(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), release_memory(tmp_path):
        assert any(thread.name == "release memory" for thread in threading.enumerate())
        raise ZeroDivisionError
    assert not any(thread.name == "release memory" for thread in threading.enumerate())


def test_a_system_without_these_calls_writes_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_calls", lambda: None)
    with release_memory(tmp_path):
        (tmp_path / "written").write_text("x")
    assert (tmp_path / "written").exists()
