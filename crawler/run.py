"""The one place that starts Scrapy: one source, once in a process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess
from twisted.python.failure import Failure

from crawler.settings import STORE, settings_for
from crawler.source import Source
from crawler.spiders.notices import NoticeOutcome, NoticeSpider, Plan
from notices.capture import ColumnYield, CrawledPage
from notices.config import Config
from notices.errors import OperatorError, SourceError
from notices.ports import Ledger
from notices.text.language import _


@dataclass(frozen=True, slots=True)
class CrawlResult:
    """What a crawl came to, as the spider saw it; the archive's side of it is in the ledger.

    `closed`: why Scrapy ended it (finished, shutdown, a limit); `stopped`: why it ended early; `errors`: exceptions of our own code;
    `problems`: lists and pages that could not be read; `pages`: those that nothing stored (Plan.archive is false);
    `columns`: what the lists of each column gave.
    """

    closed: str
    counts: Mapping[str, int]
    stopped: str | None = None
    paused: float | None = None
    errors: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    pages: tuple[CrawledPage, ...] = field(default=(), repr=False)
    columns: tuple[ColumnYield, ...] = ()


class Reporting(NamedTuple):
    """How a crawl reports while it runs: `outcome` is called for every notice; `quiet`: Scrapy's own log is dropped."""

    outcome: Callable[[NoticeOutcome], None] | None = None
    quiet: bool = False


SILENT = Reporting()


def run_spider(source: Source, ledger: Ledger, plan: Plan, config: Config, reporting: Reporting = SILENT) -> CrawlResult:
    """Crawl the source to its end or to the first signal. Raises SourceError when the crawl does not start."""
    settings = settings_for(source, config)
    if not plan.archive:
        settings |= {"ITEM_PIPELINES": {STORE: None}}
    process = _process(settings, reporting)
    crawler = process.create_crawler(NoticeSpider)
    closed: list[str] = []
    pages: list[CrawledPage] = []

    def bound_time(spider: NoticeSpider) -> None:
        why = f"its {config.max_minutes_per_run:g} minutes are over (max_minutes_per_run); the next run goes on"
        asyncio.get_running_loop().call_later(config.max_minutes_per_run * 60, spider.stop, why)

    def note_closed(spider: NoticeSpider, reason: str) -> None:
        closed.append(reason)

    def note_error(failure: Failure, spider: NoticeSpider) -> None:
        if isinstance(failure.value, OperatorError):
            spider.fail(failure.value)
        spider.note_error(failure.value or SourceError(_("an error without a cause")))

    def note_page(item: CrawledPage) -> None:
        if not plan.archive:
            pages.append(item)

    crawler.signals.connect(bound_time, signals.spider_opened)
    crawler.signals.connect(note_closed, signals.spider_closed)
    crawler.signals.connect(note_error, signals.spider_error)
    crawler.signals.connect(note_error, signals.item_error)
    crawler.signals.connect(note_page, signals.item_scraped)
    process.crawl(crawler, source=source, ledger=ledger, plan=plan, tell=reporting.outcome)
    process.start()
    spider = crawler.spider
    if not closed or not isinstance(spider, NoticeSpider):
        raise SourceError(_("source {name}: the crawl did not start; see the log above").format(name=source.name))
    return CrawlResult(
        closed[0],
        dict(spider.counts),
        spider.stopping,
        spider.paused,
        tuple(spider.errors),
        tuple(spider.problems),
        tuple(pages),
        tuple(walk.yielded() for walk in spider.walks if walk.lists),
    )


def _process(settings: dict[str, object], reporting: Reporting) -> AsyncCrawlerProcess:
    """Scrapy's process, logging at our level: by itself it sets its loggers to DEBUG, whatever the level of the root logger is."""
    level = logging.getLogger().getEffectiveLevel()
    logging.disable(level - 1)
    process = AsyncCrawlerProcess(settings=settings)
    if reporting.quiet and level > logging.INFO:
        logging.getLogger("scrapy").setLevel(logging.CRITICAL + 1)
    return process
