"""Lost bytes and rows from a backup whose own checksums are intact. The order is that of truth: bytes, rows, signed notes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from notices.config import Config
from notices.errors import BadInput, DamageFound, NoticesError
from notices.text.language import _
from pipeline.durable import file_errors, write_durably
from pipeline.sql import tables
from pipeline.sql.database import for_reading, open_database
from pipeline.sql.postgresql import BACKEND
from pipeline.warc.series import FilePlan, Folders, plan_file, restore_file, to_quarantine, wanted_files
from pipeline.work_folder import PREFIX, remove_all_left, work_folder
from preservation.backup import check_backup
from preservation.backup_files import DATABASE, DUMP, WARC, copy_parts, open_part, put_part
from preservation.dumps.rows import loaded_aside
from preservation.findings import CheckpointFile, Finding, WarcPlace, display
from preservation.proofs.checkpoints import folder_of, public_key
from preservation.proofs.signing import verify_checkpoint
from preservation.restore_rows import Backup, RestoredRow, WrongRows, check_same_archive, restore_rows

_OF_ROWS = ("orphan", "unsettled", "lost", "stored")  # findings that name a WARC file in which no byte is damaged


@dataclass(frozen=True)
class OpenBackup:
    """A backup as a folder, its checksums checked."""

    folder: Path
    made_at: datetime


@dataclass(frozen=True)
class RestoredFile:
    """A file that was restored and how, or why it was not: the `problem`."""

    subject: WarcPlace | CheckpointFile
    how: str = ""
    problem: str = ""

    @property
    def place(self) -> str:
        """The file's name as verify displays it."""
        return display(self.subject)


@dataclass(frozen=True)
class Restoration:
    """What a backup gives back: WARC files, rows, signed notes. `applied` is false when nothing was written."""

    applied: bool
    warc: tuple[RestoredFile, ...]
    rows: tuple[RestoredRow, ...]
    notes: tuple[RestoredFile, ...]

    def row_counts(self) -> Counter[str]:
        """How many rows of each table."""
        return Counter(each.table for each in self.rows if not each.problem)

    def count(self) -> int:
        """How many files and rows."""
        return sum(not each.problem for each in (*self.warc, *self.notes)) + self.row_counts().total()


@contextmanager
def opened(config: Config, source: Path) -> Iterator[OpenBackup]:
    """A backup folder or tar, as a folder while the context is open. Raises BadInput or DamageFound."""
    with _scratch(config, "backup") as scratch:
        folder = source
        if not source.is_dir():
            folder = scratch / "backup"
            folder.mkdir()
            copy_parts(source, folder)
        yield OpenBackup(folder, check_backup(folder))


@contextmanager
def _scratch(config: Config, use: str) -> Iterator[Path]:
    """A work folder of this process in the home; those that killed ones left are removed."""
    remove_all_left(config.home)
    with work_folder(config.home / f"{PREFIX}{use}-{os.getpid()}") as scratch:
        yield scratch


def restore(config: Config, database: Engine, backup: Path, found: Sequence[Finding], *, apply: bool) -> Restoration:
    """Restore from the backup what the findings show to be lost, and rows that no finding can name; without `apply` nothing is written."""
    with _scratch(config, "rows") as scratch, _rows_of(config, backup, scratch) as theirs:
        both = Backup(database, theirs, config, datetime.now(UTC))
        check_same_archive(both)
        warc = tuple(_files(both, Folders(config.warc_dir, backup / WARC, scratch), found, apply=apply))
        rows = tuple(restore_rows(both, WrongRows.of(found), apply=apply))
        return Restoration(apply, warc, rows, tuple(_notes(both, backup, found, apply=apply)))


@contextmanager
def _rows_of(config: Config, backup: Path, scratch: Path) -> Iterator[Engine]:
    """The rows of a backup as a database; its tables are of the newest version."""
    if (backup / DUMP).exists():
        if not config.database.startswith(BACKEND):
            raise BadInput(_("{backup} is the backup of an archive in PostgreSQL; this archive is not").format(backup=backup))
        with loaded_aside(config, backup / DUMP) as theirs:
            yield theirs
        return
    with open_part(backup / DATABASE) as handle:  # a copy: opening it may bring its tables up to date
        put_part(handle, scratch / DATABASE)
    theirs = open_database(config._replace(database=f"sqlite:///{scratch}/{DATABASE}"), parts=False)
    try:
        yield for_reading(theirs)
    finally:
        theirs.dispose()


def _files(both: Backup, folders: Folders, found: Sequence[Finding], *, apply: bool) -> Iterator[RestoredFile]:
    damaged = [f.subject.file for f in found if f.kind not in _OF_ROWS and isinstance(f.subject, WarcPlace)]
    for name in wanted_files(folders, damaged, _files_in_rows(both.archive)):
        plan = plan_file(folders, name, lambda name: _records(both.archive, name))
        if plan.data is None:
            yield RestoredFile(WarcPlace(name), problem=plan.problem)
        else:
            yield _restored(folders, plan, both.now) if apply else RestoredFile(WarcPlace(name), plan.how)


def _restored(folders: Folders, plan: FilePlan, now: datetime) -> RestoredFile:
    try:
        return RestoredFile(WarcPlace(plan.name), restore_file(folders, plan, now))
    except DamageFound as error:
        return RestoredFile(WarcPlace(plan.name), problem=str(error))


def _files_in_rows(database: Engine) -> list[str]:
    with Session(database) as session:
        return list(session.scalars(select(tables.SnapshotRow.warc_file).distinct()))


def _records(database: Engine, name: str) -> dict[int, tuple[int, str]]:
    columns = tables.SnapshotRow.offset, tables.SnapshotRow.length, tables.SnapshotRow.payload_digest
    with Session(database) as session:
        return {
            offset: (length, digest)
            for offset, length, digest in session.execute(select(*columns).where(tables.SnapshotRow.warc_file == name))
        }


def _notes(both: Backup, backup: Path, found: Sequence[Finding], *, apply: bool) -> Iterator[RestoredFile]:
    """Signed checkpoints as files: those that are missing, and those that do not bear their signature any more."""
    folder = folder_of(both.config)
    broken = {f.subject.name for f in found if isinstance(f.subject, CheckpointFile)}
    for path in sorted((backup / "checkpoints").glob("*.txt")):
        if (folder / path.name).exists() and path.name not in broken:
            continue
        try:
            note = path.read_text(encoding="utf-8")
            verify_checkpoint(note, public_key(both.config, note))
        except (NoticesError, UnicodeDecodeError) as error:
            yield RestoredFile(CheckpointFile(path.name), problem=str(error))
            continue
        if apply:
            _put_note(both, folder / path.name, note)
        yield RestoredFile(CheckpointFile(path.name), "the signed note")


def _put_note(both: Backup, path: Path, note: str) -> None:
    with file_errors(path):
        path.parent.mkdir(exist_ok=True)
        if path.exists():
            to_quarantine(both.config.warc_dir, path, both.now, f"checkpoint-{path.name}")
        write_durably(path, note.encode())
