"""Checksums of a Whoosh generation: Whoosh keeps none, so a flipped bit would go unnoticed.

sums.json    file name to [bytes, CRC-32]; whatever lies beyond those bytes was not yet committed. Its own name has the sum of the rest.
"""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path

from index.whoosh.folder import FOLDED, ORIGINALS

SUMS = "sums.json"
_CHUNK = 1 << 20
_GROWING = (FOLDED, ORIGINALS)  # only ever appended to; Whoosh's own files are never changed once written


def write_sums(generation: Path) -> None:
    """Note the checksum of every file, durably; only what is new since the last time is read."""
    known = _read(generation)
    sums = {path.name: _sum(path, known.get(path.name)) for path in sorted(generation.iterdir()) if _counts(path)}
    temporary = generation / f"{SUMS}.tmp"
    with temporary.open("w", encoding="ascii") as handle:
        json.dump({**sums, SUMS: _own(sums)}, handle)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(temporary, generation / SUMS)


def damaged(generation: Path) -> list[str]:
    """Names of files whose bytes are not those that were committed, and of those that are gone."""
    known = _read(generation)
    if not known:
        return [SUMS]
    # A commit that was killed before it noted its sums: what it replaced is rightly gone, and the outbox will write it once more.
    cut = any(path.name not in known for path in generation.glob("*.toc"))
    checked = {name: stated for name, stated in known.items() if not cut or (generation / name).is_file()}
    return sorted(name for name, stated in checked.items() if not _is_sound(generation / name, stated))


def _is_sound(path: Path, stated: list[int]) -> bool:
    return path.is_file() and list(_crc(path, stated[0])) == stated


def _counts(path: Path) -> bool:
    return path.is_file() and path.name not in (SUMS, f"{SUMS}.tmp") and not path.name.endswith(("WRITELOCK", ".lock"))


def _read(generation: Path) -> dict[str, list[int]]:
    try:
        value = json.loads((generation / SUMS).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return {}
    if not isinstance(value, dict) or value.pop(SUMS, None) != _own(value):
        return {}
    return value


def _own(sums: dict[str, list[int]]) -> list[int]:
    """The number and the checksum of the sums themselves."""
    return [len(sums), zlib.crc32(json.dumps(sums, sort_keys=True).encode())]


def _sum(path: Path, known: list[int] | None) -> list[int]:
    size = path.stat().st_size
    if known and known[0] == size:
        return known
    start = known if known and path.name in _GROWING and known[0] < size else [0, 0]
    return list(_crc(path, size, start))


def _crc(path: Path, size: int, start: list[int] | None = None) -> tuple[int, int]:
    """(bytes read, CRC-32) of the first `size` bytes; `start` are bytes already summed, and their sum."""
    done, crc = start or (0, 0)
    with path.open("rb") as handle:
        handle.seek(done)
        while done < size and (chunk := handle.read(min(_CHUNK, size - done))):
            crc = zlib.crc32(chunk, crc)
            done += len(chunk)
    return done, crc
