"""Hours of the day in which no crawl begins."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.hours import Span, held_until, read_spans


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 26, hour, minute, 17, tzinfo=UTC) - timedelta(hours=8)


def ends(text: str, moment: datetime) -> str | None:
    end = held_until(read_spans(text), moment)
    return f"{end:%d %H:%M}" if end else None


def test_spans_end_where_they_say_also_past_midnight() -> None:
    assert ends("08:00-09:30", at(8)) == ends("08:00-09:30", at(9, 29)) == "26 09:30"
    assert ends("08:00-09:30", at(9, 30)) is None
    assert ends("23:00-01:00", at(23, 30)) == "27 01:00"
    assert ends("22:00-24:00，0:00-6:00", at(22, 5)) == "27 06:00"
    assert ends("", at(3)) is None


@pytest.mark.parametrize("text", ["8-9", "08:00-08:00", "25:00-26:00", "00:00-24:00", "12:00-00:00 00:00-12:00", "morning", "08:00-24:30"])
def test_what_is_no_span_or_leaves_no_hour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"span|whole day"):
        read_spans(text)


@given(
    st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda s: s[0] != s[1] % 1440), max_size=4), st.integers(0, 1439)
)
def test_hold_is_as_long_as_a_brute_force_says(pairs: list[tuple[int, int]], minute: int) -> None:
    spans = [Span(*pair) for pair in pairs]
    black = {m % 1440 for begin, end in spans for m in range(begin, end if end > begin else end + 1440)}
    if len(black) == 1440:
        return
    held = next(n for n in range(1441) if (minute + n) % 1440 not in black)
    end = held_until(tuple(spans), at(minute // 60, minute % 60))
    assert (end is None) == (held == 0)
    if end is not None:
        assert end == at(minute // 60, minute % 60).replace(second=0) + timedelta(minutes=held)
