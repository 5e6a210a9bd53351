"""`notices crawl`: each source in its own process, then the index."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

from crawler.source import Source, all_sources, find_source
from notices.config import Config
from notices.errors import ArchiveLocked, UserError
from pipeline.sql.database import open_database
from preservation.proofs.checkpoints import daily_checkpoint

_WORST_FIRST = (5, 4, 2, 6, 3)  # which exit code speaks for several runs


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices crawl`."""
    verb = verbs.add_parser("crawl", help="fetch what is new from sources", description="Fetch what is new, archive and index it.")
    verb.add_argument("sources", nargs="*", metavar="SOURCE", help="names or files of sources; without any, all enabled ones")
    verb.add_argument("--full", action="store_true", help="walk every list to its end and fetch every notice again")
    verb.add_argument("--since", type=date.fromisoformat, metavar="DATE", help="leave out what the lists date before this day")
    verb.add_argument("--again", action="store_true", help="read every archived notice once more now, also those that are not due")
    verb.add_argument("--limit", type=_positive, metavar="N", help="fetch at most N new notices of each source, and read at most N again")
    verb.add_argument("--jobs", type=_positive, metavar="N", help="sources crawled at the same time")
    verb.set_defaults(run=run)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


def run(args: argparse.Namespace, config: Config) -> int:
    """Crawl, index, print one line a source; return the exit code."""
    chosen = choose(args.sources, config)
    options = ["--full"] * args.full + ["--again"] * args.again
    options += ["--since", args.since.isoformat()] if args.since else []
    options += ["--limit", str(args.limit)] if args.limit else []
    codes = asyncio.run(crawl_all(chosen, options, args.jobs or config.crawl_jobs))
    return max(finish(config, [s for s, _ in chosen]), worst(codes), key=_rank)


def choose(names: Sequence[str], config: Config) -> list[tuple[Source, str]]:
    """The sources to crawl with the name or file that finds each. Raises UnknownName, SourceFileError or UserError."""
    if not names:
        enabled = [(s, s.name) for s, _ in all_sources(config.sources_dir).values() if s.enabled]
        if not enabled:
            raise UserError(f"no source is enabled; put one into {config.sources_dir} (see: notices source list)")
        return enabled
    found = [(find_source(name, config.sources_dir), name) for name in dict.fromkeys(names)]
    for (source, path), _name in found:
        if not source.enabled:
            raise UserError(
                f"source {source.name} is disabled: copy {path} to {config.sources_dir}, check it, and set enabled = true there"
            )
    return [(source, name) for (source, _path), name in found]


async def crawl_all(chosen: Sequence[tuple[Source, str]], options: Sequence[str], jobs: int) -> list[int]:
    """Crawl the sources, `jobs` at a time but never two of one host; return their exit codes in order."""
    slots = asyncio.Semaphore(jobs)
    hosts: dict[str, asyncio.Lock] = {}
    children: set[asyncio.subprocess.Process] = set()
    stopping = _forward_signals(children)

    async def one(source: Source, name: str) -> int:
        async with hosts.setdefault(urlsplit(source.columns[0].url).netloc, asyncio.Lock()), slots:
            return 0 if stopping else await run_worker(name, options, children)

    return await asyncio.gather(*(one(s, name) for s, name in chosen))


def _forward_signals(children: set[asyncio.subprocess.Process]) -> list[int]:
    """Pass the first Ctrl-C or SIGTERM on to the workers, which finish their page; the list fills when it comes."""
    seen: list[int] = []

    def stop(number: int) -> None:
        seen.append(number)
        for child in children:
            if child.returncode is None:
                child.send_signal(signal.SIGTERM)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)
    return seen


async def run_worker(name: str, options: Sequence[str], children: set[asyncio.subprocess.Process]) -> int:
    """Run one source's worker process to its end; return its exit code, 3 when it was killed."""
    command = [sys.executable, "-m", "cli.crawl_worker", name, *options]
    # A session of its own: a Ctrl-C in the terminal reaches the worker once, through us, not twice.
    child = await asyncio.create_subprocess_exec(*command, start_new_session=True, stdin=asyncio.subprocess.DEVNULL)
    children.add(child)
    try:
        code = await child.wait()
    finally:
        children.discard(child)
    return code if code in (0, 2, 3, 4, 5, 6) else 3


def finish(config: Config, sources: Sequence[Source]) -> int:
    """Index what was archived and print each source's newest run; return the exit code of that."""
    from cli.verbs.operate.status import last_runs
    from operations.indexing import drain

    database = open_database(config)
    try:
        indexed = drain(config, database)
    except ArchiveLocked as error:
        print(f"notices: {error}; the notices will be indexed by that run or the next", file=sys.stderr)
        indexed = 0
    daily_checkpoint(database, config, datetime.now(UTC))
    for line in last_runs(database, [s.name for s in sources]):
        print(line)
    print(f"indexed: {indexed}")
    return 0


def worst(codes: Sequence[int]) -> int:
    """The exit code that speaks for several."""
    return max(codes, default=0, key=_rank)


def _rank(code: int) -> int:
    return len(_WORST_FIRST) - _WORST_FIRST.index(code) if code in _WORST_FIRST else 0
