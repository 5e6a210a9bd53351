"""One module for each family of content management systems (reference/domain.md §4.1); each satisfies Family."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from notices.capture import ListEntry


@dataclass(frozen=True, slots=True)
class ListReading:
    """The entries of a family's answer. `ended`: it says itself that no page follows."""

    entries: tuple[ListEntry, ...] = ()
    next_page: str | None = None
    ended: bool = False


class Family(Protocol):
    """A module that reads the lists of one family. `text` is the decoded page or answer, `url` its address.

    NAME is the one used in source files. Where INFERS is true, the next pages are guesses that must be probed.
    """

    NAME: str
    INFERS: bool

    def matches(self, text: str, url: str) -> bool:
        """Whether the page or the answer is the family's."""
        ...

    def read(self, text: str, url: str) -> ListReading | None:
        """What the family answers or embeds; None: read the page as any other."""
        ...

    def next_pages(self, text: str, url: str) -> tuple[str, ...]:
        """The pages that may follow, best first."""
        ...
