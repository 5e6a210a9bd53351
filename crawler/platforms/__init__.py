"""One module per family of content management systems (reference/domain.md §4.1).

Each has NAME, `matches(text, url)`, `read(text, url)` for what the family answers or embeds (None: read the page as any other) and
`next_pages(text, url)`, the pages that may follow, best first; where INFERS is true these are guesses, fit to be probed only.
`text` is the decoded page or answer, `url` its address.
"""

from __future__ import annotations

from dataclasses import dataclass

from notices.capture import ListEntry


@dataclass(frozen=True, slots=True)
class Reading:
    """What a family's answer holds. `ended`: it says itself that no page follows."""

    entries: tuple[ListEntry, ...] = ()
    next_page: str | None = None
    ended: bool = False
