"""`notices repair --from`: lost bytes and rows, from a backup whose own checksums hold."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from notices.config import Config
from notices.errors import DamageFound, NoticesError
from notices.text.display import safe
from pipeline.durable import file_errors, write_durably
from pipeline.sql import tables
from pipeline.sql.database import open_database
from pipeline.warc.series import FilePlan, Folders, plan_file, restore_file, to_quarantine, wanted_files
from preservation.backup import DATABASE, WARC, check_backup, unpack
from preservation.proofs.checkpoints import folder_of, public_key
from preservation.proofs.signing import verify_checkpoint
from preservation.restore_rows import Backup, Regained, check_kinship, lost_rows
from preservation.verify import Finding

_OF_ROWS = ("orphan", "unsettled", "lost")
_SHOWN = 20


@contextmanager
def opened(config: Config, source: Path) -> Iterator[Path]:
    """The backup as a folder, its checksums checked. Raises BadInput or DamageFound."""
    with tempfile.TemporaryDirectory(prefix="repair-", dir=config.home, ignore_cleanup_errors=True) as scratch:
        folder = source
        if not source.is_dir():
            folder = Path(scratch) / "backup"
            with file_errors(folder):
                unpack(source, folder)
        made_at = check_backup(folder)
        print(f"the backup was made {made_at:%Y-%m-%d %H:%M:%SZ}", file=sys.stderr)
        yield folder


def regain(config: Config, database: Engine, backup: Path, found: Sequence[Finding], *, apply: bool) -> int:
    """Say what can be taken from the backup, and with `apply` take it; how many files and rows. The order is that of truth: bytes, rows, notes."""
    with tempfile.TemporaryDirectory(prefix="repair-", dir=config.home, ignore_cleanup_errors=True) as scratch:
        shutil.copyfile(backup / DATABASE, Path(scratch) / DATABASE)  # opening it may bring its tables up to date
        theirs = open_database(config._replace(database=f"sqlite:///{scratch}/{DATABASE}"))
        try:
            both = Backup(database, theirs, config, datetime.now(UTC))
            check_kinship(both)
            taken = _files(both, Folders(config.warc_dir, backup / WARC, Path(scratch)), found, apply=apply)
            rewritten = {f.ref for f in found if (f.area, f.kind) == ("sql", "rewritten") and f.ref is not None}
            unreadable = {f.ref for f in found if f.kind == "unreadable" and f.place.startswith("notice ") and f.ref is not None}
            taken += _rows(lost_rows(both, rewritten, unreadable, apply=apply), apply=apply)
            return taken + _notes(both, backup, found, apply=apply)
        finally:
            theirs.dispose()


def _files(both: Backup, places: Folders, found: Sequence[Finding], *, apply: bool) -> int:
    named = [f.place.split(" ")[0] for f in found if f.area == "warc" and f.kind not in _OF_ROWS]
    taken = 0
    for name in wanted_files(places, named, _files_in_rows(both.archive)):
        plan = plan_file(places, name, lambda name: _records(both.archive, name))
        said = plan.problem or plan.how
        if apply and plan.data is not None:
            plan, said = _mended(places, plan, both.now)
        taken += plan.data is not None
        print(f"{safe(name)}: {_word(plan.data is not None, apply)}{safe(said)}")
    return taken


def _mended(places: Folders, plan: FilePlan, now: datetime) -> tuple[FilePlan, str]:
    try:
        return plan, restore_file(places, plan, now)
    except DamageFound as error:
        return replace(plan, data=None), str(error)


def _word(can: bool, apply: bool) -> str:
    return ("taken: " if apply else "would take: ") if can else "not mended: "


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


def _rows(found: Sequence[Regained], *, apply: bool) -> int:
    """Tell how many rows of each table, and the first that could not be taken; return how many could."""
    counts = Counter(each.place.split(" ")[0] for each in found if not each.problem)
    for table, count in counts.items():
        print(f"{_word(True, apply)}{count} rows of {table}")
    for each in [each for each in found if each.problem][:_SHOWN]:
        print(f"{each.place}: not mended: {safe(each.problem)}")
    return counts.total()


def _notes(both: Backup, backup: Path, found: Sequence[Finding], *, apply: bool) -> int:
    """Signed checkpoints as files: those that are gone, and those that no longer bear their signature."""
    taken, folder = 0, folder_of(both.config)
    broken = {f.place.removeprefix("checkpoints/") for f in found if f.area == "log" and f.place.startswith("checkpoints/")}
    for path in sorted((backup / "checkpoints").glob("*.txt")):
        if (folder / path.name).exists() and path.name not in broken:
            continue
        try:
            note = path.read_text(encoding="utf-8")
            verify_checkpoint(note, public_key(both.config, note))
        except (NoticesError, UnicodeDecodeError) as error:
            print(f"checkpoints/{path.name}: not mended: {safe(str(error))}")
            continue
        if apply:
            _put_note(both, folder / path.name, note)
        print(f"checkpoints/{path.name}: {_word(True, apply)}the signed note")
        taken += 1
    return taken


def _put_note(both: Backup, path: Path, note: str) -> None:
    with file_errors(path):
        path.parent.mkdir(exist_ok=True)
        if path.exists():
            to_quarantine(both.config.warc_dir, path, both.now, f"checkpoint-{path.name}")
        write_durably(path, note.encode())
