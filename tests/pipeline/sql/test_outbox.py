"""Which notices wait for the index, and that acknowledging takes away what was written and nothing later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from notices.config import load_config
from notices.model import Alias, Anatomy, Notice
from pipeline.sql import outbox, tables
from pipeline.sql.database import open_database
from pipeline.sql.runs import source_id
from pipeline.store import Reading, store_reading

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(load_config({"NOTICES_HOME": str(tmp_path)}))
    yield engine
    engine.dispose()


def store(database: Engine, *titles: str, url: str = "") -> None:
    source = source_id(database, "linshan")
    with Session(database) as session, session.begin():
        for n, title in enumerate(titles):
            anatomy = Anatomy(aliases=(Alias("汛防", "防汛"),))
            notice = Notice(url or f"http://www.linshan.example/{n}.html", title=title, text=f"{title}：请照办。", anatomy=anatomy)
            store_reading(session, source, Reading(notice, (), None, NOW))


def test_notice_that_waits_twice_is_named_once_with_all_its_rows(database: Engine) -> None:
    store(database, "甲", "乙")
    store(database, "甲二", url="http://www.linshan.example/0.html")
    waiting = outbox.pending(database)
    assert (waiting.notice_ids, waiting.rows) == ((1, 2), (1, 2, 3))
    assert outbox.pending(database, limit=1).notice_ids == (1,)
    assert outbox.pending_count(database) == 2


def test_acknowledged_rows_are_gone_and_later_ones_stay(database: Engine) -> None:
    store(database, "甲", "乙")
    waiting = outbox.pending(database)
    store(database, "甲二", url="http://www.linshan.example/0.html")
    outbox.acknowledge(database, waiting.rows)
    assert outbox.pending(database).notice_ids == (1,)
    outbox.acknowledge(database, waiting.rows)
    assert outbox.pending_count(database) == 1


def test_newest_revision_of_each_notice_is_read(database: Engine) -> None:
    store(database, "甲", "乙", "丙")
    store(database, "甲二", url="http://www.linshan.example/0.html")
    assert [(r.n, r.title) for r in outbox.newest_revisions(database, [1, 3])] == [(2, "甲二"), (1, "丙")]
    assert [r.title for r in outbox.every_revision(database, batch=2)] == ["甲二", "乙", "丙"]
    assert outbox.notice_count(database) == 3


def test_alias_counts_the_notices_whose_newest_revision_defines_it(database: Engine) -> None:
    store(database, "甲", "乙")
    store(database, "甲二", url="http://www.linshan.example/0.html")
    assert outbox.alias_counts(database) == [("汛防", "防汛", 2)]
    with Session(database) as session:
        assert session.query(tables.AliasRow).count() == 3
