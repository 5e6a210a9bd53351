"""What the crawl owes to others: robots.txt, Retry-After."""

from datetime import UTC, datetime

import pytest

from crawler.http.middlewares import retry_after
from crawler.http.robots import rules_of

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


def test_missing_robots_means_no_rules_and_a_failing_server_none_allowed() -> None:
    rules = b"User-agent: *\nDisallow: /private\n"
    assert rules_of(200, rules) == rules
    assert rules_of(404, b"gone") == b""
    assert rules_of(200, b"<!DOCTYPE html><html>not found</html>") == b""
    assert b"Disallow: /\n" in rules_of(503, b"")
