"""Ranges of days as beginnings of their digits."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from index.query.values import day_prefixes

DAYS = st.dates(date(1990, 1, 1), date(2040, 12, 31))


@given(DAYS, DAYS, DAYS)
def test_exactly_the_days_of_the_range_begin_so(one: date, other: date, day: date) -> None:
    since, until = sorted((one, other))
    assert (since <= day <= until) == f"{day:%Y%m%d}".startswith(day_prefixes(since, until))
    assert (day <= until) == f"{day:%Y%m%d}".startswith(day_prefixes(None, until))
    assert (since <= day) == f"{day:%Y%m%d}".startswith(day_prefixes(since, None))


@given(DAYS, st.integers(0, 4000))
def test_they_are_few(since: date, length: int) -> None:
    assert len(day_prefixes(since, since + timedelta(days=length))) <= 60
    assert day_prefixes(date(2026, 1, 1), date(2025, 1, 1)) == ()
