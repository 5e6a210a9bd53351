"""The files of a backup, read as if an attacker had made it: plain files with the names of a backup's parts, and nothing else.

A name that no backup has is left out. A link, a device, a path that leads out, a name that occurs twice: the backup is refused. tarfile's own
extraction is not used: its filter "data" could be led out of the folder until Python 3.11.13 (CVE-2025-4517), and a compressed file could fill any disk.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import stat
import tarfile
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import IO

from notices.errors import BadInput, DamageFound
from notices.text.language import _
from pipeline.durable import file_errors, sync_folder

MANIFEST, DATABASE, DUMP, WARC = "backup.json", "notices.db", "notices.pgdump", "warc"
FILES = frozenset({MANIFEST, DATABASE, DUMP, "notices.toml", "aliases.toml", "catalogue.tsv", "takedowns.jsonl"})
FOLDERS = frozenset(
    {WARC, "sources", "keys", "checkpoints", "following"}
)  # of files; folders in them are not copied: nothing of ours is there
PRIVATE = frozenset({"keys", "takedowns.jsonl"})
_LARGEST_MANIFEST = 64 << 20

log = logging.getLogger(__name__)


def is_part(name: str) -> bool:
    """Whether a backup can contain a file of this name, relative to its folder."""
    parts = PurePosixPath(name).parts
    if len(parts) == 1:
        return name in FILES
    return len(parts) == 2 and parts[0] in FOLDERS and not parts[1].endswith(".tmp") and "\\" not in name and name.isprintable()


def parts_of(folder: Path) -> Iterator[str]:
    """Names of the backup's files in a folder, sorted. Raises DamageFound for a link or a device in the place of one."""
    for top in sorted(FILES | FOLDERS):
        state = _state(folder / top)
        if state is None:
            continue
        if top in FILES:
            _refuse_unless(stat.S_ISREG(state.st_mode), folder / top)
            yield top
            continue
        _refuse_unless(stat.S_ISDIR(state.st_mode), folder / top)
        for entry in sorted(os.listdir(folder / top)):
            below = _state(folder / top / entry)
            if below is not None and is_part(f"{top}/{entry}") and not stat.S_ISDIR(below.st_mode):
                _refuse_unless(stat.S_ISREG(below.st_mode), folder / top / entry)
                yield f"{top}/{entry}"


def _state(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def _refuse_unless(right: bool, path: Path) -> None:
    if not right:
        raise DamageFound(
            _("{path}: a backup contains plain files and folders; this is a link, a device or neither of the two").format(path=path)
        )


def open_part(path: Path) -> BufferedReader:
    """A plain file for reading; never a link, and never one that blocks. Raises DamageFound."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            _refuse_unless(False, path)
        raise
    handle = os.fdopen(descriptor, "rb")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        handle.close()
        _refuse_unless(False, path)
    return handle


def copy_parts(source: Path, target: Path, progress: Callable[[int], None] = lambda _: None) -> None:
    """Copy a backup, a folder or a tar file, into an empty folder; `progress` is given its bytes. Raises BadInput or DamageFound for anything else, DiskFull."""
    with file_errors(source):
        if source.is_dir():
            for name in parts_of(source):
                with open_part(source / name) as handle:
                    put_part(handle, target / name)
                    progress(handle.tell())
        elif source.is_file():
            _copy_tar(source, target, progress)
        else:
            raise BadInput(_("{source}: no such folder or file").format(source=source))


def read_manifest(source: Path) -> bytes:
    """The manifest of a backup, folder or tar file. Raises BadInput or OSError."""
    if not source.exists():
        raise BadInput(_("{source}: no such folder or file").format(source=source))
    if source.is_dir():
        with open_part(source / MANIFEST) as handle:
            return handle.read(_LARGEST_MANIFEST)
    for name, data in _members(source):
        if name == MANIFEST and data is not None:
            return data.read(_LARGEST_MANIFEST)
    raise BadInput(_("{source}: not a backup: it contains no {file}").format(source=source, file=MANIFEST))


def _members(source: Path) -> Iterator[tuple[str, IO[bytes] | None]]:
    """Name and bytes of every file of a tar; no bytes for those that no backup contains."""
    try:
        with tarfile.open(source, "r:") as tar:
            for member in tar:
                name = str(PurePosixPath(member.name))
                _refuse_member(source, member, name)
                if not member.isdir():
                    yield name, tar.extractfile(member) if is_part(name) else None
    except (tarfile.TarError, EOFError, RecursionError, OverflowError, ValueError) as error:
        raise BadInput(_("{source}: not a backup: {error}").format(source=source, error=error)) from error


def _copy_tar(source: Path, target: Path, progress: Callable[[int], None]) -> None:
    left_out = []
    for name, data in _members(source):
        if data is None:
            left_out.append(name)
            continue
        try:
            put_part(data, target / name)
            progress(data.tell())
        except FileExistsError as error:
            raise BadInput(_("{source}: not a backup: it contains {name!r} twice").format(source=source, name=name)) from error
        except tarfile.TarError as error:
            raise BadInput(_("{source}: not a backup: {error}").format(source=source, error=error)) from error
    if left_out:
        log.warning("%s: %d files that no backup contains are left out, such as %r", source, len(left_out), left_out[0])


def _refuse_member(source: Path, member: tarfile.TarInfo, name: str) -> None:
    """Raise BadInput for anything but a plain file or folder inside. A negative size would send tarfile round in circles (CVE-2025-8194)."""
    plain = member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.issparse()
    outside = name.startswith("/") or ".." in PurePosixPath(name).parts
    if not (plain or member.isdir()) or outside or member.size < 0:
        raise BadInput(
            _("{source}: not a backup: {name!r} is not a plain file or folder inside it").format(source=source, name=member.name)
        )


def put_part(data: IO[bytes], target: Path) -> None:
    """Write a new file durably; keys and the log of takedowns are readable by their owner alone. Its folder is made."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if target.parent.name in PRIVATE else 0o755)
    mode = 0o600 if {target.parent.name, target.name} & PRIVATE else 0o644
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as handle:
        shutil.copyfileobj(data, handle, 1 << 20)
        handle.flush()
        os.fsync(descriptor)
    sync_folder(target.parent)
