"""A preview of a source over the network, fetched as politely as a crawl; nothing is archived."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

from crawler.run import Reporting, run_spider
from crawler.source import Source
from crawler.spiders.notices import Plan
from notices.capture import Capture, ColumnYield, CrawledPage, Listed, Revisit
from notices.config import Config
from notices.errors import NoticesError
from operations.host_turns import turn

_WAIT = 60.0  # seconds for a run that is at the host


@dataclass(slots=True)
class Preview:
    """The first list pages of a source, their entries, one notice's page, the problems, and what each column gave. A Ledger that keeps nothing."""

    hosts: Collection[str]
    lists: list[Capture] = field(default_factory=list)
    entries: list[Listed] = field(default_factory=list)
    pages: list[CrawledPage] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    fatal: NoticesError | None = None
    columns: list[ColumnYield] = field(default_factory=list)

    def keep(self, capture: Capture) -> int:
        """Remember a list page."""
        if capture.kind == "list":
            self.lists.append(capture)
        return 0

    def note_entries(self, entries: Sequence[Listed]) -> set[str]:
        """Remember the entries; all are new."""
        self.entries.extend(entries)
        return {e.entry.url for e in entries}

    def pending(self) -> list[Listed]:
        """Nothing: a preview has no earlier runs."""
        return []

    def retries(self) -> list[Listed]:
        """Nothing: a preview has no earlier runs."""
        return []

    def revisits(self, *, everything: bool) -> list[Revisit]:
        """Nothing: a preview archives nothing that could be revisited."""
        return []

    def note_absence(self, url: str, evidence: str, reason: str) -> None:
        """Nothing to note: no notice is archived."""

    def note_walked(self, column_url: str) -> None:
        """Nothing to note."""

    def walk_complete(self, column_url: str) -> bool:
        """Never: a preview has no memory."""
        return False

    def note_walk(self, column_url: str, *, complete: bool) -> None:
        """Nothing to note."""

    def note_failure(self, url: str, state: str, reason: str) -> None:
        """Remember why the notice could not be fetched."""
        self.problems.append(f"{url}: {state}: {reason}")

    def known_hosts(self) -> Collection[str]:
        """Hosts that the source may be fetched from."""
        return self.hosts


def preview_source(source: Source, config: Config, *, notices: int = 1) -> Preview:
    """Fetch each column's first list page and so many notices. Runs Scrapy, so only once in a process. Raises SourceError."""
    preview = Preview(source.all_hosts())
    # Where no archive is, no run of it can be at the host, and a look makes none.
    with turn(config.locks_dir, source, _WAIT) if config.locks_dir.is_dir() else nullcontext():
        result = run_spider(source, preview, Plan(limit=notices, archive=False), config, Reporting(quiet=True))
    preview.pages.extend(result.pages)
    preview.columns.extend(result.columns)
    preview.problems.extend([*result.problems, *result.errors, *([result.stopped] if result.stopped else [])])
    return preview
