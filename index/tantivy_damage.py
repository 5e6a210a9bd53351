"""Reading every byte of a Tantivy index again: its files end in a checksum that opening them does not compare.

Each file is its content, a JSON footer {"version": ..., "crc": CRC-32 of the content}, the footer's length and a mark, both
4 bytes little-endian.
"""

from __future__ import annotations

import json
import mmap
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index.tantivy_folder import current_generation
from notices.errors import IndexUnusable

_PARTS = ("idx", "pos", "term", "store", "fast", "fieldnorm")
_MARK = 1337
_CHUNK = 1 << 22


def damaged_files(folder: Path) -> list[str]:
    """Names of the files of the current generation whose bytes are not those that were written. Raises IndexUnusable."""
    generation = current_generation(folder)
    try:
        segments = json.loads((generation / "meta.json").read_text(encoding="utf-8"))["segments"]
        names = [name for segment in segments for name in _names(segment)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexUnusable(f"index {generation}: meta.json: {error}") from error
    return [name for name in sorted(names) if not _is_sound(generation / name)]


def _names(segment: dict[str, Any]) -> Iterator[str]:
    """The files of a segment; others in the folder are left over from writers that were cut off."""
    stem = segment["segment_id"].replace("-", "")
    yield from (f"{stem}.{part}" for part in _PARTS)
    if segment["deletes"]:
        yield f"{stem}.{segment['deletes']['opstamp']}.del"


def _is_sound(path: Path) -> bool:
    size = path.stat().st_size if path.is_file() else 0
    if size < 8:
        return False
    with path.open("rb") as handle, mmap.mmap(handle.fileno(), size, access=mmap.ACCESS_READ) as data:
        length = int.from_bytes(data[-8:-4], "little")
        content = size - 8 - length
        if int.from_bytes(data[-4:], "little") != _MARK or content < 0:
            return False
        crc = 0
        for at in range(0, content, _CHUNK):
            crc = zlib.crc32(data[at : min(at + _CHUNK, content)], crc)
        return _recorded(data[content:-8]) == crc


def _recorded(footer: bytes) -> int | None:
    try:
        crc: int = json.loads(footer)["crc"]
    except (ValueError, KeyError, TypeError):
        return None
    return crc
