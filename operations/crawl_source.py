"""One run of one source on the archive: recover, crawl, judge."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack

from crawler.run import CrawlResult, Reporting, run_spider
from crawler.source import Source
from crawler.spiders.notices import NoticeOutcome, Plan
from notices.archive_id import refuse_if_following
from notices.config import Config
from notices.errors import NoticesError
from operations.crawl_many import CrawlEnd
from operations.host_turns import host_names, turn
from operations.log_lines import lines_of_run
from pipeline.ledger import CrawlLedger
from pipeline.recovery import recover
from pipeline.snapshots import earlier_payload
from pipeline.sql.database import open_database
from pipeline.sql.locks import hold
from pipeline.sql.postgresql import BACKEND, alone_at
from pipeline.sql.runs import close_crashed_runs, refuse_if_paused, run_lock, source_id, start_run
from pipeline.warc.series import SnapshotWriter

log = logging.getLogger("operations.crawl_run")  # the name that logs have had

GRACE = 900  # seconds after its time is over in which a run may finish its last page
_FEW = 3  # up to so many dead pages need one other page that answers; more of them need as many pages that answer


def crawl_source(source: Source, plan: Plan, config: Config, tell: Callable[[NoticeOutcome], None] | None = None) -> CrawlEnd:
    """Crawl one source under its lock: recover, crawl, judge. Raises ArchiveLocked, SourcePaused and other NoticesError."""
    refuse_if_following(config.state_paths().following)
    longest = config.max_minutes_per_run * 60 + GRACE
    with hold(config.locks_dir, run_lock("crawl", source.name)), turn(config.locks_dir, source, longest), ExitStack() as alone:
        database = open_database(config)
        if database.dialect.name == BACKEND:  # workers may have homes of their own
            alone.enter_context(alone_at(database, host_names(source), longest))
        ident = source_id(database, source.name, site=source.site, publisher=source.publisher, region=source.region)
        close_crashed_runs(database, "crawl", ident)
        refuse_if_paused(database, ident)
        recover(database, config)
        run = start_run(database, "crawl", ident)
        log.info("run %d of %s began", run.id, source.name)
        with lines_of_run(run.id), SnapshotWriter(config.warc_dir, config.warc_max_bytes, previous=earlier_payload(database)) as writer:
            ledger = CrawlLedger(database, config, writer, run, hosts=source.all_hosts())
            ledger.backfill = plan.full
            try:
                result = run_spider(source, ledger, plan, config, Reporting(tell))
            except BaseException as error:
                ledger.finish("failed", f"{type(error).__name__}: {error}", {})
                raise
        end = verdict(source.name, result, ledger.fatal)
        if result.paused:
            ledger.pause(result.paused)
        healthy = site_was_healthy(result.counts, end.exit_code)
        ledger.finish(end.outcome or "", end.reason, result.counts, healthy=healthy, columns=result.columns)
        log.info("run %d of %s: %s %s", run.id, source.name, end.outcome, end.reason)
        database.dispose()
        return end


def site_was_healthy(counts: Mapping[str, int], code: int) -> bool:
    """Whether the site was otherwise healthy: only then is a dead page evidence against its notice and not against the site."""
    answered = sum(counts.get(outcome, 0) for outcome in ("new", "revised", "unchanged"))
    return code == 0 and counts.get("lists", 0) > 0 and answered > 0 and counts.get("again_gone", 0) <= max(_FEW, answered)


def verdict(source: str, result: CrawlResult, fatal: NoticesError | None) -> CrawlEnd:  # noqa: PLR0911 (a line a way to end)
    """How a run ended, judged by what it did: Scrapy's own exit code is 0 even when every request failed."""
    failed, asked = result.counts.get("failed", 0), result.counts.get("asked", 0)
    if fatal is not None:
        return CrawlEnd(source, "failed", str(fatal), fatal.exit_code)
    if result.stopped:
        return CrawlEnd(source, "partial", result.stopped, 3)
    if result.errors:
        return CrawlEnd(source, "failed", f"{result.errors[0]} ({len(result.errors)} such)", 3)
    if result.problems:
        return CrawlEnd(source, "partial" if result.counts.get("lists") else "failed", "; ".join(result.problems)[:900], 3)
    if failed >= 5 and failed * 2 > asked:
        return CrawlEnd(source, "failed", f"{failed} of {asked} notices could not be fetched", 3)
    if result.closed == "shutdown":
        return CrawlEnd(source, "stopped", "stopped by a signal; the next run goes on", 0)
    if result.closed != "finished":
        return CrawlEnd(source, "partial", f"{result.closed}; the next run goes on", 0)
    return CrawlEnd(source, "done", "", 0)
