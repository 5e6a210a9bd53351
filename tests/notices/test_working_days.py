"""Working days follow the State Council's arrangement where it is known, and weekdays where it is not."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from notices.config import load_config
from notices.errors import ConfigError
from notices.hours import ZONE
from notices.reference.working_days import OnWorkingDays, on_working_days, read_days, working_days


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-10-01", False), ("2026-10-07", False), ("2026-10-08", True), ("2026-10-10", True), ("2026-10-11", False), ("2026-02-14", True),
        ("2026-02-23", False), ("2026-03-02", True), ("2026-03-07", False), ("2027-10-01", True), ("2027-10-02", False),
    ],
)  # fmt: skip
def test_holidays_and_worked_weekends(day: str, works: bool) -> None:
    assert working_days().includes(date.fromisoformat(day)) == works


def test_settings_name_the_days_of_later_years() -> None:
    days = working_days("2027-10-01..2027-10-07", "2027-10-09")
    assert [days.includes(date(2027, 10, n)) for n in (1, 7, 8, 9, 10)] == [False, False, True, True, False]
    assert days.knows(2027)
    assert not working_days().knows(2027)
    assert load_config({"NOTICES_HOME": "/nowhere", "NOTICES_DAYS_OFF": "2027-01-01"}).days_off == "2027-01-01"


@pytest.mark.parametrize("text", ["2027-13-01", "2027-02-05..2027-02-01", "2027-01-01..2027-12-31", "春节"])
def test_what_is_no_day_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(ValueError, match="span"):
        list(read_days(text))
    with pytest.raises(ConfigError, match="DAYS_OFF"):
        load_config({"NOTICES_HOME": "/nowhere", "NOTICES_DAYS_OFF": text})


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-09-30T08:29", "2026-09-30T08:30"), ("2026-09-30T08:30", "2026-10-08T08:30"), ("2026-10-09T12:00", "2026-10-10T08:30"),
        ("2026-10-10T12:00", "2026-10-12T08:30"),
    ],
)  # fmt: skip
def test_digest_waits_for_the_next_working_day(now: str, due: str) -> None:
    rule = on_working_days("@workdays 08:30", working_days())
    assert isinstance(rule, OnWorkingDays)
    assert rule.next_after(at(now)) == rule.next_after(at(now).astimezone(UTC)) == at(due)


def test_only_texts_that_begin_so_are_read() -> None:
    assert on_working_days("30 8 * * *", working_days()) is None
    for text in ("@workdays", "@workdays 24:00", "@daily", "@workdays 8:30"):
        with pytest.raises(ValueError, match="08:30"):
            on_working_days(text, working_days())
