"""What every Ledger keeps to. mypy reads this file: each implementation is assigned to the Protocol that it must satisfy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.source import Column, Source
from crawler.spiders.notices import NoticeSpider, Plan
from notices.capture import Capture, Listed, ListEntry
from notices.config import load_config
from notices.errors import DiskFull
from notices.ports import CrawlReport, Ledger
from operations.preview import Preview
from pipeline.ledger import CrawlLedger
from pipeline.sql.database import open_database
from pipeline.sql.runs import source_id, start_run
from pipeline.warc.series import SnapshotWriter

BASE = "http://www.linshan.example/tzgg/"
HOSTS = ("www.linshan.example",)


@contextmanager
def archive(folder: Path) -> Iterator[Ledger]:
    """An archive during a run."""
    config = load_config({"NOTICES_HOME": str(folder), "HOME": str(folder)})
    database = open_database(config)
    run = start_run(database, "crawl", source_id(database, "linshan"))
    with SnapshotWriter(config.warc_dir, config.warc_max_bytes) as writer:
        ledger: Ledger = CrawlLedger(database, config, writer, run, hosts=HOSTS)
        yield ledger
    database.dispose()


@contextmanager
def preview(folder: Path) -> Iterator[Ledger]:
    """A preview of a source."""
    ledger: Ledger = Preview(HOSTS)
    yield ledger


@pytest.fixture(params=[archive, preview], ids=["archive", "preview"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    made: Callable[[Path], Iterator[Ledger]] = request.param
    with made(tmp_path) as opened:  # type: ignore[attr-defined]
        yield opened


def listed(*names: str) -> list[Listed]:
    return [Listed(ListEntry(f"关于{name}的通知", f"{BASE}{name}.html", None), BASE) for name in names]


def capture(kind: str) -> Capture:
    return Capture(BASE, 200, (("Content-Type", "text/html"),), b"<html></html>", datetime.now(UTC), kind)


def test_what_was_never_seen_is_new_and_nothing_is_left_over(ledger: Ledger) -> None:
    assert ledger.pending() == ledger.retries() == []
    assert ledger.revisits(everything=True) == ledger.revisits(everything=False) == []
    assert ledger.note_entries(listed("1", "2")) == {f"{BASE}1.html", f"{BASE}2.html"}


@pytest.mark.parametrize("kind", ["list", "detail", "attachment", "robots", "error"])
def test_every_kind_of_response_is_taken(ledger: Ledger, kind: str) -> None:
    assert isinstance(ledger.keep(capture(kind)), int)


def test_hosts_are_those_of_the_source(ledger: Ledger) -> None:
    assert set(ledger.known_hosts()) == set(HOSTS)


def test_no_column_is_known_before_its_lists_were_walked(ledger: Ledger) -> None:
    assert not ledger.walk_complete(BASE)
    ledger.note_walk(BASE, complete=False)
    assert not ledger.walk_complete(BASE)
    ledger.note_walk(BASE, complete=True)
    ledger.note_walked(BASE)


def test_absence_of_an_unknown_notice_and_a_failure_are_taken(ledger: Ledger) -> None:
    ledger.note_entries(listed("1"))
    ledger.note_failure(f"{BASE}1.html", "failed", "HTTP 500")
    ledger.note_absence(f"{BASE}2.html", "http_404", "HTTP 404")


def test_ledger_is_usable_until_a_fatal_error_is_noted(ledger: Ledger) -> None:
    assert ledger.fatal is None
    ledger.fatal = DiskFull("no space left")
    assert isinstance(ledger.fatal, DiskFull)


def test_spider_is_what_the_steps_report_to(tmp_path: Path) -> None:
    source = Source(
        name="linshan", site="", publisher="", region="990100", written=datetime.now(UTC).date(), schedule="0 0 * * *",
        columns=[Column(name="通知公告", url=BASE)],
    )  # fmt: skip
    told: list[str] = []
    spider = NoticeSpider(source, Preview(HOSTS), Plan(), lambda outcome: told.append(outcome.title))
    report: CrawlReport = spider
    report.note_outcome("new", "关于防汛的通知")
    assert (report.counts["new"], told) == (1, ["关于防汛的通知"])
    assert (report.source.name, report.source.region, report.source.tls) == ("linshan", "990100", "verify")
    assert report.ledger is spider.ledger
