"""Times of pages are China Standard Time, as those of the commands; days and local times stay as they are."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from web.pages import _templates


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (datetime(2026, 11, 27, 18, 26, tzinfo=UTC), "2026-11-28 02:26"),
        ("2026-11-27T18:26:00Z", "2026-11-28 02:26"),
        ("2026-11-27T18:26:00.120000+00:00", "2026-11-28 02:26"),
        (datetime(2026, 11, 27, 18, 26), "2026-11-27 18:26"),
        (date(2026, 11, 27), "2026-11-27"),
        ("2026-11-27", "2026-11-27"),
        (None, ""),
    ],
)
def test_moment_is_shown_in_one_zone(value: object, shown: str) -> None:
    assert _templates().filters["minute"](value) == shown
