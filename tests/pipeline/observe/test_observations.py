"""Looks at archived notices, as a run notes them: what they change, and what they never touch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from notices.capture import Listed, ListEntry
from notices.config import Config, load_config
from notices.model import Notice
from pipeline.ledger import CrawlLedger
from pipeline.observe.observations import presence_of
from pipeline.sql import tables
from pipeline.sql.database import open_database
from pipeline.sql.outbox import acknowledge, pending
from pipeline.sql.runs import source_id, start_run
from pipeline.store import Reading
from pipeline.warc.series import SnapshotWriter


class Runs:
    """An archive and runs of one source on it."""

    def __init__(self, config: Config) -> None:
        self.config, self.database = config, open_database(config)
        self.source, self.numbers = source_id(self.database, "linshan"), count(1)
        self.column = ""

    def begin(self) -> CrawlLedger:
        """A run that has begun."""
        run = start_run(self.database, "crawl", self.source)
        with SnapshotWriter(self.config.warc_dir, self.config.warc_max_bytes) as writer:
            return CrawlLedger(self.database, self.config, writer, run)

    def new(self, notices: int = 1) -> list[str]:
        """The addresses of notices of a new column that were just listed and stored; the index has them."""
        self.column = f"http://www.linshan.example/{next(self.numbers)}/"
        urls = [f"{self.column}{n}.html" for n in range(notices)]
        run = self.begin()
        self.show(run, *urls)
        for url in urls:
            run.store(Reading(Notice(url=url, title=f"关于{url[-8:-5]}的通知", text="各县区：照办。"), (), None, datetime.now(UTC)), url)
        run.finish("done", "", {}, healthy=True)
        acknowledge(self.database, pending(self.database).rows)
        return urls

    def show(self, run: CrawlLedger, *urls: str) -> None:
        """A list page with these entries."""
        run.note_entries([Listed(ListEntry("通知", url, None), self.column, None) for url in urls])

    def state(self, url: str) -> tuple[str, str]:
        """The state in SQL, which is what all looks say, and its evidence."""
        with Session(self.database) as session:
            notice = session.scalars(select(tables.NoticeRow).where(tables.NoticeRow.url == url)).one()
            found = presence_of(session, notice.id)
            assert notice.state == found.state
            return found.state, found.evidence

    def texts(self) -> list[tuple[object, ...]]:
        """Every row that tells what a notice said."""
        tables = ("revision", "attachment", "citation", "alias", "correction", "snapshot")
        with self.database.connect() as open_:
            return [(table, *row) for table in tables for row in open_.execute(text(f"select * from {table} order by id"))]


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    made = Runs(load_config({"NOTICES_HOME": str(tmp_path)}))
    yield made
    made.database.dispose()


def waiting(database: Engine) -> int:
    return len(pending(database).rows)


@pytest.mark.parametrize("evidence", ["http_404", "blocked", "host_down", "http_500", "refused"])
def test_look_that_fails_is_a_missing_notice_at_once_and_waits_for_the_index(runs: Runs, evidence: str) -> None:
    (url,) = runs.new()
    runs.begin().note_absence(url, evidence, "as it was")  # the run is killed: it never ends
    assert runs.state(url) == ("missing", evidence)
    assert waiting(runs.database) == 1


def test_notice_that_reads_again_after_a_block_is_listed_and_waits_for_the_index(runs: Runs) -> None:
    (url,) = runs.new()
    runs.begin().note_absence(url, "blocked", "HTTP 403")
    acknowledge(runs.database, pending(runs.database).rows)
    runs.begin().note_unchanged(url)
    assert runs.state(url) == ("listed", "")
    assert waiting(runs.database) == 1


def test_list_without_it_makes_it_missing_and_its_page_is_read_next(runs: Runs) -> None:
    first, second = runs.new(2)
    run = runs.begin()
    runs.show(run, first)
    run.note_walked(runs.column)
    assert (runs.state(first), runs.state(second)) == (("listed", ""), ("missing", "gone_from_list"))
    assert next(each.listed.entry.url for each in run.revisits(everything=False)) == second
    run.finish("done", "", {}, healthy=True)
    assert next(each.listed.entry.url for each in runs.begin().revisits(everything=False)) == second
    again = runs.begin()
    runs.show(again, first, second)
    assert runs.state(second) == ("listed", "")


@pytest.mark.parametrize(("held", "kept", "state"), [(5, 1, "listed"), (4, 1, "missing"), (8, 4, "missing"), (9, 4, "listed")])
def test_list_that_lost_more_than_it_shows_is_not_believed(runs: Runs, held: int, kept: int, state: str) -> None:
    urls = runs.new(held)
    run = runs.begin()
    runs.show(run, *urls[:kept])
    run.note_walked(runs.column)
    assert {runs.state(url)[0] for url in urls[kept:]} == {state}


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ("http_304", "list", "off list", "http_404", "http_410", "soft_404", "blocked", "host_down", "http_500", "refused")
            ),
            st.booleans(),
            st.booleans(),
        ),
        max_size=8,
    )
)
def test_no_look_of_any_kind_touches_what_was_archived(runs: Runs, looks: list[tuple[str, bool, bool]]) -> None:
    url, other = runs.new(2)
    before = runs.texts()
    for kind, ends, healthy in looks:
        run = runs.begin()
        runs.show(run, *([other] if kind == "off list" else [url, other] if kind == "list" else []))
        if kind == "http_304":
            run.note_unchanged(url)
        elif kind == "off list":
            run.note_walked(runs.column)
        elif kind != "list":
            run.note_absence(url, kind, "")
        if ends:
            run.finish("done", "", {}, healthy=healthy)
        runs.state(url)
    assert runs.texts() == before
