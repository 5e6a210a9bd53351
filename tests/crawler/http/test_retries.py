"""Retry-After in both of its forms."""

from datetime import UTC, datetime

import pytest

from crawler.http.retries import retry_after

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"30", 30.0),
        (b" 0 ", 0.0),
        (b"Mon, 23 Nov 2026 08:01:00 GMT", 60.0),
        (b"Mon, 23 Nov 2020 08:01:00 GMT", 0.0),
        (b"315360000", 315360000.0),
        (b"soon", None),
        (b"-5", None),
        (b"", None),
        (None, None),
    ],
)
def test_retry_after_is_read_in_both_forms(value: bytes | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds
