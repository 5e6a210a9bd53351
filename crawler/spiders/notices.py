"""The one spider: walks the lists of a Source newest first and fetches the notices that the archive lacks; then it revisits."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import NamedTuple, Self

import scrapy
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.failures import evidence_of, failed_state, reason_of, status_of
from crawler.list_page import read_list
from crawler.source import Source
from crawler.spiders.list_walk import Walk, address_of, asked, form_note
from notices.capture import CrawledPage, Listed, ListEntry, ListPage, Revisit
from notices.errors import NoticesError
from notices.page_class import PageClass, class_of
from notices.ports import Ledger

BLOCKED_TO_STOP = 3
"""So many pages in a row for which the site rejects the crawl end the run: it would reject the other pages too."""
OF_THE_SITE = (PageClass.CHALLENGE, PageClass.REFUSED, PageClass.UNAVAILABLE, PageClass.ERROR)
"""Reasons that the site has. The others are of one entry (a log-in, an interstitial page, a column): the other entries may be notices."""
NEW, LISTS, LATER = 10, 0, -10
"""Priorities of requests: new notices, list pages, then what can wait."""
UNREAD_TO_STOP = 3
"""So many failed revisits in a row are the site's failure, not the notices'."""
AT_ONCE = 50
"""Revisits are scheduled in batches, so that a stop or a limit leaves few in the queue."""


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


class NoticeSpider(scrapy.Spider):
    """Driven by a Source; tells its ledger everything it sees. It is the CrawlReport of the steps on the way to the archive.

    `stopping`: why the run ends early; `paused`: seconds for which the server wants to be left alone.
    """

    name = "notices"

    def __init__(self, source: Source, ledger: Ledger, plan: Plan, tell: Callable[[NoticeOutcome], None] | None = None) -> None:
        super().__init__()
        self.source, self.ledger, self.plan, self.tell = source, ledger, plan, tell
        self.rules = source.lists
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []
        self.errors: list[str] = []
        self.walks: list[Walk] = []
        self.asked: set[str] = set()
        self.blocked_in_a_row = 0
        self.unread_in_a_row = 0
        self.stopping: str | None = None
        self.paused: float | None = None
        self.retries: dict[str, Listed] = {}
        self.waiting: Iterator[Request] | None = None
        self._closing: asyncio.Future[None] | None = None

    @classmethod
    def from_crawler(  # Scrapy passes on whatever crawl() was given
        cls, crawler: Crawler, source: Source, ledger: Ledger, plan: Plan, tell: Callable[[NoticeOutcome], None] | None = None
    ) -> Self:
        """Called by Scrapy."""
        spider = super().from_crawler(crawler, source, ledger, plan, tell)
        crawler.signals.connect(spider.go_on, signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """First the entries that an interrupted run left, then every column's first page."""
        try:
            self.retries = {listed.entry.url: listed for listed in self.ledger.retries()}
            pending = self.ledger.pending()
        except Exception as error:  # Scrapy would only log it, and the run would be called done
            self.note_error(error)
            return
        for listed in pending:
            for request in self._detail(listed):
                yield request
        for column in self.source.columns:
            complete = self.ledger.walk_complete(column.url)
            self.walks.append(Walk(column, self.plan.since, may_stop=complete and not self.plan.full))
            yield self._list_request(self.walks[-1], column.url, ())

    def go_on(self) -> None:
        """Once everything new was fetched: what can wait, a batch at a time. Raises DontCloseSpider while there is some.

        A site that cannot be read is not asked for all of them: three failures in a row are the site's, and the others can wait.
        """
        if self.waiting is None:
            self.waiting = self._later_requests()
        requests = list(islice(self.waiting, AT_ONCE if self._answered() else UNREAD_TO_STOP))
        if requests and self.unread_in_a_row >= UNREAD_TO_STOP:
            self.waiting = iter(())
            self.problems.append(
                f"{self.unread_in_a_row} archived notices in a row could not be revisited; the others wait for a later run"
            )
            return
        assert self.crawler.engine is not None
        for request in requests:
            self.crawler.engine.crawl(request)
        if requests:
            raise DontCloseSpider

    def _answered(self) -> bool:
        return any(self.counts[outcome] for outcome in ("lists", "new", "revised", "unchanged", "again_gone"))

    def _later_requests(self) -> Iterator[Request]:
        """The requests that come after everything new: entries that failed in earlier runs, then revisits.

        An archive that cannot name them fails the run: Scrapy only logs what is raised on a signal.
        """
        try:
            revisits = self.ledger.revisits(everything=self.plan.revisit)
        except Exception as error:
            self.note_error(error)
            return
        for listed in self.retries.values():
            yield from self._detail(listed, priority=LATER)
        for revisit in revisits:
            yield from self._detail(revisit.listed, revisit, priority=LATER)

    def _list_request(self, walk: Walk, url: str, others: tuple[str, ...]) -> Request:
        walk.pages.add(url)
        note = {"column": walk.column.url, "column_kind": walk.column.kind or "", **form_note(url)}
        meta = {"kind": "list", "walk": walk, "others": others, "note": note, "address": url}
        return Request(url, self.parse_list, errback=self.list_failed, dont_filter=True, priority=LISTS, meta=meta, **asked(url))

    def parse_list(self, response: Response) -> Iterator[Request]:
        """The entries' requests and the next list page's."""
        walk: Walk = response.meta["walk"]
        self.counts["lists"] += 1
        response = response.replace(url=address_of(response.meta["address"], response.url))
        page = self._read(response, walk)
        fresh = walk.fresh(self._addressed(page, response.url, walk)) if page else []
        if page is None or not fresh:
            yield from self._not_a_page(response, walk, page)
            return
        for listed, known in self._note(walk, fresh):
            yield from self._detail(listed, known=known)
        yield from self._next(response, walk, page)

    def _addressed(self, page: ListPage, url: str, walk: Walk) -> list[ListEntry]:
        """The entries that can be fetched; the others (a link by script, a target that a mirror cut off) are counted."""
        found = walk.addressed(url, page)
        self.counts["without_address"] += len(page.entries) - len(found)
        return found

    def _read(self, response: Response, walk: Walk) -> ListPage | None:
        """The page's entries; None when it is not a list: then the walk knows why."""
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
        if response.status != 200:
            return None
        page = read_list(response.body, response.url, content_type=content_type, rules=self.rules)
        if page.blocked and not page.entries and not page.next_page:
            self.counts["blocked"] += class_of(page.blocked) is not PageClass.EMPTY
            walk.note_unread(response.url, page.blocked)
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

    def _note(self, walk: Walk, entries: list[ListEntry]) -> list[tuple[Listed, bool]]:
        """Note the page in the ledger; return the notices to fetch now, each with whether it is archived already."""
        self.counts["entries"] += len(entries)
        listed = [Listed(entry, walk.column.url, walk.column.kind) for entry in walk.recent(entries)]
        new = self.ledger.note_entries(listed) - self.retries.keys()
        if walk.note_news(bool(new)):
            self.ledger.note_walk(walk.column.url, complete=False)
        now = [each for each in listed if each.entry.url not in self.retries and (self.plan.full or each.entry.url in new)]
        return [(each, each.entry.url not in new) for each in now]

    def _next(self, response: Response, walk: Walk, page: ListPage) -> Iterator[Request]:
        """The next list page, unless the walk ends here."""
        if self._spent():
            return
        if walk.far_enough(page):
            if walk.may_stop:
                self._end(walk, whole=False)  # the deeper pages were walked to their end before
            return
        untried = walk.next_pages(response.body, response.url, page, self.rules)
        if untried:
            yield self._list_request(walk, untried[0], untried[1:])
        else:
            self._end(walk)

    def _end(self, walk: Walk, *, whole: bool = True) -> None:
        """A walk reached its end; `whole`: every list page of the column was seen in this run."""
        if walk.broken:
            self._list_problem(walk.broken)
        elif not walk.since:
            self.ledger.note_walk(walk.column.url, complete=True)
            if whole and walk.entries:
                self.ledger.note_walked(walk.column.url)

    def _spent(self, kind: str = "asked") -> bool:
        return self.stopping is not None or (self.plan.limit is not None and self.counts[kind] >= self.plan.limit)

    def _detail(self, listed: Listed, revisit: Revisit | None = None, *, known: bool = False, priority: int = NEW) -> Iterator[Request]:
        """The request for one notice, once a run and within the limit; a revisit is conditional and comes after all others."""
        url = listed.entry.url
        if url in self.asked or self._spent("asked" if revisit is None else "again"):
            return
        self.asked.add(url)
        # "again" is what revisits are called in the counts that archives store.
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
            priority=priority,
            meta=meta,
        )

    def parse_detail(self, response: Response) -> Sequence[CrawledPage]:
        """Hand the page to the pipeline; its bytes are already kept. (Scrapy reads the source of a generator at every call.)"""
        meta = response.meta
        return (CrawledPage(meta["fetched"], meta["snapshot"], meta["listed"]),)

    async def detail_failed(self, failure: Failure) -> None:
        """Note why a notice could not be fetched."""
        request = _request_of(failure)
        listed: Listed = request.meta["listed"]
        state = failed_state(failure)
        known: bool = request.meta["known"]
        if known:  # the ledger first: it may tell of pages that came before
            self.ledger.note_absence(listed.entry.url, evidence_of(failure), reason_of(failure))
            self.unread_in_a_row = self.unread_in_a_row + 1 if state == "failed" else 0
        else:
            self.ledger.note_failure(listed.entry.url, state, reason_of(failure))
        self.counts[f"again_{state}" if known else state] += 1

    async def list_failed(self, failure: Failure) -> AsyncIterator[Request]:
        """Try another address for a list page that could not be fetched. Only when the site answers 404 to all of them the walk is at its end."""
        request = _request_of(failure)
        walk: Walk = request.meta["walk"]
        others: tuple[str, ...] = request.meta["others"]
        gone = status_of(failure) in (404, 410)
        if not (gone and walk.entries):
            walk.note_unread(request.url, reason_of(failure))
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
        """Count what became of a notice; stop when the site rejects one page after another. A blocked page's reason is "URL: reason"."""
        self.counts[outcome] += 1
        if self.tell is not None:
            self.tell(NoticeOutcome(outcome, title, reason))
        if outcome == "blocked":
            self.blocked_in_a_row += class_of(reason.partition(": ")[2]) in OF_THE_SITE
        else:
            self.blocked_in_a_row = 0
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
        """End the run after the requests under way; `paused` seconds during which the source is left alone."""
        if self.stopping is None:
            self.stopping, self.paused = reason, paused
            assert self.crawler.engine is not None
            self._closing = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason=reason))


def _request_of(failure: Failure) -> Request:
    """The request that failed: Scrapy notes it on the failure that it passes to an errback."""
    request = getattr(failure, "request", None)
    assert isinstance(request, Request)
    return request


def _conditions(revisit: Revisit | None) -> dict[str, str]:
    """Headers that let the server say that nothing has changed."""
    wanted = {"If-None-Match": revisit.etag, "If-Modified-Since": revisit.last_modified} if revisit else {}
    return {name: value for name, value in wanted.items() if value}
