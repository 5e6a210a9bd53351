"""Whether list pages still read: each site is asked once, in a process of its own, and the archive's home remembers the answers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from crawler.catalogue import Row, by_site
from crawler.source import Column, Source
from crawler.source_text import Draft, draft_source
from notices.config import Config, load_config
from notices.urls import canonical_url

_PROBLEM = 300  # characters of a reason that are kept
_START_SECONDS, _COLUMN_TRIES, _MOST_SECONDS = 60.0, 4, 1800.0
_COMMAND = [sys.executable, "-P", "-m", "operations.catalogue.checking"]  # -P: modules of the current folder never run
_LINES_PER_COLUMN = 4  # with more, the state file is rewritten with one line a column


@dataclass(frozen=True, slots=True)
class Manner:
    """How sources are added: `offline` without a look at their lists; `delay` in seconds between requests to one host."""

    offline: bool = False
    allow_private: bool = False
    delay: float = 2.0


class ColumnCheck(msgspec.Struct, frozen=True):
    """What one look at a column's first list page found. `read_at` is when entries were last read; `problem` is empty when they were now."""

    url: str
    checked_at: datetime
    entries: int = 0
    dated: int = 0
    newest: date | None = None
    problem: str = ""
    read_at: datetime | None = None

    @property
    def reads(self) -> bool:
        """Whether entries were read."""
        return not self.problem


class Looked(msgspec.Struct, frozen=True):
    """What the process that looked at a source answers: by column what was read, and why something was not."""

    entries: list[tuple[str, date | None]]  # column address, date of the entry
    problems: list[str]


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """The checks of one source's columns, in their order."""

    source: Source
    columns: tuple[ColumnCheck, ...]

    @property
    def entries(self) -> int:
        """Entries on all lists."""
        return sum(c.entries for c in self.columns)

    @property
    def unread(self) -> dict[str, str]:
        """Why columns could not be read, by address."""
        return {c.url: c.problem for c in self.columns if not c.reads}


def check_lists(sources: Sequence[Source], config: Config) -> Iterator[SourceCheck]:
    """The checks of the sources as they come: config.crawl_jobs at a time, never two of one host. What came is remembered before it is given.

    Closing the iterator ends the looks under way.
    """
    looks = Looks(config)
    state = CheckState(config.state_paths().list_checks)
    waiting = _by_host(sources)
    running: dict[Future[Looked], tuple[Source, list[Source]]] = {}
    with ThreadPoolExecutor(config.crawl_jobs) as pool:
        try:
            while waiting or running:
                while waiting and len(running) < config.crawl_jobs:
                    queue = waiting.pop(0)
                    source = queue.pop(0)
                    running[pool.submit(looks.look, source)] = (source, queue)
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    source, queue = running.pop(future)
                    if queue:
                        waiting.insert(0, queue)
                    yield SourceCheck(source, tuple(state.note(judged(source, future.result()))))
        finally:
            looks.stop()


def _by_host(sources: Iterable[Source]) -> list[list[Source]]:
    """The sources in lines, one a host, in the order of their first."""
    lines: dict[str, list[Source]] = {}
    for source in sources:
        lines.setdefault(urlsplit(source.columns[0].url).netloc, []).append(source)
    return list(lines.values())


def judged(source: Source, looked: Looked, at: datetime | None = None) -> list[ColumnCheck]:
    """The check of every column of a source that was looked at."""
    now = at or datetime.now(UTC).replace(microsecond=0)
    return [_judged_column(column.url, looked, now) for column in source.columns]


def _judged_column(url: str, looked: Looked, now: datetime) -> ColumnCheck:
    dates = [day for column, day in looked.entries if column == url]
    if not dates:
        own = [p for p in looked.problems if url in p]
        return ColumnCheck(url, now, problem="; ".join(own or looked.problems)[:_PROBLEM] or "no entries found")
    known = [day for day in dates if day]
    return ColumnCheck(url, now, len(dates), len(known), max(known, default=None), read_at=now)


class Looks:
    """Looks at sources, each in a process of its own that takes neither others down nor longer than its bound."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._children: set[subprocess.Popen[bytes]] = set()

    def look(self, source: Source) -> Looked:
        """The entries of the first list pages of a source."""
        seconds = self._seconds(source)
        with subprocess.Popen(_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
            self._children.add(child)
            try:
                answer, messages = child.communicate(msgspec.json.encode(source), timeout=seconds)
                return msgspec.json.decode(answer, type=Looked)
            except subprocess.TimeoutExpired:
                return Looked([], [f"no result within {seconds:.0f} seconds"])
            except msgspec.DecodeError:
                lines = messages.decode("utf-8", "replace").strip().splitlines()
                return Looked([], [f"the look ended with code {child.returncode}: {lines[-1] if lines else 'without a message'}"])
            finally:
                child.kill()
                self._children.discard(child)

    def _seconds(self, source: Source) -> float:
        per_column = source.delay + _COLUMN_TRIES * (self.config.request_timeout + 2 * source.delay)
        return min(_START_SECONDS + per_column * (1 + len(source.columns)), _MOST_SECONDS)

    def stop(self) -> None:
        """End every look that is under way."""
        for child in tuple(self._children):
            child.terminate()


class CheckState:
    """The last look at each column, in a file of the archive's home: one JSON object a line, the last one of an address counts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[str, ColumnCheck] = {}
        self._lines = 0
        self._ends_whole = True
        if self.path.exists():
            self._load()

    def _load(self) -> None:
        raw = self.path.read_bytes()
        self._ends_whole = raw.endswith(b"\n") or not raw
        for line in raw.splitlines():
            self._lines += 1
            try:
                check = msgspec.json.decode(line, type=ColumnCheck)
            except msgspec.DecodeError:
                continue  # a line that a kill cut short
            self._known[_key(check.url)] = check

    def of(self, url: str) -> ColumnCheck | None:
        """What the last look at a column found."""
        return self._known.get(_key(url))

    def note(self, checks: Iterable[ColumnCheck]) -> list[ColumnCheck]:
        """Remember the checks; return them with the time at which each column was last read."""
        noted = []
        for check in checks:
            earlier = self.of(check.url)
            kept = msgspec.structs.replace(check, read_at=check.read_at or (earlier.read_at if earlier else None))
            self._known[_key(check.url)] = kept
            noted.append(kept)
        self._append(noted)
        return noted

    def _append(self, checks: list[ColumnCheck]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lines += len(checks)
        if self._lines > _LINES_PER_COLUMN * max(len(self._known), 16):
            partial = self.path.with_suffix(".part")
            partial.write_bytes(b"".join(msgspec.json.encode(c) + b"\n" for c in self._known.values()))
            partial.replace(self.path)
            self._lines = len(self._known)
            return
        text = b"".join(msgspec.json.encode(c) + b"\n" for c in checks)
        with self.path.open("ab") as handle:
            handle.write(text if self._ends_whole else b"\n" + text)
            handle.flush()
            os.fsync(handle.fileno())
        self._ends_whole = True


def _key(url: str) -> str:
    return canonical_url(url)


@dataclass(frozen=True, slots=True)
class ListStatus:
    """A column of a source and what the last look at it found; `is_new`: in this run."""

    source: Source
    column: Column
    check: ColumnCheck
    is_new: bool


def sources_of(rows: Sequence[Row], manner: Manner) -> list[Source]:
    """The rows as sources to be looked at, one a site; nothing is written."""
    today = datetime.now(UTC).date()
    groups = by_site(rows).values()
    return [draft_source(Draft(group, today, allow_private=manner.allow_private, delay=manner.delay)) for group in groups]


def check_sources(sources: Sequence[Source], config: Config, fresh: timedelta) -> Iterator[ListStatus]:
    """Whether the sources' lists still read: first what looks found less than `fresh` ago, then the others as they are looked at.

    So a run that was interrupted goes on where it ended. Raises ArchiveLocked while another process looks at lists.
    """
    with looking(config):
        known, since = CheckState(config.state_paths().list_checks), datetime.now(UTC) - fresh
        stale: list[Source] = []
        for source in sources:
            left = []
            for column in source.columns:
                check = known.of(column.url)
                if check and check.checked_at > since:
                    yield ListStatus(source, column, check, False)
                else:
                    left.append(column)
            stale += [msgspec.structs.replace(source, columns=left)] if left else []
        for done in check_lists(stale, config):
            for column, check in zip(done.source.columns, done.columns, strict=True):
                yield ListStatus(done.source, column, check, True)


@contextmanager
def looking(config: Config) -> Iterator[None]:
    """Be the only process of the archive that looks at many lists. Raises ArchiveLocked."""
    from pipeline.sql.locks import hold  # loads the database: a process that looks at one source starts without it

    with hold(config.locks_dir, "list-checks"):
        yield


def main() -> int:
    """Look at the source on standard input; write what was found to standard output."""
    from operations.preview import preview_source  # Scrapy: only this process pays for it

    source = msgspec.json.decode(sys.stdin.buffer.read(), type=Source)
    seen = preview_source(source, load_config(os.environ), notices=0)
    found = Looked([(e.column_url, e.entry.date) for e in seen.entries], [p[:_PROBLEM] for p in seen.problems])
    sys.stdout.buffer.write(msgspec.json.encode(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
