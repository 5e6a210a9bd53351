"""The files of a generation of the Whoosh index: Whoosh's own, the texts that phrases are verified against, the originals, checksums.

folded.bin     the folded parts of every document, UTF-8, each part ends in a zero byte
originals.bin  text and attachments as archived, compressed one by one
sums.json      file name to [bytes, CRC-32] of the committed bytes (Whoosh keeps no checksums); its own name has the sum of the others
"""

# mypy: allow-untyped-calls

from __future__ import annotations

import errno
import json
import mmap
import os
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from whoosh.index import TOC, FileIndex

from index import generations
from index.whoosh.codec import ContiguousPostingsCodec
from index.whoosh.schema import READABLE, VERSION, schema
from index.whoosh.storage import IndexStorage
from notices.errors import ArchiveUnwritable, DiskFull, IndexUnusable
from notices.text.language import _, system_words

if TYPE_CHECKING:
    from index.whoosh.interfaces import Index

FOLDED, ORIGINALS, SUMS = "folded.bin", "originals.bin", "sums.json"
_FORMAT = {"version": VERSION}
_GROWING = (FOLDED, ORIGINALS)  # only ever appended to; Whoosh's own files never change once written
_CHUNK = 1 << 20
_UNSUMMED = {f"{name}{end}" for name in (SUMS, generations.WRITTEN_FILE) for end in ("", ".tmp")}


def current_generation(folder: Path) -> Path:
    """See generations.current_generation; made by a version of this engine that can be read."""
    return generations.current_generation(folder, *({"version": version} for version in READABLE))


def new_generation(folder: Path) -> Path:
    """An empty index in a new generation; see generations.new_generation."""
    generation = generations.new_generation(folder, _FORMAT)
    TOC.create(IndexStorage(str(generation)), schema())
    for name in (FOLDED, ORIGINALS):
        (generation / name).touch()
    return generation


class _Index(FileIndex):
    """Whoosh's index with our schema and codec, whatever its table of contents names."""

    def _read_toc(self) -> TOC:
        toc: TOC = super()._read_toc()
        for segment in toc.segments:
            segment._codec = ContiguousPostingsCodec()
        return toc


def open_index(generation: Path) -> Index:
    """The index of a generation. On a damaged file Whoosh and pickle raise any exception."""
    return cast("Index", _Index(IndexStorage(str(generation)), schema()))


def append(path: Path, pieces: list[bytes]) -> list[int]:
    """Append the pieces; return the offset of each. They are durable after the commit, which syncs every file to the device."""
    with path.open("ab") as handle:
        at = handle.seek(0, os.SEEK_END)
        offsets = []
        for piece in pieces:
            offsets.append(at)
            at += len(piece)
            handle.write(piece)
    return offsets


def framed(data: bytes) -> bytes:
    """The bytes after their length."""
    return len(data).to_bytes(4, "big") + data


def unframed(file: mmap.mmap | bytes, offset: int) -> bytes:
    """The bytes that were framed at the offset."""
    size = int.from_bytes(file[offset : offset + 4], "big")
    return file[offset + 4 : offset + 4 + size]


def mapped(path: Path) -> mmap.mmap | bytes:
    """The file's bytes, mapped; an empty file cannot be."""
    with path.open("rb") as handle:
        size = os.fstat(handle.fileno()).st_size
        return mmap.mmap(handle.fileno(), size, access=mmap.ACCESS_READ) if size else b""


def text_bytes(folder: Path) -> int:
    """The bytes of the folded texts of all documents, of replaced ones too. Raises IndexUnusable or OSError."""
    return (current_generation(folder) / FOLDED).stat().st_size


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Translate the errors of writing: DiskFull, ArchiveUnwritable, else IndexUnusable."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFull(_("no space left for the index {folder}").format(folder=folder)) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR):
            raise ArchiveUnwritable(
                _("cannot write the index {folder}: {strerror}").format(folder=folder, strerror=system_words(error))
            ) from error
        raise IndexUnusable(_("index {folder}: {error}").format(folder=folder, error=error)) from error


def write_sums(generation: Path) -> None:
    """Write the checksum of every file, durably; only bytes added since the last time are read."""
    known = _read_sums(generation)
    sums = {path.name: _sum(path, known.get(path.name)) for path in sorted(generation.iterdir()) if _has_sum(path)}
    temporary = generation / f"{SUMS}.tmp"
    with temporary.open("w", encoding="ascii") as handle:
        json.dump({**sums, SUMS: _sum_of_sums(sums)}, handle)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(temporary, generation / SUMS)
    generations.note_written(generation, sums.keys() - {generations.VERSION_FILE})  # that one is read whole whenever an index is opened


def damaged_files(folder: Path, only: Collection[str] | None = None) -> list[str]:
    """Names of the current generation's files whose bytes are not those that were committed, or that are missing. Raises IndexUnusable.

    With `only`, no other files are read.
    """
    generation = current_generation(folder)
    known = _read_sums(generation)
    if not known:
        return [SUMS]
    # A commit that was killed before it wrote its sums has rightly removed the files that it replaced; the outbox will write it again.
    killed = any(path.name not in known for path in generation.glob("*.toc"))
    checked = {name: stated for name, stated in known.items() if not killed or (generation / name).is_file()}
    if only is not None:
        checked = {name: stated for name, stated in checked.items() if name in only}
    return sorted(name for name, stated in checked.items() if not _is_intact(generation / name, stated))


def _is_intact(path: Path, stated: list[int]) -> bool:
    return path.is_file() and list(_crc(path, stated[0])) == stated


def _has_sum(path: Path) -> bool:
    return path.is_file() and path.name not in _UNSUMMED and not path.name.endswith(("WRITELOCK", ".lock"))


def _read_sums(generation: Path) -> dict[str, list[int]]:
    """The checksums by file name; none where the file is missing or damaged."""
    try:
        value = json.loads((generation / SUMS).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return {}
    if not isinstance(value, dict) or value.pop(SUMS, None) != _sum_of_sums(value):
        return {}
    return value


def _sum_of_sums(sums: dict[str, list[int]]) -> list[int]:
    """The number of the sums and their checksum."""
    return [len(sums), zlib.crc32(json.dumps(sums, sort_keys=True).encode())]


def _sum(path: Path, known: list[int] | None) -> list[int]:
    size = path.stat().st_size
    if known and known[0] == size:
        return known
    start = known if known and path.name in _GROWING and known[0] < size else [0, 0]
    return list(_crc(path, size, start))


def _crc(path: Path, size: int, start: list[int] | None = None) -> tuple[int, int]:
    """(bytes read, CRC-32) of the first `size` bytes; `start` is the number of bytes already summed, and their sum."""
    done, crc = start or (0, 0)
    with path.open("rb") as handle:
        handle.seek(done)
        while done < size and (chunk := handle.read(min(_CHUNK, size - done))):
            crc = zlib.crc32(chunk, crc)
            done += len(chunk)
    return done, crc
