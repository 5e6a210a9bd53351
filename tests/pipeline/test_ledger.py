"""What a run is asked to fetch again: entries that failed wait longer with each try, new ones never."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from notices.capture import Listed, ListEntry
from notices.config import load_config
from pipeline.ledger import MAX_TRIES, CrawlLedger
from pipeline.sql.database import open_database
from pipeline.sql.runs import source_id, start_run
from pipeline.warc.series import SnapshotWriter

COLUMN = "http://linshan.example/tzgg/"
ENTRY = Listed(ListEntry("关于防汛的通知", f"{COLUMN}1.html", None), COLUMN)


def test_an_entry_that_fails_is_asked_for_again_after_longer_and_longer_waits_and_in_the_end_no_more(tmp_path: Path) -> None:
    config = load_config({"NOTICES_HOME": str(tmp_path), "HOME": str(tmp_path)})
    database = open_database(config)
    with SnapshotWriter(config.warc_dir, config.warc_max_bytes) as writer:
        ledger = CrawlLedger(database, config, writer, start_run(database, "crawl", source_id(database, "linshan")))
        assert ledger.note_entries([ENTRY]) == {ENTRY.entry.url}
        waits = list[int]()
        for _ in range(MAX_TRIES - 1):
            ledger.note_failure(ENTRY.entry.url, "blocked", "challenge")
            hours = 0
            while not ledger.retries():
                assert ledger.note_entries([ENTRY]) == set(), "the list shows it, and still it waits"
                with database.begin() as connection:
                    moved = f"strftime('%Y-%m-%d %H:%M:%f000', read_again_at, '-{timedelta(hours=1).seconds} seconds')"
                    connection.execute(text(f"update listing set read_again_at = {moved}"))
                hours += 1
            waits.append(hours)
            assert ledger.note_entries([ENTRY]) == {ENTRY.entry.url}
        assert waits == [0, 1, 3, 9, 24, 48, 96, 168, 168]
        ledger.note_failure(ENTRY.entry.url, "blocked", "challenge")
        with database.begin() as connection:
            connection.execute(text("update listing set read_again_at = null"))
        assert (ledger.retries(), ledger.note_entries([ENTRY])) == ([], set())
    database.dispose()
