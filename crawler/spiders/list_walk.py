"""The walk over one column's list pages: which entries are new to it, which page comes next, and when it is far enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypedDict

from crawler.list_page import next_candidates
from crawler.list_rules import ListRules
from crawler.lists.page_addresses import posted, posted_form
from crawler.source import Column
from notices.capture import ColumnYield, ListEntry, ListPage, ListYield
from notices.urls import is_address

KNOWN_PAGES_TO_STOP = 2
"""So many pages in a row without a new entry end a walk whose column was walked to its end before: one alone may be a pinned page."""


class Asking(TypedDict, total=False):
    """Arguments of a request."""

    method: str
    body: str
    headers: dict[str, str]


def asked(url: str) -> Asking:
    """How the answer of an address is asked for: the arguments of its request, but for the address."""
    form = posted_form(url)
    if form is None:
        return {}
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8", "X-Requested-With": "XMLHttpRequest"}
    return {"method": "POST", "body": form, "headers": headers}


def form_note(url: str) -> dict[str, str]:
    """The form that an address is asked with, as a note of its capture."""
    form = posted_form(url)
    return {} if form is None else {"posted": form}


def address_of(asked_for: str, answered: str) -> str:
    """The address of an answer, with the form that it was asked with: Scrapy cuts off the fragment."""
    form = posted_form(asked_for)
    return answered if form is None else posted(answered, form)


MOST_LISTS = 100
"""So many list pages of one walk are recorded one by one."""


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
    lists: list[ListYield] = field(default_factory=list)
    pages_named: int | None = None
    _known_in_a_row: int = 0
    _began: bool = False

    def addressed(self, url: str, page: ListPage) -> list[ListEntry]:
        """The entries of a page that can be fetched. Where half of them have no address the page was not understood: the walk is not complete."""
        found = [entry for entry in page.entries if is_address(entry.url)]
        lacking, count = len(page.entries) - len(found), len(page.entries)
        problem = ""
        if lacking * 2 >= count > 0:
            problem = f"{'none' if not found else f'only {len(found)}'} of its {count} entries has an address"
            self.note_broken(f"list {url}: {problem}")
        if len(self.lists) < MOST_LISTS:
            self.lists.append(
                ListYield(url, count, sum(entry.date is not None for entry in page.entries), lacking, "" if found else problem)
            )
        self.pages_named = self.pages_named or page.pages
        return found

    def yielded(self) -> ColumnYield:
        """What the lists gave."""
        return ColumnYield(self.column.url, self.pages_named, tuple(self.lists))

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

    def note_unread(self, url: str, why: str) -> None:
        """Note that a list page could not be read, and why."""
        self.note_broken(f"list {url}: {why}")
        if len(self.lists) < MOST_LISTS:
            self.lists.append(ListYield(url, problem=why))

    def next_pages(self, body: bytes, url: str, page: ListPage, rules: ListRules) -> tuple[str, ...]:
        """The addresses to try for the next page: the page's own link first, then the guesses. No page is requested twice."""
        candidates = [page.next_page] if page.next_page else []
        if not rules.next and not rules.next_template:
            candidates += next_candidates(body, url)
        return tuple(dict.fromkeys(candidate for candidate in candidates if candidate not in self.pages))
