"""Reading every byte of a Tantivy index again: its files end in a checksum that opening them does not compare.

Each file is its content, a JSON footer {"version": ..., "crc": CRC-32 of the content}, the footer's length and a mark, both
4 bytes little-endian. Two files have none: meta.json, which must be read to open the index, and the list of files.
"""

from __future__ import annotations

import json
import mmap
import re
import tempfile
import zlib
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import starmap
from pathlib import Path
from typing import TypedDict

import tantivy

from index.tantivy.folder import current_generation
from index.tantivy.schema import schema
from notices.errors import IndexUnusable
from notices.text.language import _

_PARTS = ("idx", "pos", "term", "store", "fast", "fieldnorm")
_META, _MANAGED = "meta.json", ".managed.json"
_FILE = re.compile(rf"[0-9a-f]{{32}}\.({'|'.join(_PARTS)}|[0-9]+\.del)")
_MARK = 1337
_CHUNK = 1 << 22


class _Deletes(TypedDict):
    opstamp: int


class _Segment(TypedDict):
    segment_id: str
    max_doc: int
    deletes: _Deletes | None


class _Meta(TypedDict):
    """meta.json; its `payload` may be missing."""

    index_settings: object
    segments: list[_Segment]
    schema: object
    opstamp: int


def damaged_files(folder: Path, only: Collection[str] | None = None) -> list[str]:
    """Names of the current generation's files whose bytes differ from those that were written. Raises IndexUnusable.

    With `only`, no other files are read.
    """
    generation = current_generation(folder)
    if only is not None:
        return sorted(name for name in only if _version(generation / name) is None and (generation / name).exists())
    try:
        written = (generation / _META).read_text(encoding="utf-8")
        meta = json.loads(written)
        segments = [list(_names(segment)) for segment in meta["segments"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexUnusable(_("index {generation}: {file}: {error}").format(generation=generation, file=_META, error=error)) from error
    if not _is_ours(meta, written):
        raise IndexUnusable(_("index {generation}: {file}: not as Tantivy writes it").format(generation=generation, file=_META))
    damaged = sorted(name for segment in segments for name in _damaged(generation, segment))
    names = {name for segment in segments for name in segment}
    return damaged if _is_managed(generation / _MANAGED, {*names, _META}) else [_MANAGED, *damaged]


def checked_names(generation: Path) -> list[str]:
    """The files of a generation that end in a checksum."""
    return sorted(path.name for path in generation.iterdir() if _FILE.fullmatch(path.name))


def _is_ours(meta: _Meta, written: str) -> bool:
    """Whether meta.json is in Tantivy's own rendering and contains only the keys of an index with our schema."""
    if set(meta) - {"payload"} != {"index_settings", "segments", "schema", "opstamp"} or written != json.dumps(meta, indent=2) + "\n":
        return False
    if not all(set(each) == {"segment_id", "max_doc", "deletes"} for each in meta["segments"]):
        return False
    return any(meta["index_settings"] == fresh["index_settings"] and meta["schema"] == fresh["schema"] for fresh in starmap(_fresh, _AGES))


_AGES = ((True, True), (True, False), (False, False))  # today's fields, those before facets had columns, those before `ranked`


def _fresh(ranked: bool, counted: bool) -> _Meta:
    """meta.json of an empty index with the fields of an age."""
    with tempfile.TemporaryDirectory() as folder:
        tantivy.Index(schema(ranked=ranked, counted=counted), folder)
        meta: _Meta = json.loads((Path(folder) / _META).read_text(encoding="utf-8"))
    return meta


def _is_managed(path: Path, names: set[str]) -> bool:
    """Whether Tantivy's list of its own files names the files in use, and only names that files of an index have."""
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        return names <= set(listed) and all(name == _META or _FILE.fullmatch(name) for name in listed)
    except (OSError, ValueError, TypeError):
        return False


def _names(segment: _Segment) -> Iterator[str]:
    """The files of a segment; others in the folder are left from writers that were killed."""
    stem = segment["segment_id"].replace("-", "")
    yield from (f"{stem}.{part}" for part in _PARTS)
    if segment["deletes"]:
        yield f"{stem}.{segment['deletes']['opstamp']}.del"


def _damaged(generation: Path, names: list[str]) -> list[str]:
    """Files of a segment that are damaged, or whose footer names another version than most: one writer wrote all but the deletions."""
    versions = {name: _version(generation / name) for name in names}
    written = [version for name, version in versions.items() if not name.endswith(".del")]
    usual = Counter(written).most_common(1)[0][0]
    return [name for name, version in versions.items() if version is None or (version != usual and not name.endswith(".del"))]


def _version(path: Path) -> str | None:
    """The footer of an intact file, without its checksum; None for a damaged file."""
    size = path.stat().st_size if path.is_file() else 0
    if size < 8:
        return None
    with path.open("rb") as handle, mmap.mmap(handle.fileno(), size, access=mmap.ACCESS_READ) as data:
        length = int.from_bytes(data[-8:-4], "little")
        content = size - 8 - length
        if int.from_bytes(data[-4:], "little") != _MARK or content < 0:
            return None
        crc = 0
        for at in range(0, content, _CHUNK):
            crc = zlib.crc32(data[at : min(at + _CHUNK, content)], crc)
        return _read_footer(data[content:-8], crc)


def _read_footer(footer: bytes, crc: int) -> str | None:
    """A footer without its checksum; None when that is not the one of the content."""
    try:
        values = json.loads(footer)
        return json.dumps(values) if values.pop("crc") == crc else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
