"""After a crash: records that reached the WARC series but not SQL are taken up, so that bytes and rows agree again."""

from __future__ import annotations

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from notices.config import Config
from notices.model import Fetched
from pipeline import models
from pipeline.archive import snapshot_row
from pipeline.database import database_errors
from pipeline.snapshots import Capture, Stored, scan
from pipeline.warc_files import file_errors
from pipeline.warc_lane import free_lanes


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
    """Note the records of a file that lie behind what SQL knows of it."""
    with Session(database) as session, session.begin():
        end = select(func.max(models.Snapshot.offset + models.Snapshot.length)).where(models.Snapshot.warc_file == name)
        rows = [_row(stored, capture) for stored, capture in scan(config.warc_dir, name, session.scalar(end) or 0)]
        session.add_all(rows)
        return len(rows)


def _row(stored: Stored, capture: Capture) -> models.Snapshot:
    note = {**capture.note, "taken_up": "after a crash"}
    fetched = Fetched(capture.kind, capture.url, capture.status, capture.headers, b"", capture.fetched_at, capture.via, note)
    return snapshot_row(fetched, stored, None)
