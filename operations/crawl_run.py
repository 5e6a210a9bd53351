"""One run of one source in a process of its own: `python -m operations.crawl_run ORDER`; ORDER and the lines of the answer are JSON."""

from __future__ import annotations

import gc
import logging
import math
import os
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from crawler.source import Source, find_source
from notices.config import Config, load_config
from notices.errors import NoticesError
from operations.crawl_many import CrawlEnd, CrawlOrder, Line, NoticeLine, settle
from operations.log_lines import log_to_stderr

if TYPE_CHECKING:
    from crawler.spiders.notices import NoticeOutcome

log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the order; return the documented exit code, with the reason in the last line of the answer."""
    gc.disable()
    # Loaded here, with no garbage looked for meanwhile, nor ever in what it made: modules stay (a tenth of the start).
    from crawler.spiders.notices import Plan
    from operations.crawl_source import GRACE, crawl_source

    gc.freeze()
    gc.enable()
    order = msgspec.json.decode((sys.argv[1:] if argv is None else argv)[0], type=CrawlOrder)
    log_to_stderr(logging.WARNING, order.log)
    log.setLevel(logging.INFO if order.log != "plain" else logging.WARNING)
    source = None
    plan = Plan(full=order.full, since=order.since, limit=order.limit, revisit=order.revisit)
    try:
        config = load_config(os.environ)
        # What no timer of the crawl can end (a reader that loops, a site that is never silent for long) the kernel does; the next run recovers.
        signal.alarm(math.ceil(config.max_minutes_per_run * 60) + GRACE)
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
