"""The generations of the Tantivy index, and the errors of writing one."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from index import generations
from index.tantivy.schema import READABLE, VERSION
from notices.errors import ArchiveUnwritable, DiskFull, IndexUnusable, NoticesError
from notices.text.language import _, system_words

_FORMAT = {"engine": "tantivy", "version": VERSION}


def current_generation(folder: Path) -> Path:
    """See generations.current_generation; made by a version of this engine that can be read."""
    return generations.current_generation(folder, *({**_FORMAT, "version": version} for version in READABLE))


def new_generation(folder: Path) -> Path:
    """See generations.new_generation."""
    return generations.new_generation(folder, _FORMAT)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Translate the errors of Tantivy and the system on writing: DiskFull, ArchiveUnwritable, else IndexUnusable."""
    try:
        yield
    except OSError as error:
        raise _of_system(folder, error) from error
    except BaseException as error:
        if not (type(error) is ValueError or is_panic(error)):
            raise
        raise _of_tantivy(folder, error) from error


def is_panic(error: BaseException) -> bool:
    """Whether the error is a failed assertion inside Tantivy; its class is not an Exception."""
    return type(error).__name__ == "PanicException"


def _of_system(folder: Path, error: OSError) -> NoticesError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return DiskFull(_("no space left for the index {folder}").format(folder=folder))
    if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR):
        return ArchiveUnwritable(_("cannot write the index {folder}: {strerror}").format(folder=folder, strerror=system_words(error)))
    return IndexUnusable(_("index {folder}: {error}").format(folder=folder, error=error))


def _of_tantivy(folder: Path, error: BaseException) -> NoticesError:
    """Tantivy does not report the error of its threads, so we write a file: a full disk is still full now."""
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
    return IndexUnusable(_("index {folder}: {error}").format(folder=folder, error=error))
