"""After a crash: a record that has no row gets one, once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from notices.capture import Capture
from notices.config import Config, load_config
from pipeline.ledger import CrawlLedger
from pipeline.recovery import recover
from pipeline.sql import tables
from pipeline.sql.database import open_database
from pipeline.sql.runs import source_id, start_run
from pipeline.warc.series import SnapshotWriter


def capture(n: int) -> Capture:
    now = datetime(2026, 11, 23, n, tzinfo=UTC)
    return Capture(
        f"http://www.linshan.example/{n}.html", 200, (("Content-Type", "text/html"),), b"<html>%d" % n, now, "detail", note={"a": "b"}
    )


def snapshots(database: Engine) -> list[tuple[str, int | None, dict[str, str]]]:
    with Session(database) as session:
        return [(row.url, row.run_id, row.note) for row in session.scalars(select(tables.SnapshotRow).order_by(tables.SnapshotRow.offset))]


def crashed(config: Config, database: Engine) -> None:
    """Three records; the process ended before the row of the second was written."""
    run = start_run(database, "crawl", source_id(database, "linshan"))
    with SnapshotWriter(config.warc_dir, config.warc_max_bytes) as writer:
        ledger = CrawlLedger(database, config, writer, run)
        ledger.keep(capture(1))
        ledger.write()
        writer.write(capture(2))
        ledger.keep(capture(3))
        ledger.write()


def test_records_without_a_row_are_registered_once_and_marked(tmp_path: Path) -> None:
    config = load_config({"NOTICES_HOME": str(tmp_path)})
    database = open_database(config)
    crashed(config, database)
    assert [recover(database, config), recover(database, config)] == [1, 0]
    urls = [f"http://www.linshan.example/{n}.html" for n in (1, 2, 3)]
    marked = {"a": "b", "taken_up": "after a crash"}
    assert snapshots(database) == [(urls[0], 1, {"a": "b"}), (urls[1], None, marked), (urls[2], 1, {"a": "b"})]
    database.dispose()


def test_lane_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    config = load_config({"NOTICES_HOME": str(tmp_path)})
    database = open_database(config)
    with SnapshotWriter(config.warc_dir, config.warc_max_bytes) as writer:
        writer.write(capture(1))
        assert recover(database, config) == 0
    assert recover(database, config) == 1
    database.dispose()
