"""The one spider: walks the lists of a Source newest first and fetches the notices that the archive lacks."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, NamedTuple, Self

import scrapy
from scrapy import Request, signals
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response

from crawler.failures import evidence_of, failed_state, reason_of, status_of
from crawler.list_page import next_candidates, read_list
from crawler.source import Column, Source
from notices.capture import CrawledPage, Listed, ListEntry, ListPage, Revisit
from notices.errors import NoticesError
from notices.ports import Ledger
from notices.urls import is_address

KNOWN_PAGES_TO_STOP = 2
BLOCKED_TO_STOP = 3
UNREAD_TO_STOP = 3
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run was asked to do. `limit` counts notices; `since` is a date of the list; `revisit`: every archived notice, due or not.

    Without `archive` the pages are handed back in the result instead of being stored.
    """

    full: bool = False
    since: date | None = None
    limit: int | None = None
    revisit: bool = False
    archive: bool = True


class NoticeOutcome(NamedTuple):
    """What became of one notice: new, revised, unchanged, blocked …"""

    outcome: str
    title: str
    reason: str


@dataclass(slots=True)
class Walk:
    """The state of walking one column: pages and entries seen, pages in a row that held nothing new, an address that failed meanwhile."""

    column: Column
    may_stop: bool
    pages: set[str] = field(default_factory=set)
    entries: set[str] = field(default_factory=set)
    known_in_a_row: int = 0
    began: bool = False
    broken: str = ""


class NoticeSpider(scrapy.Spider):
    """Driven by a Source; tells its ledger everything it sees."""

    name = "notices"

    def __init__(
        self, source: Source, ledger: Ledger, plan: Plan, tell: Callable[[NoticeOutcome], None] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.tell = tell
        self.source, self.ledger, self.plan = source, ledger, plan
        self.rules = source.lists.rules()
        self.backoff = max(0.05, min(source.delay, 5.0))
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []
        self.errors: list[str] = []
        self.asked: set[str] = set()
        self.blocked_in_a_row = 0
        self.unread_in_a_row = 0
        self.stopping: str | None = None
        self.paused: float | None = None
        self.revisits: Iterator[Request] | None = None
        self._closing: asyncio.Future[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Any, *args: Any, **kwargs: Any) -> Self:
        """Made by Scrapy."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.revisit, signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """First what earlier runs left over, then every column's first page."""
        for listed in self.ledger.pending():
            for request in self._detail(listed):
                yield request
        for column in self.source.columns:
            walk = Walk(column, may_stop=not self.plan.full and self.ledger.walk_complete(column.url))
            yield self._list_request(walk, column.url, ())

    def revisit(self) -> None:
        """Once everything new was fetched: the revisits, a batch at a time. Raises DontCloseSpider while there are some.

        A site that cannot be read is not asked for all of them: three failures in a row are the site's, and the others can wait.
        """
        if self.revisits is None:
            self.revisits = self._revisit_requests()
        engine: Any = self.crawler.engine
        requests = list(islice(self.revisits, AT_ONCE if self._answered() else UNREAD_TO_STOP))
        if requests and self.unread_in_a_row >= UNREAD_TO_STOP:
            self.revisits = iter(())
            self.problems.append(
                f"{self.unread_in_a_row} archived notices in a row could not be revisited; the others wait for a later run"
            )
            return
        for request in requests:
            engine.crawl(request)
        if requests:
            raise DontCloseSpider

    def _answered(self) -> bool:
        return any(self.counts[outcome] for outcome in ("lists", "new", "revised", "unchanged", "again_gone"))

    def _revisit_requests(self) -> Iterator[Request]:
        """The requests of all revisits. An archive that cannot name them fails the run: Scrapy only logs what is raised on a signal."""
        try:
            revisits = self.ledger.revisits(everything=self.plan.revisit)
        except Exception as error:
            self.note_error(error)
            return
        for revisit in revisits:
            yield from self._detail(revisit.listed, revisit)

    def _list_request(self, walk: Walk, url: str, others: tuple[str, ...]) -> Request:
        walk.pages.add(url)
        return Request(
            url, self.parse_list, errback=self.list_failed, dont_filter=True, meta={"kind": "list", "walk": walk, "others": others}
        )

    def parse_list(self, response: Response) -> Iterator[Request]:
        """The entries' requests and the next list page's."""
        walk: Walk = response.meta["walk"]
        self.counts["lists"] += 1
        page = self._read(response, walk)
        fresh = [e for e in self._addressed(page) if e.url not in walk.entries] if page else []
        if page is None or not fresh:
            yield from self._not_a_page(response, walk, page)
            return
        walk.entries.update(e.url for e in fresh)
        walk.broken = ""  # another address had the page
        for listed, known in self._note(walk, [Listed(e, walk.column.url, walk.column.kind) for e in fresh]):
            yield from self._detail(listed, known=known)
        yield from self._next(response, walk, page)

    def _addressed(self, page: ListPage) -> list[ListEntry]:
        """The entries that can be fetched; others (a link by script, a target that was cut) are counted."""
        found = [e for e in page.entries if is_address(e.url)]
        self.counts["without_address"] += len(page.entries) - len(found)
        return found

    def _read(self, response: Response, walk: Walk) -> ListPage | None:
        """The page's entries; None when it is no list at all: then the walk knows why."""
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
        if response.status != 200:
            return None
        page = read_list(response.body, response.url, content_type=content_type, rules=self.rules)
        if page.blocked and not page.entries and not page.next_page:
            self.counts["blocked"] += page.blocked != "empty"
            walk.broken = walk.broken or f"list {response.url}: {page.blocked}"
            return None
        return page

    def _not_a_page(self, response: Response, walk: Walk, page: ListPage | None) -> Iterator[Request]:
        """A first page without entries is a problem; a later one tries the other addresses, then ends the walk."""
        others: tuple[str, ...] = response.meta["others"]
        if page is not None and not page.entries and page.next_page and page.next_page not in walk.pages:
            others = (page.next_page, *others)  # a column page that shows nothing itself but names the answer that does
        if others:
            yield self._list_request(walk, others[0], others[1:])
        elif walk.broken:
            self._list_problem(walk.broken)
        elif not walk.entries and self.source.expect.min_entries:
            why = f"HTTP {response.status}" if response.status != 200 else "no entries found"
            self.problems.append(f"list {response.url}: {why}")
        elif response.status == 200 or response.status in (404, 410):
            self._end(walk)
        else:
            self.problems.append(f"list {response.url}: HTTP {response.status}")

    def _note(self, walk: Walk, entries: list[Listed]) -> list[tuple[Listed, bool]]:
        """Note the page in the ledger; return what is to be fetched, each with whether it is a known one."""
        self.counts["entries"] += len(entries)
        if self.plan.since:
            entries = [e for e in entries if not e.entry.date or e.entry.date >= self.plan.since]
        new = self.ledger.note_entries(entries)
        walk.known_in_a_row = 0 if new else walk.known_in_a_row + 1
        if new and not walk.began:
            walk.began = True
            self.ledger.note_walk(walk.column.url, complete=False)
        return [(e, e.entry.url not in new) for e in entries if self.plan.full or e.entry.url in new]

    def _next(self, response: Response, walk: Walk, page: ListPage) -> Iterator[Request]:
        """The next page to try: the page's own link first, then the guesses; pages are never asked twice."""
        if self._spent():
            return
        if self._far_enough(walk, page):
            if walk.may_stop:
                self._end(walk, whole=False)  # what lies deeper was walked to its end before
            return
        candidates = [page.next_page] if page.next_page else []
        if not self.rules.next and not self.rules.next_template:
            candidates += next_candidates(response.body, response.url)
        untried = tuple(dict.fromkeys(c for c in candidates if c not in walk.pages))
        if untried:
            yield self._list_request(walk, untried[0], untried[1:])
        else:
            self._end(walk)

    def _far_enough(self, walk: Walk, page: ListPage) -> bool:
        dates = [e.date for e in page.entries if e.date]
        if self.plan.since and dates and max(dates) < self.plan.since:
            return True
        return walk.may_stop and walk.known_in_a_row >= KNOWN_PAGES_TO_STOP

    def _end(self, walk: Walk, *, whole: bool = True) -> None:
        """A walk reached its end; `whole`: every list page of the column was seen in this run."""
        if not self.plan.since:
            self.ledger.note_walk(walk.column.url, complete=True)
            if whole and walk.entries:
                self.ledger.note_walked(walk.column.url)

    def _spent(self, kind: str = "asked") -> bool:
        return self.stopping is not None or (self.plan.limit is not None and self.counts[kind] >= self.plan.limit)

    def _detail(self, listed: Listed, revisit: Revisit | None = None, *, known: bool = False) -> Iterator[Request]:
        """The request for one notice, once a run and within the limit; a revisit is conditional and comes after all others."""
        url = listed.entry.url
        if url in self.asked or self._spent("asked" if revisit is None else "again"):
            return
        self.asked.add(url)
        self.counts["asked" if revisit is None else "again"] += 1
        meta = {
            "kind": "detail",
            "listed": listed,
            "known": known or revisit is not None,
            "handle_httpstatus_list": [304] if revisit else [],
        }
        yield Request(
            url,
            self.parse_detail,
            errback=self.detail_failed,
            headers=_conditions(revisit),
            dont_filter=True,
            priority=10 if revisit is None else -10,
            meta=meta,
        )

    def parse_detail(self, response: Response) -> Iterator[CrawledPage]:
        """Hand the page to the pipeline; its bytes are already kept."""
        meta = response.meta
        yield CrawledPage(meta["fetched"], meta["snapshot"], meta["listed"])

    async def detail_failed(self, failure: Any) -> None:
        """Note why a notice could not be had."""
        listed: Listed = failure.request.meta["listed"]
        state = failed_state(failure)
        known: bool = failure.request.meta["known"]
        self.counts[f"again_{state}" if known else state] += 1
        if known:
            self.unread_in_a_row = self.unread_in_a_row + 1 if state == "failed" else 0
            self.ledger.note_absence(listed.entry.url, evidence_of(failure), reason_of(failure))
        else:
            self.ledger.note_failure(listed.entry.url, state, reason_of(failure))

    async def list_failed(self, failure: Any) -> AsyncIterator[Request]:
        """Try another address for a list page that could not be had. Only a site that says of all of them "not here" ends the walk."""
        walk: Walk = failure.request.meta["walk"]
        others: tuple[str, ...] = failure.request.meta["others"]
        gone = status_of(failure) in (404, 410)
        if not (gone and walk.entries):
            walk.broken = walk.broken or f"list {failure.request.url}: {reason_of(failure)}"
        if others:
            yield self._list_request(walk, others[0], others[1:])
        elif walk.broken:
            self._list_problem(walk.broken)
        else:
            self._end(walk)

    def _list_problem(self, problem: str) -> None:
        self.counts["lists_failed"] += 1
        self.problems.append(problem)

    def note_outcome(self, outcome: str, title: str, reason: str = "") -> None:
        """Count what became of a notice (told by the pipeline); stop when the site keeps turning us away."""
        self.counts[outcome] += 1
        if self.tell is not None:
            self.tell(NoticeOutcome(outcome, title, reason))
        self.blocked_in_a_row = self.blocked_in_a_row + 1 if outcome == "blocked" else 0
        self.unread_in_a_row = 0
        if self.blocked_in_a_row >= BLOCKED_TO_STOP:
            self.stop(f"blocked: {reason}")

    def note_error(self, error: BaseException) -> None:
        """Note an exception of our own code: the run has failed, whatever else it does."""
        self.errors.append(f"{type(error).__name__}: {error}"[:300])

    def fail(self, error: NoticesError) -> None:
        """End the run because the archive itself cannot be written."""
        self.ledger.fatal = self.ledger.fatal or error
        self.stop(f"{type(error).__name__}: {error}")

    def stop(self, reason: str, paused: float | None = None) -> None:
        """End the run after what is under way; `paused` seconds during which the source is left alone."""
        if self.stopping is None:
            self.stopping, self.paused = reason, paused
            engine: Any = self.crawler.engine
            self._closing = asyncio.ensure_future(engine.close_spider_async(reason=reason))


def _conditions(revisit: Revisit | None) -> dict[str, str]:
    """Headers that let the server say that nothing has changed."""
    wanted = {"If-None-Match": revisit.etag, "If-Modified-Since": revisit.last_modified} if revisit else {}
    return {name: value for name, value in wanted.items() if value}
