"""Rows about work: a source's row, runs that end without reporting, ticks that one scheduler takes."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Timer

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from notices.config import load_config
from pipeline.sql import tables
from pipeline.sql.database import open_database
from pipeline.sql.locks import hold, is_held
from pipeline.sql.runs import (
    SourcePaused,
    close_crashed_runs,
    close_ended_runs,
    closed_on_error,
    ended_runs,
    finish_run,
    finish_tick,
    last_tick,
    reclaim_tick,
    refuse_if_paused,
    run_lock,
    source_id,
    start_run,
    take_tick,
)

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(load_config({"NOTICES_HOME": str(tmp_path)}))
    yield engine
    engine.dispose()


def test_source_keeps_what_a_later_call_does_not_give(database: Engine) -> None:
    ident = source_id(database, "linshan", site="临杉市", region="410700")
    assert source_id(database, "linshan", publisher="临杉市人民政府") == ident
    with Session(database) as session:
        row = session.get_one(tables.SourceRow, ident)
        assert (row.site, row.publisher, row.region) == ("临杉市", "临杉市人民政府", "410700")


def test_source_whose_server_asked_for_a_pause_is_refused_until_it_is_over(database: Engine) -> None:
    ident = source_id(database, "linshan")
    for hours, refused in ((1, True), (-1, False)):
        with Session(database) as session, session.begin():
            session.execute(update(tables.SourceRow).values(paused_until=datetime.now(UTC) + timedelta(hours=hours)))
        if refused:
            with pytest.raises(SourcePaused, match="linshan"):
                refuse_if_paused(database, ident)
        else:
            refuse_if_paused(database, ident)


def test_run_that_ended_without_reporting_is_crashed_and_no_other(database: Engine) -> None:
    mine, other = source_id(database, "linshan"), source_id(database, "yunxi")
    done, lost, foreign = (start_run(database, "crawl", source) for source in (mine, mine, other))
    finish_run(database, done.id, "done", "", {"new": 1})
    assert close_crashed_runs(database, "crawl", mine) == 1
    with Session(database) as session:
        found = {row.id: (row.outcome, row.reason) for row in session.scalars(select(tables.RunRow))}
    assert found == {
        done.id: ("done", ""),
        lost.id: ("crashed", "the process ended without reporting (crashed or killed)"),
        foreign.id: ("running", ""),
    }


def test_run_whose_lock_nobody_holds_has_ended_whatever_it_was_a_run_of(database: Engine, tmp_path: Path) -> None:
    alive, dead = start_run(database, "crawl", source_id(database, "linshan")), start_run(database, "import", None)
    with hold(tmp_path, run_lock("crawl", "linshan")):
        assert ended_runs(database, tmp_path) == {dead.id}
        assert close_ended_runs(database, tmp_path) == 1
    with Session(database) as session:
        outcomes = {row.id: row.outcome for row in session.scalars(select(tables.RunRow))}
    assert outcomes == {alive.id: "running", dead.id: "crashed"}
    assert ended_runs(database, tmp_path) == {alive.id}


def test_run_that_fails_says_why_and_what_it_did(database: Engine) -> None:
    run = start_run(database, "import", None)
    with pytest.raises(ValueError, match="no more"), closed_on_error(database, run.id, {"new": 3}):
        raise ValueError("no more")
    with Session(database) as session:
        row = session.get_one(tables.RunRow, run.id)
        assert (row.outcome, row.reason, row.counts) == ("failed", "ValueError: no more", {"new": 3})


def test_asking_whether_a_lock_is_held_stops_nobody(tmp_path: Path) -> None:
    with hold(tmp_path, "import"):
        assert is_held(tmp_path, "import")
    asking = (tmp_path / "import.lock").open("rb")
    fcntl.flock(asking, fcntl.LOCK_SH | fcntl.LOCK_NB)
    Timer(0.02, asking.close).start()
    with hold(tmp_path, "import"):
        assert is_held(tmp_path, "import")


def test_tick_is_taken_once_and_reclaimed_after_a_crash(database: Engine) -> None:
    first = take_tick(database, "crawl", NOW)
    assert first is not None
    assert take_tick(database, "crawl", NOW) is None
    assert reclaim_tick(database, "crawl") == first
    finish_tick(database, first, "done")
    assert reclaim_tick(database, "crawl") is None
    assert last_tick(database, "crawl") == NOW
    assert last_tick(database, "verify") is None
