"""After a crash: records that reached the WARC series but not SQL are registered, so that bytes and rows agree again."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from notices.capture import Capture
from notices.config import Config
from pipeline.durable import file_errors
from pipeline.ledger import snapshot_row
from pipeline.sql import tables
from pipeline.sql.database import database_errors
from pipeline.warc.series import Stored, free_lanes, read_member, reading, scan

log = logging.getLogger(__name__)


def recover(database: Engine, config: Config) -> int:
    """Bring every lane that is not being written in order; return how many records were registered in SQL.

    Cheap when there is nothing to do, and called before every run.
    """
    registered = 0
    with file_errors(config.warc_dir), database_errors(config.database):
        for lane in free_lanes(config.warc_dir):
            registered += _register_orphans(database, config, lane.tail.name)
    return registered


def _register_orphans(database: Engine, config: Config, name: str) -> int:
    """Register the records of a file that SQL does not know; return how many."""
    mine = tables.SnapshotRow.warc_file == name
    with Session(database) as session, session.begin():
        start = _known_until(session, config.warc_dir, name)
        known = set(session.scalars(select(tables.SnapshotRow.offset).where(mine, tables.SnapshotRow.offset >= start)))
        rows = [
            _row(stored, capture)
            for stored, capture in scan(config.warc_dir, name, start)
            if stored.offset not in known and fits_sql(stored, capture)
        ]
        session.add_all(rows)
        return len(rows)


def _known_until(session: Session, folder: Path, name: str) -> int:
    """The offset up to which SQL knows every record of the file.

    0 where a record lies before known ones: a row that could not be written for want of space, and further ones after it.
    """
    end = tables.SnapshotRow.offset + tables.SnapshotRow.length
    sums = select(func.min(tables.SnapshotRow.offset), func.sum(tables.SnapshotRow.length), func.max(end))
    first, total, last = session.execute(sums.where(tables.SnapshotRow.warc_file == name)).one()
    if last is None or first + total != last:
        return 0
    with reading(folder, name) as fd:
        return int(last) if first == read_member(fd, 0).length else 0


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
