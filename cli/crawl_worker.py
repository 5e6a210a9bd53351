"""One run of one source in its own process: `python -m cli.crawl_worker SOURCE`, started by `notices crawl` and the scheduler."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date
from typing import Any

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess

from crawler.settings import settings_for
from crawler.source import Source, find_source
from crawler.spiders.notices import NoticeSpider, Plan
from notices.config import Config, load_config
from notices.errors import NoticesError, OperatorError, SourceError
from pipeline.ledger import CrawlLedger, earlier_payload
from pipeline.recovery import recover
from pipeline.scrapy_steps import stop_for
from pipeline.sql.database import open_database
from pipeline.sql.locks import hold
from pipeline.sql.runs import close_crashed_runs, refuse_if_paused, source_id, start_run
from pipeline.warc.series import SnapshotWriter

_FEW = 3  # so many dead pages in one run need but one living page beside them; more need as many


def main(argv: Sequence[str] | None = None) -> int:
    """Run it; return the documented exit code."""
    args = _arguments(argv)
    try:
        config = load_config(os.environ)
        source, _path = find_source(args.source, config.sources_dir)
        plan = Plan(full=args.full, since=args.since, limit=args.limit, show=args.show, again=args.again)
        return crawl(source, plan, config)
    except NoticesError as error:
        print(f"notices: {error}", file=sys.stderr)
        return error.exit_code


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("crawl_worker")
    parser.add_argument("source")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--since", type=date.fromisoformat)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--show", action="store_true", help="a line for every notice")
    return parser.parse_args(argv)


def crawl(source: Source, plan: Plan, config: Config) -> int:
    """Crawl one source under its lock; return the exit code."""
    with hold(config.locks_dir, f"crawl-{source.name}"):
        database = open_database(config)
        ident = source_id(database, source.name, site=source.site, publisher=source.publisher, region=source.region)
        close_crashed_runs(database, "crawl", ident)
        refuse_if_paused(database, ident)
        recover(database, config)
        run = start_run(database, "crawl", ident)
        with SnapshotWriter(config.warc_dir, config.warc_max_bytes, previous=earlier_payload(database)) as writer:
            archive = CrawlLedger(database, config, writer, run, hosts=source.all_hosts())
            try:
                spider, reason = _run_scrapy(source, plan, archive, config)
            except BaseException as error:
                archive.finish("failed", f"{type(error).__name__}: {error}", {})
                raise
        outcome, why, code = verdict(spider, archive, reason)
        if spider.paused:
            archive.pause(spider.paused)
        archive.finish(outcome, why, dict(spider.counts), healthy=was_well(spider, code))
        if why:
            print(f"{source.name}: {why}", file=sys.stderr)
        database.dispose()
        return code


def _run_scrapy(source: Source, plan: Plan, archive: CrawlLedger, config: Config) -> tuple[NoticeSpider, str]:
    """Run Scrapy to its end; return the spider and the reason it closed."""
    process = AsyncCrawlerProcess(settings=settings_for(source, config))
    crawler = process.create_crawler(NoticeSpider)
    ended: dict[str, Any] = {}

    def closed(spider: NoticeSpider, reason: str) -> None:
        ended.update(spider=spider, reason=reason)

    def failed(failure: Any, spider: NoticeSpider) -> None:
        if isinstance(failure.value, OperatorError):
            stop_for(spider, archive, failure.value)
        spider.errors.append(f"{failure.type.__name__}: {failure.value}"[:300])

    crawler.signals.connect(closed, signals.spider_closed)
    crawler.signals.connect(failed, signals.spider_error)
    crawler.signals.connect(failed, signals.item_error)
    process.crawl(crawler, source=source, ledger=archive, plan=plan)
    process.start()
    if "spider" not in ended:
        raise SourceError(f"source {source.name}: the crawl did not start; see the log above")
    return ended["spider"], ended["reason"]


def was_well(spider: NoticeSpider, code: int) -> bool:
    """Whether the site was otherwise healthy: only then is a dead page evidence against its notice and not against the site."""
    counts = spider.counts
    answered = counts["new"] + counts["revised"] + counts["unchanged"]
    return code == 0 and counts["lists"] > 0 and answered > 0 and counts["again_gone"] <= max(_FEW, answered)


def verdict(spider: NoticeSpider, archive: CrawlLedger, reason: str) -> tuple[str, str, int]:  # noqa: PLR0911 (a line a way to end)
    """Outcome, reason and exit code of a run, judged by what it did: Scrapy's own exit code is 0 even when all failed."""
    counts = spider.counts
    if archive.fatal is not None:
        return "failed", str(archive.fatal), getattr(archive.fatal, "exit_code", 3)
    if spider.stopping:
        return "partial", spider.stopping, 3
    if spider.errors:
        return "failed", f"{spider.errors[0]} ({len(spider.errors)} such)", 3
    if spider.problems:
        return ("partial" if counts["lists"] else "failed"), "; ".join(spider.problems)[:900], 3
    if counts["failed"] >= 5 and counts["failed"] * 2 > counts["asked"]:
        return "failed", f"{counts['failed']} of {counts['asked']} notices could not be fetched", 3
    if reason == "shutdown":
        return "stopped", "stopped by a signal; the next run goes on", 0
    if reason != "finished":
        return "partial", f"{reason}; the next run goes on", 0
    return "done", "", 0


if __name__ == "__main__":
    sys.exit(main())
