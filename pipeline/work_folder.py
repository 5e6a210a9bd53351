"""A folder for work under way: it names itself as ours, so that what a kill left can be told from what somebody else put there."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from notices.errors import ArchiveLocked, BadInput
from notices.text.language import _
from pipeline.durable import file_errors

PREFIX = "repair-"  # of work folders in a home, followed by their use and the process
_MARKED_WITHIN = 60.0  # seconds after which a folder without its mark is not just being made
MARK = ".notices-work"  # its lock says whether the work is still under way


@contextmanager
def work_folder(path: Path) -> Iterator[Path]:
    """An empty folder that nobody else can read, removed at the end; what a killed process left under its name is removed first.

    Raises BadInput for a folder that is not ours, ArchiveLocked while another process works in it.
    """
    remove_left(path)
    with file_errors(path):
        path.mkdir(parents=True, mode=0o700)
        try:
            descriptor = os.open(path / MARK, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield path
            finally:
                os.close(descriptor)
        finally:
            shutil.rmtree(path, ignore_errors=True)


def remove_left(path: Path) -> None:
    """Remove a work folder whose process has ended; nothing if there is no such folder. Raises BadInput and ArchiveLocked as work_folder does."""
    if not os.path.lexists(path):
        return
    if path.is_dir() and not path.is_symlink() and not os.listdir(path):
        with suppress(OSError):
            path.rmdir()  # killed before it had its mark; an empty folder is no loss
        return
    if path.is_symlink() or not is_ours(path / MARK):
        raise BadInput(_("{path} is in the way, and this program did not make it; move it elsewhere").format(path=path))
    shutil.rmtree(path, ignore_errors=True)


def remove_all_left(home: Path) -> None:
    """Remove the work folders in a home whose processes have ended; whatever else has such a name stays."""
    for path in sorted(home.glob(f"{PREFIX}*-*")):
        with suppress(BadInput, ArchiveLocked, OSError):  # not ours, or in use, or removed by another process just now
            if (path / MARK).exists() or time.time() - path.stat().st_mtime > _MARKED_WITHIN:
                remove_left(path)


def is_ours(mark: Path) -> bool:
    """Whether this program made the mark of a work folder. Raises ArchiveLocked while another process works in the folder."""
    try:
        descriptor = os.open(mark, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ArchiveLocked(_("another process works in {parent}").format(parent=mark.parent)) from error
    finally:
        os.close(descriptor)
    return True
