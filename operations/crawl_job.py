"""The order of a crawl worker and the lines of its answer, each one JSON object."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec


class CrawlOrder(msgspec.Struct, frozen=True):
    """One run of one source, by the name or the file that finds it. `report`: a line for every notice. `log`: how its log is written.

    `settle`: what follows a crawl is done by its worker too, which has loaded what that takes.
    """

    source: str
    full: bool = False
    since: date | None = None
    limit: int | None = None
    revisit: bool = False
    report: bool = False
    log: str = "plain"
    settle: bool = False


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


class LastRun(msgspec.Struct, frozen=True):
    """The newest run of a source and what it counted."""

    source: str
    outcome: str
    counts: Mapping[str, int]


class Settled(msgspec.Struct, frozen=True, tag="settled"):
    """What followed the crawls: how many notices were written to the index, and the newest run of each source that has one.

    `waiting`: why the index must wait, when another run is at it or its cluster is away (`exit_code` 7).
    """

    indexed: int
    runs: tuple[LastRun, ...] = ()
    waiting: str = ""
    exit_code: int = 0


class Crawled(msgspec.Struct, frozen=True):
    """How runs ended, in order, without those that were not begun; and what followed them."""

    ends: tuple[CrawlEnd, ...]
    settled: Settled


Line = NoticeLine | CrawlEnd | Settled
