"""The Protocols between the stages: what a crawl asks of an archive, and what the archive's steps tell a crawl."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Protocol

from notices.capture import Capture, Listed, Revisit
from notices.errors import NoticesError


class Ledger(Protocol):
    """The archive as a crawl sees it. Each call is a short transaction; what it notes survives a kill.

    `fatal` is the first error that makes the archive itself unusable: from then on nothing is kept.
    """

    fatal: NoticesError | None

    def keep(self, capture: Capture, /) -> int:
        """Put the exact bytes into the WARC series and note the snapshot; return its id."""
        ...

    def note_entries(self, entries: Sequence[Listed]) -> set[str]:
        """Note that a list page showed these entries; return the addresses that are not yet archived."""
        ...

    def pending(self) -> list[Listed]:
        """Entries noted by earlier runs that none has tried to fetch."""
        ...

    def retries(self) -> list[Listed]:
        """Entries that earlier runs could not archive and that are worth another try."""
        ...

    def revisits(self, *, everything: bool) -> list[Revisit]:
        """Archived notices to revisit now, the longest due first; within the run's budget unless `everything`."""
        ...

    def note_absence(self, url: str, evidence: str, reason: str) -> None:
        """Note that an archived notice was looked for and not shown; what is archived stays as it is."""
        ...

    def note_walked(self, column_url: str) -> None:
        """Note that this run walked all lists of a column: what they no longer show is off the list."""
        ...

    def walk_complete(self, column_url: str) -> bool:
        """Whether the column's lists were once walked to their end and nothing interrupted a later walk."""
        ...

    def note_walk(self, column_url: str, *, complete: bool) -> None:
        """Note that a walk began to find new entries (False) or reached its end (True)."""
        ...

    def note_failure(self, url: str, state: str, reason: str) -> None:
        """Note why an entry could not be archived: failed, refused, blocked or gone."""
        ...

    def known_hosts(self) -> Collection[str]:
        """Hosts that the source may be fetched from."""
        ...


class CrawledSource(Protocol):
    """What Scrapy's components read of the source that is crawled."""

    @property
    def name(self) -> str: ...

    @property
    def region(self) -> str: ...

    @property
    def tls(self) -> str: ...

    @property
    def allow_private(self) -> bool: ...


class CrawlReport(Protocol):
    """The running crawl as the steps on the way to the archive see it: whom to tell what became of a page."""

    counts: Counter[str]
    stopping: str | None

    @property
    def source(self) -> CrawledSource: ...

    @property
    def ledger(self) -> Ledger: ...

    def note_outcome(self, outcome: str, title: str, reason: str = "") -> None:
        """Count what became of a notice (new, revised, unchanged, blocked …); a site that blocks every page ends the run."""
        ...

    def stop(self, reason: str, paused: float | None = None) -> None:
        """End the run after what is under way; `paused` seconds during which the source is left alone."""
        ...

    def fail(self, error: NoticesError) -> None:
        """End the run because the archive itself cannot be written."""
        ...
