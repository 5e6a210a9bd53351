"""What the spider asks and tells the archive; pipeline.ledger.CrawlLedger answers. The stages do not import one another."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from notices.capture import Capture, Listed, Revisit


class Ledger(Protocol):
    """The archive as the crawl sees it. Calls are short transactions; what they note survives a kill."""

    def keep(self, fetched: Capture) -> int:
        """Put the exact bytes into the WARC series and note the snapshot; return its id."""

    def note_entries(self, entries: Sequence[Listed]) -> set[str]:
        """Note that a list page showed these entries; return the addresses that are not yet archived."""

    def pending(self) -> list[Listed]:
        """Entries noted earlier that are still to be fetched."""

    def due(self, *, everything: bool) -> list[Revisit]:
        """Archived notices that are to be read again now, the longest due first; within the run's budget unless `everything`."""

    def note_absence(self, url: str, evidence: str, reason: str) -> None:
        """Note that an archived notice was looked for and not shown; what is archived stays as it is."""

    def note_walked(self, column_url: str) -> None:
        """Note that this run walked all lists of a column: what they no longer show is off the list."""

    def walk_complete(self, column_url: str) -> bool:
        """Whether the column's lists were once walked to their end and nothing interrupted a later walk."""

    def note_walk(self, column_url: str, *, complete: bool) -> None:
        """Note that a walk began to find new entries (False) or reached its end (True)."""

    def note_failure(self, url: str, state: str, reason: str) -> None:
        """Note why an entry could not be archived: failed, refused, blocked or gone."""

    def known_hosts(self) -> Collection[str]:
        """Hosts that the source may be fetched from."""

    def finish(self, outcome: str, reason: str, counts: Mapping[str, int]) -> None:
        """Close the run's row."""
