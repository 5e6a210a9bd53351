"""Records that reached the WARC series but not SQL are taken up, wherever in the file they lie."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from notices.capture import Capture
from notices.config import Config, load_config
from pipeline.recovery import recover
from pipeline.snapshots import snapshot_row
from pipeline.sql import tables
from pipeline.sql.database import open_database
from pipeline.warc.series import SnapshotWriter, Stored

WHEN = datetime(2026, 11, 23, tzinfo=UTC)


def page(n: int) -> Capture:
    """A fetched page."""
    return Capture(f"http://a.example/{n}.html", 200, (("content-type", "text/html"),), b"page %d" % n, WHEN, "detail")


def written(config: Config, count: int) -> list[Stored]:
    """That many records in the series."""
    with SnapshotWriter(config.warc_dir, config.warc_max_bytes) as writer:
        return [writer.write(page(n)) for n in range(count)]


def offsets(database: Engine) -> list[int]:
    """The records that SQL knows."""
    with Session(database) as session:
        return sorted(session.scalars(select(tables.SnapshotRow.offset)))


@pytest.mark.parametrize("known", [(), (0, 1, 2, 3), (0, 1), (2, 3), (0, 3), (0, 1, 3), (1,)])
def test_every_unknown_record_is_taken_up_once(tmp_path: Path, known: tuple[int, ...]) -> None:
    config = load_config({"NOTICES_HOME": str(tmp_path)})
    database, stored = open_database(config), written(config, 4)
    with Session(database) as session, session.begin():
        session.add_all(snapshot_row(page(n), stored[n], None) for n in known)
    assert (recover(database, config), recover(database, config)) == (4 - len(known), 0)
    assert offsets(database) == [s.offset for s in stored]
    database.dispose()
