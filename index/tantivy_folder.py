"""The index folder: generations side by side, one of them current.

<index>/current            the name of the current generation
<index>/g-<n>/             a generation: Tantivy's files and version.json
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from index.tantivy_schema import VERSION
from notices.errors import ArchiveUnwritable, DiskFull, IndexUnusable, NoticesError

CURRENT, STAMP = "current", "version.json"
_STAMP_VALUE = {"engine": "tantivy", "version": VERSION}


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
        stamp = json.loads((generation / STAMP).read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise IndexUnusable(f"index {generation}: {STAMP}: {error}") from error
    if stamp != _STAMP_VALUE:
        raise IndexUnusable(f"index {generation}: made by another version or engine of this program ({STAMP}: {stamp!r})")
    _refuse_foreign(generation)
    return generation


def _refuse_foreign(generation: Path) -> None:
    """Files that others may change under a reader's feet would end its process."""
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
    (generation / STAMP).write_text(json.dumps(_STAMP_VALUE), encoding="ascii")
    return generation


def _current_name(folder: Path) -> str:
    try:
        return (folder / CURRENT).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def make_current(folder: Path, generation: Path) -> None:
    """Swap the generation in, durably and atomically; the earlier ones are removed."""
    for path in generation.iterdir():
        if path.is_file():
            _sync(path)
    _sync(generation)
    temporary = folder / f"{CURRENT}.tmp"
    temporary.write_text(generation.name, encoding="ascii")
    _sync(temporary)
    os.replace(temporary, folder / CURRENT)
    _sync(folder)
    for path in folder.glob("g-*"):
        if path.name != generation.name:
            _remove(path)


def _remove(path: Path) -> None:
    import shutil  # with its compressors: whoever only searches need not load them

    shutil.rmtree(path, ignore_errors=True)


def _sync(path: Path) -> None:
    """Bring a file's bytes or a folder's entries to the device."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Translate what Tantivy and the system raise on writing: DiskFull, ArchiveUnwritable, else IndexUnusable."""
    try:
        yield
    except OSError as error:
        raise _of_system(folder, error) from error
    except BaseException as error:
        if not (type(error) is ValueError or is_panic(error)):
            raise
        raise _of_tantivy(folder, error) from error


def is_panic(error: BaseException) -> bool:
    """Whether the error is a failed assertion inside Tantivy; it has a class of its own, which is no Exception."""
    return type(error).__name__ == "PanicException"


def _of_system(folder: Path, error: OSError) -> NoticesError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return DiskFull(f"no space left for the index {folder}")
    if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR):
        return ArchiveUnwritable(f"cannot write the index {folder}: {error.strerror}")
    return IndexUnusable(f"index {folder}: {error}")


def _of_tantivy(folder: Path, error: BaseException) -> NoticesError:
    """Tantivy keeps to itself what a thread of it met, so we try: a full disk is still full now."""
    probe = folder / "probe.tmp"
    try:
        with probe.open("wb") as handle:
            handle.write(bytes(1 << 20))
            handle.flush()
            os.fsync(handle.fileno())
    except OSError as met:
        return _of_system(folder, met)
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)
    return IndexUnusable(f"index {folder}: {error}")
