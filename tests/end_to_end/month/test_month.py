"""A month of an archive that runs by itself: every tick accounted for, every change told exactly once, none invented, no false alarm."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conftest import Figure
from tests.end_to_end.month.living import TO, Living, living, morning, noon
from tests.end_to_end.month.script import Change, Event, Notice, written

pytestmark = pytest.mark.month
SEED = 20270301
DAYS, KILLS = 30, 20
SET_BACK, SET_FORWARD = 10, 20  # after the noons of these days the clock is set by a day, and right again the next time
TAIL = (31, 33, 37, 41, 45, 52, 60)  # days after the month on which the machine is on: what it saw go must be confirmed


@pytest.mark.timeout(3600)
def test_month_of_a_healthy_archive(tmp_path: Path) -> None:
    with living(tmp_path, written(DAYS, SEED)) as archive:
        for day in range(1, DAYS + 1):
            archive.publish(day)
            archive.live(morning(day))
            archive.live(noon(day))
        assert_well(archive)
        live_tail(archive)
        assert_told(archive)


@pytest.mark.timeout(3600)
def test_month_of_kills_and_of_a_clock_that_is_set(tmp_path: Path, figure: Figure) -> None:
    chance = random.Random(SEED)
    killed = set(chance.sample([(day, half) for day in range(1, DAYS + 1) for half in (morning, noon)], KILLS))
    with living(tmp_path, written(DAYS, SEED)) as archive:
        for day in range(1, DAYS + 1):
            archive.publish(day)
            for half in (morning, noon):
                archive.live(half(day), chance if (day, half) in killed else None)
            if day == SET_BACK:
                archive.live(noon(day - 1) + timedelta(minutes=40))
            if day == SET_FORWARD:
                archive.live(noon(day + 1))
                archive.live(noon(day) + timedelta(minutes=40))
        live_tail(archive)
        assert_told(archive)
        assert_whole(archive)
        kinds = Counter(each.split()[0] for each in archive.killed)
    assert kinds.total() == KILLS
    figure(
        f"kill -9 in a month of scheduled work ({', '.join(f'{n} {kind}' for kind, n in sorted(kinds.items()))}), the clock set back and forward by a day",
        KILLS,
        "changes, hits and messages as in the month without: lost 0, twice 0, invented 0; ticks left open 0",
    )


def live_tail(archive: Living) -> None:
    """Days after the month: what went in it must be confirmed. Between them the machine is off."""
    for day in TAIL:
        archive.publish(day)
        archive.live(morning(day))
        archive.live(noon(day))


def changes_of(script: list[Notice]) -> Counter[Change]:
    return Counter(change for notice in script for change in notice.changes())


def events_of(script: list[Notice]) -> Counter[Event]:
    return Counter(event for notice in script for event in notice.events())


def assert_well(archive: Living) -> None:
    """Every tick that was due was done and done well, each day had its checkpoint and its report, and nobody was alarmed."""
    rows = archive.home.rows("select job, outcome from tick where outcome != 'exit 0'")
    assert rows == []
    extra = archive.machine.done() - archive.awaited
    assert archive.awaited <= archive.machine.done()
    assert {job for job, _due in extra} <= {"report"}  # a half hour may pass while the work of a moment is done
    reports = archive.reported()
    assert [watch for watch, _subject in reports] == ["(archive)"] * DAYS
    assert archive.silences() == []
    assert all("all 3 sources are well" in subject for _watch, subject in reports)
    assert archive.home.rows("select count(distinct date(made_at, '+8 hours')) from checkpoint") == [(DAYS,)]


def assert_whole(archive: Living) -> None:
    """Every tick is accounted for, no day was reported twice, and bytes, rows and index agree."""
    assert archive.awaited <= archive.machine.done()
    days = [subject.split(":")[0] for watch, subject in archive.reported() if watch == "(archive)"]
    assert len(days) == len(set(days)) >= DAYS
    assert archive.home.rows("select count(*) from outbox") == [(0,)]
    assert archive.home.rows("select count(*) from run where outcome = 'running'") == [(0,)]
    archive.home.run("verify")
    assert archive.home.search("临政发")["total"] == len(archive.script)


def assert_told(archive: Living) -> None:
    """The change log, the hits, the messages, the feed and the calendar say what the script says, each thing once."""
    script = archive.script
    assert archive.changes() == changes_of(script)
    seqs = [seq for (seq,) in archive.home.rows("select seq from change order by seq")]
    assert seqs == list(range(1, len(seqs) + 1))
    expected = events_of(script)
    assert archive.hits() == expected + _of_nobody(expected)
    assert archive.printed() == _of_nobody(expected)
    assert archive.posted() == Counter(_told(expected, "hook"))
    assert archive.mailed() == Counter((event, key) for _watch, event, key in _told(expected, "mail"))
    assert archive.home.rows("select count(*) from delivery where state != 'sent'") == [(0,)]
    told = archive.home.rows("select seq from change where not baseline order by seq")
    assert archive.feed() == {seq for (seq,) in told}
    assert archive.deadlines() == Counter((notice.key, f"{notice.closes}T17:00:00") for notice in script)


def _of_nobody(expected: Counter[Event]) -> Counter[Event]:
    return Counter({("无人", event, key, revision): n for (watch, event, key, revision), n in expected.items() if watch == "停水"})


def _told(expected: Counter[Event], channel: str) -> list[tuple[str, str, str]]:
    return [(watch, event, key) for watch, event, key, _revision in expected.elements() if channel in TO[watch]]
