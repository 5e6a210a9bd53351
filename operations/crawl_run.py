"""One run of one source in a process of its own: `python -m operations.crawl_run ORDER`; ORDER and the lines of the answer are JSON."""

from __future__ import annotations

import gc
import logging
import math
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

import msgspec

from crawler.run import CrawlResult, Reporting, run_spider
from crawler.source import Source, find_source
from crawler.spiders.notices import NoticeOutcome, Plan
from notices.archive_id import refuse_if_following
from notices.config import Config, load_config
from notices.errors import NoticesError
from operations.crawl_job import CrawlEnd, CrawlOrder, Line, NoticeLine
from operations.crawl_many import settle
from operations.host_turns import host_names, turn
from operations.log_lines import lines_of_run, log_to_stderr
from pipeline.ledger import CrawlLedger
from pipeline.recovery import recover
from pipeline.snapshots import earlier_payload
from pipeline.sql.database import open_database
from pipeline.sql.locks import hold
from pipeline.sql.postgresql import BACKEND, alone_at
from pipeline.sql.runs import close_crashed_runs, refuse_if_paused, run_lock, source_id, start_run
from pipeline.warc.series import SnapshotWriter

log = logging.getLogger(__name__)

_GRACE = 900  # seconds after its time is over in which a run may finish its last page
_FEW = 3  # up to so many dead pages need one other page that answers; more of them need as many pages that answer


def crawl_source(source: Source, plan: Plan, config: Config, tell: Callable[[NoticeOutcome], None] | None = None) -> CrawlEnd:
    """Crawl one source under its lock: recover, crawl, judge. Raises ArchiveLocked, SourcePaused and other NoticesError."""
    refuse_if_following(config.state_paths().following)
    longest = config.max_minutes_per_run * 60 + _GRACE
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


def main(argv: Sequence[str] | None = None) -> int:
    """Run the order; return the documented exit code, with the reason in the last line of the answer."""
    order = msgspec.json.decode((sys.argv[1:] if argv is None else argv)[0], type=CrawlOrder)
    log_to_stderr(logging.WARNING, order.log)
    log.setLevel(logging.INFO if order.log != "plain" else logging.WARNING)
    source = None
    plan = Plan(full=order.full, since=order.since, limit=order.limit, revisit=order.revisit)
    try:
        config = load_config(os.environ)
        # What no timer of the crawl can end (a reader that loops, a site that is never silent for long) the kernel does; the next run recovers.
        signal.alarm(math.ceil(config.max_minutes_per_run * 60) + _GRACE)
        source, _path = find_source(order.source, config.sources_dir)
        end = crawl_source(source, plan, config, _write_outcome if order.report else None)
    except NoticesError as error:
        end = CrawlEnd(order.source, None, str(error), error.exit_code)
    _write(end)
    if order.settle and source is not None:
        _settle(config, source)
    return end.exit_code


def _settle(config: Config, source: Source) -> None:
    """Do what follows a crawl, and write what that came to. Where that fails, who waits for this process does it again and says why."""
    signal.alarm(0)  # the index may take as long as it needs
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # Scrapy's handler has nothing to stop any more
    try:
        _write(settle(config, [source.name]))
    except NoticesError as error:
        log.info("not settled: %s", error)


def _write_outcome(outcome: NoticeOutcome) -> None:
    _write(NoticeLine(outcome.outcome, outcome.title, outcome.reason))


def _write(line: Line) -> None:
    """Write a line of the answer. A reader that has gone does not matter: the run's row in SQL says the same."""
    try:
        sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


if __name__ == "__main__":
    ended = main()
    gc.freeze()  # the process ends: a last look for garbage would take 0.1 s
    sys.exit(ended)
