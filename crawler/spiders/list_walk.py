"""The walk over one column's list pages: which entries are new to it, which page comes next, and when it is far enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from crawler.list_page import next_candidates
from crawler.list_rules import ListRules
from crawler.source import Column
from notices.capture import ListEntry, ListPage

KNOWN_PAGES_TO_STOP = 2
"""So many pages in a row without a new entry end a walk whose column was walked to its end before: one alone may be a pinned page."""


@dataclass(slots=True)
class Walk:
    """The state of walking one column.

    `since`: entries before this day are left out. `may_stop`: the column was walked to its end before, so known pages may end the walk.
    `broken`: why a list page could not be read. Another address that answers may have the page after it, so the walk is not complete.
    """

    column: Column
    since: date | None = None
    may_stop: bool = False
    pages: set[str] = field(default_factory=set)
    entries: set[str] = field(default_factory=set)
    broken: str = ""
    _known_in_a_row: int = 0
    _began: bool = False

    def fresh(self, entries: Sequence[ListEntry]) -> list[ListEntry]:
        """The entries that no earlier page of this walk had. Sites answer a page number beyond the last with the first or the last page."""
        found = [entry for entry in entries if entry.url not in self.entries]
        self.entries.update(entry.url for entry in found)
        return found

    def recent(self, entries: Sequence[ListEntry]) -> list[ListEntry]:
        """The entries that the run asks for; one without a date may be recent."""
        return [entry for entry in entries if not self.since or not entry.date or entry.date >= self.since]

    def note_news(self, new: bool) -> bool:
        """Note whether a page had an entry that the archive lacks; return whether it is the walk's first such page."""
        self._known_in_a_row = 0 if new else self._known_in_a_row + 1
        first = new and not self._began
        self._began = self._began or new
        return first

    def far_enough(self, page: ListPage) -> bool:
        """Whether the pages after this one can contain nothing that the run asks for."""
        dates = [entry.date for entry in page.entries if entry.date]
        if self.since and dates and max(dates) < self.since:
            return True
        return self.may_stop and self._known_in_a_row >= KNOWN_PAGES_TO_STOP

    def note_broken(self, why: str) -> None:
        """Note why a list page could not be read; the first reason stays."""
        self.broken = self.broken or why

    def next_pages(self, body: bytes, url: str, page: ListPage, rules: ListRules) -> tuple[str, ...]:
        """The addresses to try for the next page: the page's own link first, then the guesses. No page is requested twice."""
        candidates = [page.next_page] if page.next_page else []
        if not rules.next and not rules.next_template:
            candidates += next_candidates(body, url)
        return tuple(dict.fromkeys(candidate for candidate in candidates if candidate not in self.pages))
