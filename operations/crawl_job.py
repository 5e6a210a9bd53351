"""The order of a crawl worker and the lines of its answer, each one JSON object."""

from __future__ import annotations

from datetime import date

import msgspec


class CrawlOrder(msgspec.Struct, frozen=True):
    """One run of one source, by the name or the file that finds it. `report`: a line for every notice. `log`: how its log is written."""

    source: str
    full: bool = False
    since: date | None = None
    limit: int | None = None
    revisit: bool = False
    report: bool = False
    log: str = "plain"


class NoticeLine(msgspec.Struct, frozen=True, tag="notice"):
    """What became of one notice."""

    outcome: str
    title: str
    reason: str = ""


class CrawlEnd(msgspec.Struct, frozen=True, tag="end"):
    """How a run ended: the outcome of its row, or None when none was begun; why, unless all went well; the documented exit code."""

    source: str
    outcome: str | None
    reason: str
    exit_code: int


Line = NoticeLine | CrawlEnd
