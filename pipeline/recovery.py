"""After a crash: records that reached the WARC series but not SQL are registered, so that bytes and rows agree again; runs that ended are
closed, and work folders of processes that ended are removed."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from notices.archive_id import read_followed
from notices.capture import Capture
from notices.config import Config
from notices.errors import BadInput
from pipeline.durable import file_errors
from pipeline.imports import read_line, reading_of
from pipeline.snapshots import snapshot_row
from pipeline.sql import tables
from pipeline.sql.database import database_errors
from pipeline.sql.runs import close_ended_runs
from pipeline.store import store_reading
from pipeline.warc.series import Stored, file_name, free_lanes, parse_name, read_member, reading, record_count, scan
from pipeline.work_folder import remove_all_left

log = logging.getLogger(__name__)


def recover(database: Engine, config: Config) -> int:
    """Bring every lane that is not being written in order, and close runs whose process ended; return how many records were registered in SQL.

    Cheap when there is nothing to do, and called before every run.
    """
    registered, is_following = 0, read_followed(config.state_paths().following) is not None
    with file_errors(config.warc_dir), database_errors(config.database):
        for lane in free_lanes(config.warc_dir):
            if is_following:
                continue  # settled; whoever follows takes its records up under the other archive's numbers
            for name in _unregistered_files(database, config.warc_dir, lane.tail.name):
                registered += _register_orphans(database, config, name)
        close_ended_runs(database, config.locks_dir)
        remove_all_left(config.home)
    return registered


def _unregistered_files(database: Engine, folder: Path, open_file: str) -> list[str]:
    """The lane's files that may have records without rows: the open one, and the sealed ones before it back to the first that has all its rows.

    A batch of rows may be lost in whose time files were sealed; so may be what came between the copies of SQL and of the series in a backup.
    """
    entry, found = parse_name(open_file), [open_file]
    for serial in range(entry.serial - 1 if entry else 0, 0, -1):
        name = file_name(entry.lane if entry else 0, serial)
        records = record_count(folder, name)
        with Session(database) as session, session.begin():
            known = session.scalar(select(func.count()).where(tables.SnapshotRow.warc_file == name)) or 0
        if records is None or known >= records:
            break
        found.insert(0, name)
    return found


def _register_orphans(database: Engine, config: Config, name: str) -> int:
    """Register the records of a file that SQL does not know; return how many."""
    with Session(database) as session, session.begin():
        found = _orphans(session, config, name)
        rows = [_row(stored, capture) for stored, capture in found]
        session.add_all(rows)
        session.flush()
        for row, (_stored, capture) in zip(rows, found, strict=True):
            if capture.kind == "import" and not row.revisit:
                _store_line(session, row.id, capture)
        return len(rows)


def _orphans(session: Session, config: Config, name: str) -> list[tuple[Stored, Capture]]:
    mine = tables.SnapshotRow.warc_file == name
    start = _known_until(session, config.warc_dir, name)
    known = set(session.scalars(select(tables.SnapshotRow.offset).where(mine, tables.SnapshotRow.offset >= start)))
    return [
        (stored, capture)
        for stored, capture in scan(config.warc_dir, name, start)
        if stored.offset not in known and fits_sql(stored, capture)
    ]


def unregistered(database: Engine, config: Config) -> list[tuple[Stored, Capture]]:
    """The records that SQL does not know, of every lane that is not being written, each brought in order; the bodies of revisits are empty."""
    found = list[tuple[Stored, Capture]]()
    with file_errors(config.warc_dir), database_errors(config.database):
        for lane in free_lanes(config.warc_dir):
            for name in _unregistered_files(database, config.warc_dir, lane.tail.name):
                with Session(database) as session, session.begin():
                    found += _orphans(session, config, name)
    return found


def _store_line(session: Session, snapshot_id: int, capture: Capture) -> None:
    """Store the notice of an imported line whose batch was lost: nobody may import it again. A crawl fetches its pages again."""
    try:
        line = read_line(capture.body, capture.note.get("source"))
    except BadInput:
        return  # a line that today's reader refuses: verify does not miss its notice either
    source = session.scalar(select(tables.SourceRow).where(tables.SourceRow.name == line.source))
    if source is None:
        source = tables.SourceRow(name=line.source, site="", publisher="", region="")
        session.add(source)
        session.flush()
    store_reading(session, source.id, reading_of(line, source.region, snapshot_id, capture.fetched_at))


def _known_until(session: Session, folder: Path, name: str) -> int:
    """The offset up to which SQL knows every record of the file.

    0 where a record lies before known ones: a row that could not be written for want of space, and further ones after it.
    """
    end = tables.SnapshotRow.offset + tables.SnapshotRow.length
    sums = select(func.min(tables.SnapshotRow.offset), func.sum(tables.SnapshotRow.length), func.max(end))
    first, total, last = session.execute(sums.where(tables.SnapshotRow.warc_file == name)).one()
    if last is None or first + total != last:
        return 0
    with reading(folder, name) as file:
        return int(last) if first == read_member(file, 0).length else 0


def fits_sql(stored: Stored, capture: Capture) -> bool:
    """Whether SQL can contain the record. One that it cannot, of a release that kept any status, stays named by verify and stops nobody."""
    if 0 <= capture.status < 1 << 31:
        return True
    log.warning(
        "%s offset %d: status %s is not of HTTP; the record is not registered", stored.warc_file, stored.offset, str(capture.status)[:24]
    )
    return False


def _row(stored: Stored, capture: Capture) -> tables.SnapshotRow:
    note = {**capture.note, "taken_up": "after a crash"}  # a stored key: rows of earlier recoveries have it
    return snapshot_row(replace(capture, note=note), stored, None)
