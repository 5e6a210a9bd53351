"""A look at a source over the network with the crawl's own manners, archiving nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess

from crawler.settings import STORE, settings_for
from crawler.source import Source
from crawler.spiders.notices import NoticeSpider, Plan
from notices.capture import Capture, CrawledPage, Listed
from notices.config import Config


@dataclass(slots=True)
class Preview:
    """What a look found: first list pages, their entries, one notice's page and the problems. A Ledger that keeps nothing."""

    hosts: Collection[str]
    lists: list[Capture] = field(default_factory=list)
    entries: list[Listed] = field(default_factory=list)
    pages: list[CrawledPage] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    fatal: Exception | None = None

    def keep(self, fetched: Capture) -> int:
        """Remember a list page."""
        if fetched.kind == "list":
            self.lists.append(fetched)
        return 0

    def note_entries(self, entries: Sequence[Listed]) -> set[str]:
        """Remember the entries; all are new."""
        self.entries.extend(entries)
        return {e.entry.url for e in entries}

    def pending(self) -> list[Listed]:
        """Nothing is left over from earlier looks."""
        return []

    def walk_complete(self, column_url: str) -> bool:
        """Never: a look has no memory."""
        return False

    def note_walk(self, column_url: str, *, complete: bool) -> None:
        """Nothing to note."""

    def note_failure(self, url: str, state: str, reason: str) -> None:
        """Remember why the notice could not be had."""
        self.problems.append(f"{url}: {state}: {reason}")

    def known_hosts(self) -> Collection[str]:
        """Hosts that the source may be fetched from."""
        return self.hosts

    def finish(self, outcome: str, reason: str, counts: Mapping[str, int]) -> None:
        """Nothing to close."""


def look(source: Source, config: Config) -> Preview:
    """Fetch each column's first list page and one notice. Runs Scrapy, so once in a process."""
    preview = Preview(source.all_hosts())
    settings = settings_for(source, config)
    settings["ITEM_PIPELINES"] = {STORE: None}
    process = AsyncCrawlerProcess(settings=settings)
    crawler = process.create_crawler(NoticeSpider)

    def scraped(item: CrawledPage) -> None:
        preview.pages.append(item)

    def closed(spider: NoticeSpider) -> None:
        preview.problems.extend([*spider.problems, *spider.errors])

    def failed(failure: Any, spider: NoticeSpider) -> None:
        spider.errors.append(f"{failure.type.__name__}: {failure.value}"[:300])

    crawler.signals.connect(scraped, signals.item_scraped)
    crawler.signals.connect(closed, signals.spider_closed)
    crawler.signals.connect(failed, signals.spider_error)
    process.crawl(crawler, source=source, ledger=preview, plan=Plan(limit=1))
    process.start()
    return preview
