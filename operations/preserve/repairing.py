"""Repair of an archive: plan it, or apply it and verify again. Losses come from a backup, SQL from WARC bytes, the index from SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from notices.config import Config
from notices.errors import NoticesError
from notices.text.language import N_, in_english
from operations.indexing import drain, rebuild_index
from operations.preserve.restore_from_backup import Restoration, restore
from operations.preserve.verify_index import notices_of, verify_all
from pipeline.sql import tables
from pipeline.sql.database import database_errors
from pipeline.sql.locks import hold
from pipeline.work_folder import remove_all_left
from preservation.findings import Finding, WarcPlace
from preservation.repair import RepairContext, remedy_for
from preservation.reparse import Reader

_WRITE_DOCUMENT, _REBUILD = N_("write the document again from SQL"), N_("rebuild the index from SQL")
_INDEX_PLANS = {
    "differs": _WRITE_DOCUMENT,
    "rewritten": _WRITE_DOCUMENT,
    "unreadable": _REBUILD,
    "extra": _REBUILD,
    "file": _REBUILD,
    "unusable": _REBUILD,
    "uncompared": N_("compare again when SQL can be read"),
}
_INTACT_BYTES = ("orphan", "unsettled", "lost", "extra", "stored")  # findings that name a WARC file in which no byte is damaged
_ORDER = ("warc", "sql", "log", "index")


@dataclass(frozen=True)
class Planned:
    """A finding and what repair would do about it; `plan` is None when only a backup can help."""

    finding: Finding
    plan: str | None


@dataclass(frozen=True)
class RepairPlan:
    """What repair would do. `restoration` is what a backup would give back, or None without one."""

    planned: tuple[Planned, ...]
    restoration: Restoration | None


@dataclass(frozen=True)
class Repaired:
    """What was done about a finding; `done` is None when it was not repaired, and `problem` says why if an error did."""

    finding: Finding
    done: str | None
    problem: str = ""


@dataclass(frozen=True)
class IndexRepair:
    """How many notices were written to the index, or to a rebuilt one."""

    rebuilt: bool
    notices: int


@dataclass(frozen=True)
class RepairResult:
    """What was found, what was done about it, and what a second verification still finds."""

    found: tuple[Finding, ...]
    restoration: Restoration | None
    repaired: tuple[Repaired, ...]
    index: IndexRepair | None
    remaining: tuple[Finding, ...]


Step = Restoration | Repaired | IndexRepair


@dataclass(frozen=True)
class RepairWatch:
    """Who is told while a repair runs: `progress` bytes of WARC as they are read, `verified` the end of each verification, `step` each step done.

    `stored`: files that only a store has are read whole.
    """

    progress: Callable[[int], None] = lambda _: None
    verified: Callable[[], None] = lambda: None
    step: Callable[[Step], None] = lambda _: None
    stored: bool = False


def plan_repair(config: Config, database: Engine, backup: Path | None = None, watch: RepairWatch | None = None) -> RepairPlan:
    """Verify the archive and say what apply_repair would do; nothing is changed. `backup` is the folder of a checked backup."""
    found = _verified(config, database, watch or RepairWatch())
    restoration = restore(config, database, backup, found, apply=False) if backup is not None else None
    return RepairPlan(tuple(Planned(each, _plan(each)) for each in found), restoration)


def _plan(finding: Finding) -> str | None:
    if finding.area == "index":
        return _INDEX_PLANS[finding.kind]
    remedy = remedy_for(finding)
    return remedy.plan if remedy else None


@in_english()  # what a repair marks and tells of a row is stored
def apply_repair(config: Config, database: Engine, backup: Path | None = None, watch: RepairWatch | None = None) -> RepairResult:
    """Restore losses from the backup, repair the rest, verify again. Nothing is deleted: what was damaged goes to quarantine.

    Raises ArchiveLocked while another repair runs.
    """
    watch = watch or RepairWatch()
    found = remaining = _verified(config, database, watch)
    restoration, repaired, index = None, tuple[Repaired, ...](), None
    with hold(config.locks_dir, "repair"), database_errors(config.database):
        remove_all_left(config.home)
        if backup is not None:
            restoration = restore(config, database, backup, found, apply=True)
            watch.step(restoration)
            if restoration.count():
                remaining = _verified(config, database, watch)
        if remaining:
            repaired = tuple(_repair_rows(config, database, remaining, watch))
            index = _repair_index(config, database, [f for f in remaining if f.area == "index"])
            watch.step(index)
            remaining = _verified(config, database, watch)
    return RepairResult(found, restoration, repaired, index, remaining)


def _verified(config: Config, database: Engine, watch: RepairWatch) -> tuple[Finding, ...]:
    found = tuple(verify_all(config, database, watch.progress, stored=watch.stored))
    watch.verified()
    return found


def _repair_rows(config: Config, database: Engine, found: Sequence[Finding], watch: RepairWatch) -> list[Repaired]:
    """Repair the findings in WARC, SQL and log, in the order of truth."""
    files = [f.subject.file for f in found if f.kind not in _INTACT_BYTES and isinstance(f.subject, WarcPlace)]
    repaired = []
    with closing(Reader(database, config)) as reader:
        context = RepairContext(database, config, reader, datetime.now(UTC), frozenset(files))
        for finding in sorted(found, key=lambda f: _ORDER.index(f.area)):
            if finding.area != "index":
                each = _repaired(context, finding)
                watch.step(each)
                repaired.append(each)
    return repaired


def _repaired(context: RepairContext, finding: Finding) -> Repaired:
    remedy = remedy_for(finding)
    try:
        return Repaired(finding, remedy.apply(context) if remedy else None)
    except NoticesError as error:
        return Repaired(finding, None, str(error))


def _repair_index(config: Config, database: Engine, found: Sequence[Finding]) -> IndexRepair:
    """Write the documents that differ again; rebuild the index where it is damaged itself. Rows changed by the repair are drained too."""
    if any(_INDEX_PLANS[each.kind] == _REBUILD for each in found):
        return IndexRepair(True, rebuild_index(config, database))
    with Session(database) as session, session.begin():
        session.add_all(tables.OutboxRow(notice_id=ident, created_at=datetime.now(UTC)) for ident in notices_of(found))
    return IndexRepair(False, drain(config, database))
