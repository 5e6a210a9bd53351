"""After a crash: records that reached the WARC series but not SQL are taken up, so that bytes and rows agree again."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from notices.config import Config
from notices.model import Fetched
from pipeline import models
from pipeline.archive import snapshot_row
from pipeline.database import database_errors
from pipeline.snapshots import Capture, Stored, scan
from pipeline.warc_files import file_errors, reading
from pipeline.warc_lane import free_lanes
from pipeline.warc_member import read_member


def recover(database: Engine, config: Config) -> int:
    """Bring every lane that is not being written in order; return how many records were taken up into SQL.

    Cheap when there is nothing to do, and called before every run.
    """
    taken = 0
    with file_errors(config.warc_dir), database_errors(config.database):
        for lane in free_lanes(config.warc_dir):
            taken += _take_up(database, config, lane.tail.name)
    return taken


def _take_up(database: Engine, config: Config, name: str) -> int:
    """Note the records of a file that SQL does not know."""
    mine = models.Snapshot.warc_file == name
    with Session(database) as session, session.begin():
        start = _known_until(session, config.warc_dir, name)
        known = set(session.scalars(select(models.Snapshot.offset).where(mine, models.Snapshot.offset >= start)))
        rows = [_row(stored, capture) for stored, capture in scan(config.warc_dir, name, start) if stored.offset not in known]
        session.add_all(rows)
        return len(rows)


def _known_until(session: Session, folder: Path, name: str) -> int:
    """The offset up to which SQL knows every record of the file.

    0 where a record lies before known ones: a row that could not be written for want of space, and further ones after it.
    """
    end = models.Snapshot.offset + models.Snapshot.length
    sums = select(func.min(models.Snapshot.offset), func.sum(models.Snapshot.length), func.max(end))
    first, total, last = session.execute(sums.where(models.Snapshot.warc_file == name)).one()
    if last is None or first + total != last:
        return 0
    with reading(folder, name) as fd:
        return int(last) if first == read_member(fd, 0).length else 0


def _row(stored: Stored, capture: Capture) -> models.Snapshot:
    note = {**capture.note, "taken_up": "after a crash"}
    fetched = Fetched(capture.kind, capture.url, capture.status, capture.headers, b"", capture.fetched_at, capture.via, note)
    return snapshot_row(fetched, stored, None)
