"""`notices crawl`: each source in its own process, then the index."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date

from cli.process import positive
from cli.progress import Progress, Unit, is_shown
from cli.terminal import left
from cli.terms import counts_line, term
from crawler.source import survey_sources
from notices.config import Config
from notices.text.display import safe
from notices.text.language import _, told
from operations.crawl_many import CrawlEnd, CrawlOrder, NoticeLine, Settled, choose_sources, crawl_and_settle

_WORST_FIRST = (5, 4, 2, 7, 6, 3)  # which exit code is reported for several runs


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices crawl`."""
    verb = verbs.add_parser("crawl", help=_("fetch new notices from sources"), description=_("Fetch new notices, archive and index them."))
    verb.add_argument("sources", nargs="*", metavar="SOURCE", help=_("names or files of sources (default: all enabled sources)"))
    verb.add_argument("--full", action="store_true", help=_("read every list to its end and fetch every notice again"))
    verb.add_argument("--since", type=_day, metavar="DATE", help=_("ignore list entries dated before this day"))
    verb.add_argument("--revisit", action="store_true", help=_("revisit every archived notice now, including those that are not due"))
    verb.add_argument("--again", dest="revisit", action="store_true", help=argparse.SUPPRESS)  # the name it had first
    verb.add_argument("--limit", type=positive, metavar="N", help=_("fetch at most N new notices of each source, and revisit at most N"))
    verb.add_argument("--jobs", type=positive, metavar="N", help=_("number of sources crawled at the same time"))
    verb.add_argument("--no-progress", action="store_true", help=_("no progress bar"))
    verb.set_defaults(run=run)


def _day(typed: str) -> date:
    """The day, for argparse."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise argparse.ArgumentTypeError(_("{typed!r} is not a day; write it as 2026-01-03").format(typed=typed)) from None


def run(args: argparse.Namespace, config: Config) -> int:
    """Crawl, index, print one line a source; return the exit code."""
    chosen = choose_sources(args.sources, config)
    shown = is_shown(no_progress=args.no_progress)
    order = CrawlOrder("", full=args.full, since=args.since, limit=args.limit, revisit=args.revisit, report=shown, log=args.log_format)
    with Progress(_("crawl"), 0, Unit(_("notices")), shown=shown) as progress:
        done = crawl_and_settle(chosen, order, args.jobs or config.crawl_jobs, config, lambda _line: progress())
    print_problems(done.ends)
    print_settled(done.settled)
    invalid = () if args.sources else survey_sources(config.sources_dir).problems
    for problem in invalid:
        print(_("notices: not crawled: {problem}").format(problem=safe(problem)), file=sys.stderr)
    return worst([end.exit_code for end in done.ends] + [3] * bool(invalid) + [done.settled.exit_code])


def print_outcome(line: NoticeLine) -> None:
    """A line for a notice."""
    print(f"  {left(term(line.outcome), 9)} {safe(line.title)} {safe(told(line.reason))}".rstrip(), flush=True)


def print_problems(ends: Sequence[CrawlEnd]) -> None:
    """On stderr, a line for each run that did not simply end well."""
    for end in ends:
        if end.reason:
            print(f"{'notices' if end.outcome is None else end.source}: {safe(told(end.reason))}", file=sys.stderr)


def print_settled(settled: Settled) -> None:
    """A line for each source's newest run and one for the index."""
    if settled.waiting:
        print(_("notices: {waiting}; the notices will be indexed by that run or the next").format(waiting=settled.waiting), file=sys.stderr)
    for last in settled.runs:
        print(f"{last.source}: {term(last.outcome)}: {counts_line(last.counts)}")
    print(_("indexed: {count}").format(count=settled.indexed))


def worst(codes: Sequence[int]) -> int:
    """The exit code to report for several."""
    return max(codes, default=0, key=_rank)


def _rank(code: int) -> int:
    return len(_WORST_FIRST) - _WORST_FIRST.index(code) if code in _WORST_FIRST else 0
