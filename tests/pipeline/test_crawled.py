"""What a crawl keeps and reads within a moment is written together: nothing of it is lost to another's error, or to a kill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from notices.capture import Capture, Listed, ListEntry
from notices.config import Config, load_config
from notices.model import Notice
from pipeline.crawled import TOGETHER, ReadNotice
from pipeline.ledger import CrawlLedger
from pipeline.recovery import recover
from pipeline.sql import tables
from pipeline.sql.database import open_database
from pipeline.sql.runs import source_id, start_run
from pipeline.store import Reading
from pipeline.warc.series import SnapshotWriter

BASE = "http://www.linshan.example/tzgg/"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load_config({"NOTICES_HOME": str(tmp_path), "HOME": str(tmp_path)})


@pytest.fixture
def database(config: Config) -> Iterator[Engine]:
    engine = open_database(config)
    yield engine
    engine.dispose()


@pytest.fixture
def ledger(config: Config, database: Engine) -> Iterator[CrawlLedger]:
    run = start_run(database, "crawl", source_id(database, "linshan"))
    with SnapshotWriter(config.warc_dir, config.warc_max_bytes) as writer:
        ledger = CrawlLedger(database, config, writer, run)
        ledger.note_entries([Listed(ListEntry("", f"{BASE}{n}.html"), BASE) for n in range(40)])
        yield ledger


def page(n: int) -> Capture:
    return Capture(f"{BASE}{n}.html", 200, (("ETag", f'"{n}"'),), b"<html>%d" % n, datetime.now(UTC), "detail")


def read(ledger: CrawlLedger, n: int, told: list[object], text: str = "请各单位做好防汛工作。") -> ReadNotice:
    """A page that was kept and read."""
    kept, answer = ledger.keep(page(n)), page(n)
    reading = Reading(Notice(url=answer.url, title=f"关于第{n}号河段的通知", text=text), (), kept, answer.fetched_at)
    return ReadNotice(reading, answer.url, answer, lambda outcome: told.append((n, outcome)))


def stored(database: Engine) -> list[tuple[str, str, bool, str | None]]:
    """Of each notice its address, that of its snapshot, whether the snapshot names its run, and the state of its list entry."""
    notice, snapshot, entry = tables.NoticeRow, tables.SnapshotRow, tables.ListingRow
    query = select(notice.url, snapshot.url, snapshot.run_id, entry.state, entry.etag).join(
        tables.RevisionRow, tables.RevisionRow.notice_id == notice.id
    )
    query = query.join(snapshot, snapshot.id == tables.RevisionRow.snapshot_id).join(entry, entry.key == notice.key)
    with Session(database) as session:
        return [(url, kept, run == 1, f"{state} {tag}") for url, kept, run, state, tag in session.execute(query.order_by(notice.id))]


def test_notices_of_a_moment_are_stored_in_one_transaction_in_their_order(ledger: CrawlLedger, database: Engine) -> None:
    told, commits = list[object](), list[object]()
    event.listen(database, "commit", commits.append)
    for n in (3, 1, 2):
        assert ledger.store_soon(read(ledger, n, told))
    assert (told, commits, stored(database)) == ([], [], [])
    ledger.write()
    assert told == [(3, "new"), (1, "new"), (2, "new")]
    assert len(commits) == 1
    urls = [f"{BASE}{n}.html" for n in (3, 1, 2)]
    assert stored(database) == [(url, url, True, f'stored "{n}"') for url, n in zip(urls, (3, 1, 2), strict=True)]


def test_many_notices_wait_for_no_end_of_a_moment(ledger: CrawlLedger, database: Engine) -> None:
    told = list[object]()
    waiting = [ledger.store_soon(read(ledger, n, told)) for n in range(TOGETHER)]
    assert waiting == [True] * (TOGETHER - 1) + [False]
    assert [n for n, _outcome in told] == list(range(TOGETHER))


def test_notice_that_cannot_be_stored_keeps_no_other_away(ledger: CrawlLedger, database: Engine) -> None:
    told = list[object]()
    for n, text in ((1, "通知"), (2, "半\ud800字"), (3, "通知")):
        ledger.store_soon(read(ledger, n, told, text))
    ledger.write()
    (_two, error) = told.pop(1)
    assert told == [(1, "new"), (3, "new")]
    assert isinstance(error, UnicodeEncodeError)
    assert [url for url, *_rest in stored(database)] == [f"{BASE}1.html", f"{BASE}3.html"]


def test_same_notice_twice_in_a_moment_has_one_revision_for_each_content(ledger: CrawlLedger, database: Engine) -> None:
    told = list[object]()
    for text in ("通知", "通知", "通知（改）"):
        ledger.store_soon(read(ledger, 1, told, text))
    ledger.write()
    assert [outcome for _n, outcome in told] == ["new", "unchanged", "unchanged"]  # the same bytes: the third is a difference of reading
    later = replace(read(ledger, 2, told).reading, notice=Notice(url=f"{BASE}1.html", title="关于第1号河段的通知", text="通知（改）"))
    assert ledger.store(later, f"{BASE}1.html") == "revised"


def test_repeat_in_the_same_moment_is_a_revisit_record(config: Config, database: Engine) -> None:
    from pipeline.snapshots import earlier_payload

    run = start_run(database, "crawl", source_id(database, "linshan"))
    with SnapshotWriter(config.warc_dir, config.warc_max_bytes, previous=earlier_payload(database)) as writer:
        ledger = CrawlLedger(database, config, writer, run)
        for url in (f"{BASE}", f"{BASE}index.html"):
            ledger.keep(replace(page(1), url=url))
        ledger.write()
    with Session(database) as session:
        assert session.scalars(select(tables.SnapshotRow.revisit).order_by(tables.SnapshotRow.id)).all() == [False, True]


def test_what_waited_when_the_process_was_killed_is_registered_and_fetched_again(
    ledger: CrawlLedger, config: Config, database: Engine
) -> None:
    told = list[object]()
    ledger.store_soon(read(ledger, 1, told))
    ledger._writer.close()  # as the system does for a process that is killed
    assert recover(database, config) == 1
    assert (told, stored(database)) == ([], [])
    with Session(database) as session:
        assert session.scalar(select(tables.SnapshotRow.note))["taken_up"]
    assert f"{BASE}1.html" in {each.entry.url for each in ledger.pending()}
