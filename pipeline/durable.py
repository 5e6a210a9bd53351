"""Files that survive a power cut: whole writes, synced names, and the archive's own errors for what the disk refuses."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from notices.errors import ArchiveUnwritable, DiskFull, OperatorError
from notices.text.language import _, system_words

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def file_error(path: Path, error: OSError) -> OperatorError:
    """The archive's error for a failed file operation: DiskFull or ArchiveUnwritable, naming the path."""
    if error.errno in _NO_SPACE:
        return DiskFull(_("no space left on the device of {path}").format(path=path))
    return ArchiveUnwritable(_("cannot use {path}: {strerror}").format(path=path, strerror=system_words(error)))


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Translate OSError once, naming the path."""
    try:
        yield
    except OSError as error:
        raise file_error(path, error) from error


def pwrite_all(fd: int, data: bytes, offset: int) -> None:
    """Write every byte; a short write is continued, so a full disk shows as an error."""
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, offset)
        view, offset = view[written:], offset + written


def write_durably(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Replace the file at `path`: all of it or nothing, and on the device when this returns."""
    temporary = path.with_name(path.name + ".tmp")
    write_new(temporary, data, mode)
    os.replace(temporary, path)
    sync_folder(path.parent)


def write_new(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write and fsync a file; its name is durable only after sync_folder."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        pwrite_all(fd, data, 0)
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_folder(folder: Path) -> None:
    """Make the folder's names durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
