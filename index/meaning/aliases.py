"""The short forms that several of the archive's own notices define alike, in a file that a search reads without loading it.

`aliases.tsv` in the archive's folder: lines of  key TAB other TAB count TAB direction,  sorted by the key's bytes. Both
are folded; direction is > where the key is the short form, < where it is the long one. The indexer writes it, as a whole.
"""

from __future__ import annotations

import mmap
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from notices.text.fold import fold

FILE = "aliases.tsv"
MOST_MEANINGS = 4  # 办法, 公司, 甲方: a short form with many meanings in many notices has none in a query
MOST_SHOWN = 3
LEAST_DEFINING = 2  # what one notice calls by a short form is its own matter: 平台 is something else in the next
MOST = 0.6
_LONGEST, _MOST_LINES = 60, 200


def alias_lines(defined: Iterable[tuple[str, str, int]]) -> list[bytes]:
    """The lines of the archive's file: those of these (short, long, by how many notices) that several define."""
    counts: Counter[tuple[str, str]] = Counter()
    for short, long, count in defined:
        key, other = fold(short), fold(long)
        if 2 <= len(key) < len(other) <= _LONGEST:
            counts[key, other] += count
    meanings = Counter(short for short, _ in counts)
    lines = []
    for (short, long), count in counts.items():
        if count >= LEAST_DEFINING and meanings[short] <= MOST_MEANINGS:
            lines += [f"{short}\t{long}\t{count}\t>\n".encode(), f"{long}\t{short}\t{count}\t<\n".encode()]
    return sorted(lines)


def write_aliases(home: Path, defined: Iterable[tuple[str, str, int]]) -> int:
    """Replace the archive's file by the lines for these; return how many there are."""
    lines, temporary = alias_lines(defined), home / f"{FILE}.tmp"
    with temporary.open("wb") as handle:
        handle.writelines(lines)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(temporary, home / FILE)
    return len(lines)


def meanings_of(home: Path, key: str) -> list[str]:
    """The archive's long forms of a folded short form, or short forms of a folded long one; most used first."""
    return _best(_lines_with(home, key))


def shorts_for(home: Path, words: list[str]) -> list[str]:
    """Short forms of a long form that contains all these folded words and little else (公众安全感 执法满意度)."""
    lines = _lines_containing(home, max(words, key=len))
    return _best((other, count) for key, other, count, direction in lines if direction == "<" and is_most_of(words, key))


def is_most_of(words: list[str], long: str) -> bool:
    """Whether a long form contains all the words and little else."""
    return all(word in long for word in words) and sum(map(len, words)) >= MOST * len(long)


def _best(found: Iterable[tuple[str, int]]) -> list[str]:
    return [text for text, _ in sorted(found, key=lambda pair: -pair[1])[:MOST_SHOWN]]


def _lines_with(home: Path, key: str) -> Iterator[tuple[str, int]]:
    """The lines of a key, by binary search."""
    wanted = f"{key}\t".encode()
    with _mapped(home) as data:
        low, high = 0, len(data)
        while low < high:
            start = data.rfind(b"\n", 0, (low + high) // 2) + 1
            end = _line_end(data, start)
            if bytes(data[start:end]) < wanted:
                low = end
            else:
                high = start
        while data[low : low + len(wanted)] == wanted:
            _, other, count, _ = _fields(data, low)
            yield other, count
            low = _line_end(data, low)


def _lines_containing(home: Path, word: str) -> Iterator[tuple[str, str, int, str]]:
    """The lines that contain a word, at most _MOST_LINES."""
    wanted = word.encode()
    with _mapped(home) as data:
        at = data.find(wanted)
        for _ in range(_MOST_LINES):
            if at < 0:
                return
            yield _fields(data, data.rfind(b"\n", 0, at) + 1)
            at = data.find(wanted, _line_end(data, at))


def _line_end(data: mmap.mmap | bytes, start: int) -> int:
    end = data.find(b"\n", start)
    return len(data) if end < 0 else end + 1


def _fields(data: mmap.mmap | bytes, start: int) -> tuple[str, str, int, str]:
    parts = bytes(data[start : _line_end(data, start)]).decode("utf-8", "replace").rstrip("\n").split("\t")
    if len(parts) != 4 or not parts[2].isdigit():
        return "", "", 0, ""  # a line that another program wrote
    return parts[0], parts[1], int(parts[2]), parts[3]


@contextmanager
def _mapped(home: Path) -> Iterator[mmap.mmap | bytes]:
    """The file's bytes; empty for an archive without aliases."""
    try:
        with (home / FILE).open("rb") as handle:
            data = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) if os.fstat(handle.fileno()).st_size else b""
    except OSError:
        data = b""
    try:
        yield data
    finally:
        if isinstance(data, mmap.mmap):
            data.close()
