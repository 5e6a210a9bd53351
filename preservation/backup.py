"""A consistent copy of a running archive, and its restoration: SQL, WARC series, keys, checkpoints and configuration.

<backup>/backup.json     its contents: name to [bytes, sha256] for every file outside warc/ (the manifests of the series attest warc/)
<backup>/notices.db      SQL, as of one moment; notices.pgdump for an archive in PostgreSQL, in the custom format of pg_dump
<backup>/warc/           the series, no older than SQL; with backup_stored = "leave" the notes of the files that a store has
<backup>/…               notices.toml, sources/, keys/, checkpoints/
The index is not in it: it is rebuilt from SQL. Whatever is read from a backup is untrusted (preservation.backup_files).
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from notices.config import Config
from notices.errors import ArchiveUnwritable, BadInput, DamageFound, DiskFull
from notices.text.language import _
from notices.version import PROGRAM
from pipeline.durable import file_errors, sync_folder, write_durably
from pipeline.sql.database import database_errors, open_for_reading, reading_uri
from pipeline.sql.postgresql import BACKEND
from pipeline.warc.series import copy_series
from pipeline.work_folder import MARK, is_ours, remove_left, work_folder
from preservation.backup_files import (
    DATABASE,
    DUMP,
    FILES,
    FOLDERS,
    MANIFEST,
    WARC,
    copy_parts,
    is_part,
    open_part,
    parts_of,
    put_part,
    read_manifest,
)
from preservation.dumps.programs import dump_database
from preservation.dumps.rows import check_dump

FORMAT = "notices-backup/1"
_PAGES = 1000
_RESTORING = ".restoring"  # the work folder in a home; while it is there, a restoration is not at its end
_NO_ARCHIVE = {"lost+found", _RESTORING}  # what an empty home may contain: ext4 puts the first into every file system

Progress = Callable[[int], None]


def make_backup(config: Config, target: Path, progress: Progress = lambda _: None) -> int:
    """Copy the archive, while it is in use, into a new folder or, if the name ends in .tar, a new file; return its bytes.

    The backup gets its name when it is complete; until then it is in a folder beside it, which a later backup removes after a kill.
    """
    if os.path.lexists(target):
        raise BadInput(_("{target} exists already; name a new folder or file").format(target=target))
    with file_errors(target), database_errors(config.database), work_folder(target.with_name(f"{target.name}.partial")) as work:
        made = work / "backup"
        made.mkdir(mode=0o700)
        _copy_database(config, made, progress)
        # The series after SQL: every row's record is in it. Later records are registered when the copy is first used.
        if config.warc_dir.is_dir():
            copy_series(config.warc_dir, made / WARC, progress, leave_stored=config.backup_stored == "leave")
            (made / WARC).chmod(0o755)
        _copy_files(config.home, made)
        write_durably(made / MANIFEST, _manifest(made))
        sync_folder(made)
        if target.suffix == ".tar":
            made = _packed(made, work / "backup.tar")
        os.replace(made, target)
        sync_folder(target.parent)
    return sum(p.stat().st_size for p in target.rglob("*") if p.is_file()) if target.is_dir() else target.stat().st_size


def _copy_database(config: Config, folder: Path, progress: Progress) -> None:
    """One moment of the database, whoever writes meanwhile: SQLite's own online backup, or pg_dump."""
    if config.database.startswith(BACKEND):
        engine = open_for_reading(config)  # refuses one of another archive
        try:
            dump_database(config, engine, folder / DUMP, progress)
        finally:
            engine.dispose()
    else:
        _copy_sqlite(config, folder / DATABASE, progress)


def _copy_sqlite(config: Config, target: Path, progress: Progress) -> None:
    source = Path(config.database.removeprefix("sqlite:///"))
    if not source.is_file():
        raise BadInput(_("{source}: there is no archive to back up").format(source=source))
    may_write = os.access(source, os.W_OK) and os.access(source.parent, os.W_OK)
    with (
        _sqlite_errors(target),
        closing(sqlite3.connect(source) if may_write else sqlite3.connect(reading_uri(source), uri=True)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy, pages=_PAGES, progress=lambda _status, _left, _total: progress(0))
        copy.execute("pragma journal_mode=delete")
    progress(target.stat().st_size)


@contextmanager
def _sqlite_errors(target: Path) -> Iterator[None]:
    """Translate what the driver raises by itself: no engine of ours is between."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL:
            raise DiskFull(_("no space left on the device of {target}").format(target=target)) from error
        raise ArchiveUnwritable(_("cannot copy the database to {target}: {error}").format(target=target, error=error)) from error
    except sqlite3.DatabaseError as error:
        raise DamageFound(_("the database cannot be copied: {error}").format(error=error)) from error


def _copy_files(home: Path, target: Path) -> None:
    """Copy the files beside SQL and WARC. The user's own may be links: what they lead to is copied."""
    for name in sorted(FILES - {MANIFEST, DATABASE, DUMP}):
        _copy_file(home / name, target / name)
    for folder in sorted(FOLDERS - {WARC}):
        for path in sorted((home / folder).iterdir()) if (home / folder).is_dir() else ():
            if is_part(f"{folder}/{path.name}"):
                _copy_file(path, target / folder / path.name)


def _copy_file(source: Path, target: Path) -> None:
    if source.is_file():
        with source.open("rb") as handle:
            put_part(handle, target)


def _manifest(folder: Path) -> bytes:
    files = {name: list(_summed(folder / name)) for name in _names(folder)}
    value = {"format": FORMAT, "made_at": datetime.now(UTC).isoformat(timespec="seconds"), "program": PROGRAM, "files": files}
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _names(folder: Path) -> Iterator[str]:
    return (name for name in parts_of(folder) if name != MANIFEST and not name.startswith(f"{WARC}/"))


def _summed(path: Path) -> tuple[int, str]:
    with open_part(path) as handle:
        return os.fstat(handle.fileno()).st_size, file_digest(handle, "sha256").hexdigest()


def _packed(folder: Path, target: Path) -> Path:
    """The folder as a tar file that nobody else can read: the signing key is in it."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        with tarfile.open(fileobj=handle, mode="w") as tar:
            tar.add(folder, arcname=".")
        handle.flush()
        os.fsync(descriptor)
    return target


@contextmanager
def restoring(source: Path, home: Path, progress: Progress = lambda _: None) -> Iterator[datetime]:
    """Restore a backup folder or tar into an empty home; the value is when it was made, and the caller finishes what else a home needs.
    `progress` is given the bytes of the backup as they are copied.

    An error, also the caller's, leaves the home as empty as it was. After a kill the same command begins again, or only finishes when every
    file is in its place. Raises BadInput or DamageFound.
    """
    home = Path(os.path.realpath(home))  # a link leads to the folder that is filled
    work, existed = home / _RESTORING, home.is_dir()
    if _is_placed(home, work, source):
        is_ours(work / MARK)  # raises while the first command is still at work
        yield check_manifest(work / "backup").made_at
        _finish(work, home)
        return
    with file_errors(home):
        _remove_unfinished(home, work)
        if existed and (there := sorted(set(os.listdir(home)) - _NO_ARCHIVE)):
            raise BadInput(
                _("{home} is not empty (it contains {name!r}); restore into a new folder (NOTICES_HOME)").format(home=home, name=there[0])
            )
        try:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            with work_folder(work):
                yield _placed(source, home, work / "backup", progress)
                _finish(work, home)
        except BaseException:
            _empty(home) if existed else shutil.rmtree(home, ignore_errors=True)
            raise
        sync_folder(home.parent)


def _placed(source: Path, home: Path, scratch: Path, progress: Progress) -> datetime:
    """Put the files of a checked backup into the home, the database last: with it, all of them are there."""
    scratch.mkdir(mode=0o700)
    copy_parts(source, scratch, progress)
    made_at = check_backup(scratch)
    for name in sorted(set(os.listdir(scratch)) - {MANIFEST}, key=lambda name: name in (DATABASE, DUMP)):
        if name in (DATABASE, DUMP):
            sync_folder(home)
        os.replace(scratch / name, home / name)
    sync_folder(home)
    return made_at


def _finish(work: Path, home: Path) -> None:
    """The end of a restoration. Its last step is the removal of the manifest: until then the same command finishes, afterwards it is refused."""
    (work / "backup" / MANIFEST).unlink()
    sync_folder(work / "backup")
    (home / DUMP).unlink(missing_ok=True)  # its rows are in the server's database
    shutil.rmtree(work, ignore_errors=True)


def _is_placed(home: Path, work: Path, source: Path) -> bool:
    """Whether a restoration of this backup was killed when every file was in its place."""
    if not any((home / name).is_file() and not (work / "backup" / name).exists() for name in (DATABASE, DUMP)):
        return False
    try:
        return read_manifest(work / "backup") == read_manifest(source)
    except (OSError, BadInput):
        return False


def _remove_unfinished(home: Path, work: Path) -> None:
    """Remove what a killed restoration left before the database was in its place; until then the home was no archive."""
    if (home / DATABASE).exists() or (home / DUMP).exists():
        if work.is_dir() and not (work / "backup" / MANIFEST).exists():
            shutil.rmtree(work, ignore_errors=True)  # killed at its very end: the home is complete
        return
    if not (work / MARK).is_file():
        return
    remove_left(work)
    for name in (FILES | FOLDERS) & set(os.listdir(home)):
        _remove(home / name)


def _empty(home: Path) -> None:
    """Remove what came into the home since the restoration began: it was empty."""
    for name in set(os.listdir(home)) - _NO_ARCHIVE:
        _remove(home / name)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Stated:
    """What a manifest states: when the backup was made; of each file its bytes and SHA-256."""

    made_at: datetime
    files: Mapping[str, tuple[int, str]]


def check_manifest(folder: Path) -> Stated:
    """The manifest of a backup, folder or tar. Raises BadInput."""
    try:
        value = json.loads(read_manifest(folder))
        made_at = datetime.fromisoformat(value["made_at"])
        files = {str(PurePosixPath(name)): (int(size), str(digest)) for name, (size, digest) in dict(value["files"]).items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise BadInput(_("{folder}: not a backup: {file}: {error}").format(folder=folder, file=MANIFEST, error=error)) from error
    if value.get("format") != FORMAT:
        raise BadInput(
            _("{folder}: format {format!r}, not {expected!r}").format(folder=folder, format=value.get("format"), expected=FORMAT)
        )
    return Stated(made_at.astimezone(UTC), files)


def check_backup(folder: Path) -> datetime:
    """When the backup was made. Raises DamageFound naming a file that is not as it was written, BadInput for anything but a backup."""
    stated = check_manifest(folder)
    found = set(_names(folder))
    for name in sorted({name for name in stated.files if is_part(name)} | found):
        if name not in found:
            raise DamageFound(_("the backup lacks {name}").format(name=name))
        if _summed(folder / name) != stated.files.get(name):
            raise DamageFound(_("the backup's {name} is not what was written").format(name=name))
    if len(found & {DATABASE, DUMP}) != 1:
        raise BadInput(_("{folder}: not a backup: it contains no {file}").format(folder=folder, file=DATABASE))
    for name in parts_of(folder):
        with open_part(folder / name):
            pass  # a device or a link under the name of a WARC file
    if DUMP in found:
        check_dump(folder / DUMP)
    else:
        _refuse_programs(folder / DATABASE)
    return stated.made_at


def _refuse_programs(database: Path) -> None:
    """Triggers and views are not ours: they would run with our own statements, and change rows behind them."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(database))}?mode=ro&immutable=1", uri=True)) as opened:
            found = opened.execute("select name from sqlite_master where type in ('trigger', 'view')").fetchone()
    except sqlite3.Error as error:
        raise DamageFound(_("the backup's {file}: {error}").format(file=DATABASE, error=error)) from error
    if found:
        raise DamageFound(
            _("the backup's {file} contains a trigger or a view, {found!r}; this program makes none").format(file=DATABASE, found=found[0])
        )
