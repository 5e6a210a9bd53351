"""Cron lines mean what cron means by them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.cron import CronLine
from notices.hours import ZONE


def local(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("line", "moment", "due"),
    [
        ("0 8 * * 1", local(11, 26), local(11, 30, 8)),  # 1 is Monday
        ("0 8 * * 0", local(11, 26), local(11, 29, 8)),
        ("0 8 * * 7", local(11, 26), local(11, 29, 8)),
        ("0 8 13 * fri", local(11, 1), local(11, 6, 8)),  # either of the two
        ("0 8 13 * fri", local(12, 12), local(12, 13, 8)),
        ("*/20 9-10 * * *", local(11, 26, 9, 40), local(11, 26, 10)),
        ("30 8 * * mon-fri", local(11, 27, 8, 30), local(11, 30, 8, 30)),
        ("0 0 29 2 *", local(11, 26), datetime(2028, 2, 29, tzinfo=ZONE)),
    ],
)
def test_next_moment(line: str, moment: datetime, due: datetime) -> None:
    assert CronLine(line).next_after(moment) == due


@pytest.mark.parametrize(
    "line", ["0 0 31 2 *", "0 0 30 feb *", "61 * * * *", "* * * *", "0 0 * * * *", "", "x 0 * * *", "0 0 * * fri-mon", "@daily"]
)
def test_line_that_cron_would_not_run_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        CronLine(line)


@given(
    st.sampled_from(["30 8 * * *", "0 */6 * * *", "5 4 1,15 * *", "0 8 13 * fri", "0 0 1 1 *"]),
    st.integers(0, 366 * 24 * 3600).map(lambda s: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=s)),
)
def test_last_and_next_are_neighbours(text: str, moment: datetime) -> None:
    line = CronLine(text)
    last, following = line.last_until(moment), line.next_after(moment)
    assert last <= moment < following
    assert line.next_after(last) == following
    assert line.last_until(last) == last
