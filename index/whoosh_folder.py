"""The index folder: generations side by side, one of them current; the texts that phrases are verified against.

<index>/current            the name of the current generation
<index>/g-<n>/             a generation: Whoosh's files, folded.bin, originals.bin, version.json
"""

from __future__ import annotations

import errno
import json
import mmap
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.whoosh_schema import VERSION
from notices.errors import ArchiveUnwritable, DiskFull, IndexUnusable

FOLDED, ORIGINALS, CURRENT, STAMP = "folded.bin", "originals.bin", "current", "version.json"


def current_generation(folder: Path) -> Path:
    """The folder of the current generation. Raises IndexUnusable, naming the file at fault, when there is none that this program can read."""
    try:
        name = (folder / CURRENT).read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise IndexUnusable(f"index {folder}: {CURRENT}: {error}") from error
    generation = folder / name
    if not name or name != Path(name).name or not generation.is_dir():
        raise IndexUnusable(f"index {folder}: {CURRENT} names {name!r}, which is no generation here")
    try:
        version = json.loads((generation / STAMP).read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise IndexUnusable(f"index {generation}: {STAMP}: {error}") from error
    if version != {"version": VERSION}:
        raise IndexUnusable(f"index {generation}: made by another version of this program ({STAMP}: {version!r})")
    _refuse_foreign(generation)
    return generation


def _refuse_foreign(generation: Path) -> None:
    """Whoosh unpickles a file of the index: whoever can write there could run code as us."""
    state = generation.stat()
    if state.st_uid not in (0, os.geteuid()) or state.st_mode & 0o002:
        raise IndexUnusable(f"index {generation}: writable by others; its owner must be this user, and others must not write")


def new_generation(folder: Path) -> Path:
    """An empty folder for a further generation; left-overs of generations that never became current are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    keep = _current_name(folder)
    numbers = [0]
    for path in folder.glob("g-*"):
        numbers.append(int(path.name[2:]) if path.name[2:].isdigit() else 0)
        if path.name != keep:
            _remove(path)
    generation = folder / f"g-{max(numbers) + 1:06d}"
    generation.mkdir(mode=0o755)
    (generation / STAMP).write_text(json.dumps({"version": VERSION}), encoding="ascii")
    return generation


def _current_name(folder: Path) -> str:
    try:
        return (folder / CURRENT).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _remove(path: Path) -> None:
    import shutil  # with its compressors: whoever only searches need not load them

    shutil.rmtree(path, ignore_errors=True)


def make_current(folder: Path, generation: Path) -> None:
    """Swap the generation in, durably and atomically; the earlier ones are removed."""
    sync_tree(generation)
    temporary = folder / f"{CURRENT}.tmp"
    with temporary.open("w", encoding="ascii") as handle:
        handle.write(generation.name)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(temporary, folder / CURRENT)
    sync_folder(folder)
    for path in folder.glob("g-*"):
        if path.name != generation.name:
            _remove(path)


def sync_tree(folder: Path, pattern: str = "*") -> None:
    """Bring every file of a folder that fits the pattern and the folder itself to the device: Whoosh never does."""
    for path in folder.glob(pattern):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Bring a folder's entries to the device."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def append(path: Path, pieces: list[bytes]) -> list[int]:
    """Append the pieces; return the offset of each. They are durable after the commit, which brings every file to the device."""
    with path.open("ab") as handle:
        at = handle.seek(0, os.SEEK_END)
        offsets = []
        for piece in pieces:
            offsets.append(at)
            at += len(piece)
            handle.write(piece)
    return offsets


def packed(text: str) -> bytes:
    """A text compressed, with its length before it; at the lowest level, for time counts more than the last tenth of space."""
    data = zlib.compress(text.encode("utf-8", "surrogatepass"), 1)
    return len(data).to_bytes(4, "big") + data


def unpacked(file: mmap.mmap, offset: int) -> str:
    """The text that was packed at the offset."""
    size = int.from_bytes(file[offset : offset + 4], "big")
    return zlib.decompress(file[offset + 4 : offset + 4 + size]).decode("utf-8", "surrogatepass")


def mapped(path: Path) -> mmap.mmap | None:
    """The file's bytes, mapped; None for an empty one."""
    with path.open("rb") as handle:
        size = os.fstat(handle.fileno()).st_size
        return mmap.mmap(handle.fileno(), size, access=mmap.ACCESS_READ) if size else None


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Translate what writing may raise: DiskFull, ArchiveUnwritable, IndexUnusable for an index that is not sound."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFull(f"no space left for the index {folder}") from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR):
            raise ArchiveUnwritable(f"cannot write the index {folder}: {error.strerror}") from error
        raise IndexUnusable(f"index {folder}: {error}") from error
