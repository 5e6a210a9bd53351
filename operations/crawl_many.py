"""Several sources crawled at the same time, each in a worker process of its own, never two of one host; then the index.

The process that waits loads neither SQL nor an engine: the worker of the only source does what follows its crawl.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import msgspec

from crawler.source import Source, find_source, survey_sources
from notices.config import Config
from notices.errors import ArchiveLocked, ServerAway, SourceFileError, UserError
from notices.text.language import _

if TYPE_CHECKING:
    from sqlalchemy import Engine

log = logging.getLogger(__name__)

MAX_LINE = 1 << 20  # of a worker's answer, in bytes: titles and reasons are bounded far below it
CODES = (0, 2, 3, 4, 5, 6)


class CrawlOrder(msgspec.Struct, frozen=True):
    """One run of one source, by the name or the file that finds it. `report`: a line for every notice. `log`: how its log is written.

    `settle`: what follows a crawl is done by its worker too, which has loaded what that takes.
    """

    source: str
    full: bool = False
    since: date | None = None
    limit: int | None = None
    revisit: bool = False
    report: bool = False
    log: str = "plain"
    settle: bool = False


class NoticeLine(msgspec.Struct, frozen=True, tag="notice"):
    """What became of one notice."""

    outcome: str
    title: str
    reason: str = ""


class CrawlEnd(msgspec.Struct, frozen=True, tag="end"):
    """How a run ended: the outcome of its row, or None when none was begun; why, unless all went well; the documented exit code."""

    source: str
    outcome: str | None
    reason: str
    exit_code: int


class LastRun(msgspec.Struct, frozen=True):
    """The newest run of a source and what it counted."""

    source: str
    outcome: str
    counts: Mapping[str, int]


class Settled(msgspec.Struct, frozen=True, tag="settled"):
    """What followed the crawls: how many notices were written to the index, and the newest run of each source that has one.

    `waiting`: why the index must wait, when another run is at it or its cluster is away (`exit_code` 7).
    """

    indexed: int
    runs: tuple[LastRun, ...] = ()
    waiting: str = ""
    exit_code: int = 0


class Crawled(msgspec.Struct, frozen=True):
    """How runs ended, in order, without those that were not begun; and what followed them."""

    ends: tuple[CrawlEnd, ...]
    settled: Settled


Line = NoticeLine | CrawlEnd | Settled


class Chosen(NamedTuple):
    """A source and the name or file that finds it."""

    source: Source
    name: str


def choose_sources(names: Sequence[str], config: Config) -> list[Chosen]:
    """The sources of these names or files; without any all enabled ones, whatever is wrong with the files of others.

    Raises UnknownName, SourceFileError or UserError.
    """
    if not names:
        survey = survey_sources(config.sources_dir)
        enabled = [Chosen(s, s.name) for s, _ in survey.found.values() if s.enabled]
        if not enabled and survey.problems:
            raise SourceFileError(survey.problems[0])
        if not enabled:
            raise UserError(_("no source is enabled; put one into {folder} (see: notices source list)").format(folder=config.sources_dir))
        return enabled
    found = [(find_source(name, config.sources_dir), name) for name in dict.fromkeys(names)]
    for (source, _path), name in found:
        if not source.enabled:
            raise UserError(
                _("source {name} is disabled; check it, then enable it: notices source enable {file}").format(name=source.name, file=name)
            )
    return [Chosen(source, name) for (source, _path), name in found]


class Workers:
    """The worker processes under way. `report` is called for every notice when the order asks for that.

    `settled`: what a worker did after its crawl; `cut_short`: it was stopped while it was at that.
    """

    def __init__(self, report: Callable[[NoticeLine], None] | None = None) -> None:
        self.report = report
        self.stopping = self.cut_short = False
        self.settled: Settled | None = None
        self._children: set[asyncio.subprocess.Process] = set()

    async def run(self, order: CrawlOrder) -> CrawlEnd:
        """Run the order in a process of its own to its end."""
        # -P: the folder a user happens to be in must not be searched for modules. A session of its own: a Ctrl-C in the terminal
        # reaches the worker once, through us, not twice.
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "operations.crawl_run", msgspec.json.encode(order).decode()),
            start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            limit=MAX_LINE,
        )
        self._children.add(child)
        try:
            end = await self._end(child)
            code = await child.wait()
        finally:
            self._children.discard(child)
        if end is not None and order.settle and code != end.exit_code:  # the crawl itself had ended
            self.cut_short = self.stopping and code == -signal.SIGTERM
            return end
        if end is not None and end.exit_code == code:
            return end
        return CrawlEnd(order.source, None, "its process ended without reporting (crashed or killed)", code if code in CODES[1:] else 3)

    async def _end(self, child: asyncio.subprocess.Process) -> CrawlEnd | None:
        """The last line of the worker's answer; the lines before it are reported."""
        end = None
        assert child.stdout is not None
        async for data in child.stdout:
            try:
                line = msgspec.json.decode(data, type=Line)
            except msgspec.DecodeError:
                log.warning("a crawl worker wrote %r", data[:300])
                continue
            if isinstance(line, CrawlEnd):
                end = line
            elif isinstance(line, Settled):
                self.settled = line
            elif self.report is not None:
                self.report(line)
        return end

    def stop(self) -> None:
        """Tell the workers to finish their page and end; none is started after that."""
        self.stopping = True
        for child in self._children:
            if child.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    child.send_signal(signal.SIGTERM)


def crawl_many(
    chosen: Sequence[Chosen], order: CrawlOrder, jobs: int, report: Callable[[NoticeLine], None] | None = None
) -> list[CrawlEnd]:
    """Crawl the sources, `jobs` at a time; how each ended, in order. `order` says how; its source is replaced.

    The first SIGINT or SIGTERM is passed on to the workers, which finish their page; what was not begun is then left out of the answer.
    """
    return asyncio.run(_crawl_many(chosen, order, jobs, Workers(report)))


def crawl_and_settle(
    chosen: Sequence[Chosen], order: CrawlOrder, jobs: int, config: Config, report: Callable[[NoticeLine], None] | None = None
) -> Crawled:
    """Crawl the sources as crawl_many does, then bring the index up to date and make the day's checkpoint.

    Raises KeyboardInterrupt when a signal came while a worker was at that, and what stops the index (DamageFound, DiskFull and so on).
    """
    workers = Workers(report)
    ends = asyncio.run(_crawl_many(chosen, msgspec.structs.replace(order, settle=len(chosen) == 1), jobs, workers))
    if workers.cut_short:
        raise KeyboardInterrupt
    # A worker that was killed after its crawl, or could not do it, leaves it to this process, which then says why.
    return Crawled(tuple(ends), workers.settled or settle(config, [source.name for source, _ in chosen]))


async def _crawl_many(chosen: Sequence[Chosen], order: CrawlOrder, jobs: int, workers: Workers) -> list[CrawlEnd]:
    slots = asyncio.Semaphore(jobs)
    hosts: dict[str, asyncio.Lock] = {}
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, workers.stop)

    async def one(source: Source, name: str) -> CrawlEnd | None:
        async with hosts.setdefault(urlsplit(source.columns[0].url).netloc, asyncio.Lock()), slots:
            return None if workers.stopping else await workers.run(msgspec.structs.replace(order, source=name))

    return [end for end in await asyncio.gather(*(one(*each) for each in chosen)) if end is not None]


def settle(config: Config, sources: Sequence[str]) -> Settled:
    """What follows every crawl: bring the index up to date, and make the day's checkpoint. Names the newest run of each of these sources."""
    # Loaded here: what waits for a worker does without them (0.35 s).
    from operations.indexing import drain
    from pipeline.sql.database import open_database
    from preservation.proofs.checkpoints import daily_checkpoint

    database = open_database(config)
    indexed, waiting, code = 0, "", 0
    try:
        indexed = drain(config, database)
    except ArchiveLocked as error:
        waiting = str(error)
    except ServerAway as error:
        waiting, code = str(error), error.exit_code
    daily_checkpoint(database, config, datetime.now(UTC))
    runs = tuple(_last_runs(database, sources))
    database.dispose()
    return Settled(indexed, runs, waiting, code)


def _last_runs(database: Engine, names: Sequence[str]) -> Iterator[LastRun]:
    """The newest run of each named source that has one, by name."""
    from sqlalchemy import select  # see settle

    # see settle
    from pipeline.observe.yields import counts_alone
    from pipeline.sql.tables import RunRow, SourceRow

    with database.connect() as connection:
        for ident, name in connection.execute(
            select(SourceRow.id, SourceRow.name).where(SourceRow.name.in_(names)).order_by(SourceRow.name)
        ).all():
            newest = select(RunRow.outcome, RunRow.counts).where(RunRow.source_id == ident).order_by(RunRow.id.desc()).limit(1)
            if (last := connection.execute(newest).first()) is not None:
                yield LastRun(name, last.outcome, counts_alone(last.counts))
