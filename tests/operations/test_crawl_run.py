"""How a run is judged by what the spider saw."""

from __future__ import annotations

import pytest

from crawler.run import CrawlResult
from notices.errors import DiskFull, NoticesError
from operations.crawl_many import CrawlEnd
from operations.crawl_source import site_was_healthy, verdict

FINE = {"lists": 2, "asked": 6, "new": 6}


@pytest.mark.parametrize(
    ("result", "fatal", "end"),
    [
        (CrawlResult("finished", FINE), None, ("done", "", 0)),
        (CrawlResult("shutdown", FINE), None, ("stopped", "stopped by a signal; the next run goes on", 0)),
        (CrawlResult("closespider_pagecount", FINE), None, ("partial", "closespider_pagecount; the next run goes on", 0)),
        (CrawlResult("finished", FINE), DiskFull("no space left"), ("failed", "no space left", 5)),
        (CrawlResult("blocked", FINE, stopped="blocked: soft 404"), None, ("partial", "blocked: soft 404", 3)),
        (CrawlResult("finished", FINE, errors=("KeyError: 'a'", "KeyError: 'b'")), None, ("failed", "KeyError: 'a' (2 such)", 3)),
        (CrawlResult("finished", FINE, problems=("list x: HTTP 500",)), None, ("partial", "list x: HTTP 500", 3)),
        (CrawlResult("finished", {}, problems=("list x: HTTP 500", "list y: HTTP 500")), None, ("failed", "list x: HTTP 500; list y: HTTP 500", 3)),
        (CrawlResult("finished", {"lists": 1, "asked": 9, "failed": 5}), None, ("failed", "5 of 9 notices could not be fetched", 3)),
        (CrawlResult("finished", {"lists": 1, "asked": 10, "failed": 5}), None, ("done", "", 0)),
    ],
)  # fmt: skip
def test_run_is_judged_by_what_it_did(result: CrawlResult, fatal: NoticesError | None, end: tuple[str, str, int]) -> None:
    assert verdict("linshan", result, fatal) == CrawlEnd("linshan", *end)


@pytest.mark.parametrize(
    ("counts", "code", "healthy"),
    [
        ({"lists": 1, "unchanged": 1}, 0, True),
        ({"lists": 1, "unchanged": 1}, 3, False),
        ({"lists": 0, "unchanged": 1}, 0, False),
        ({"lists": 1, "again_gone": 1}, 0, False),
        ({"lists": 1, "unchanged": 1, "again_gone": 3}, 0, True),
        ({"lists": 1, "unchanged": 1, "again_gone": 4}, 0, False),
        ({"lists": 1, "unchanged": 4, "again_gone": 4}, 0, True),
    ],
)
def test_dead_page_is_evidence_only_beside_living_ones(counts: dict[str, int], code: int, healthy: bool) -> None:
    assert site_was_healthy(counts, code) is healthy
