"""What a collection of another program contains: answers that may be pages, and what was passed over, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from notices.capture import Capture, ListEntry


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of a site: where it is kept, its address, when it came. `entry` is what a manifest says of it, `number` its place in the collection.

    `at` is None where nobody noted when a page was saved. `length` counts the bytes of its record.
    """

    place: str
    url: str
    at: datetime | None
    status: int
    media: str
    number: int
    length: int = 0
    entry: ListEntry | None = None


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Something that gives no notice. `bad` is what should not be so: damage, a wrong digest, a line that cannot be read."""

    place: str
    url: str
    reason: str
    bad: bool = False


Tell = Callable[[PassedOver], None]


class Collection(Protocol):
    """Answers that another program kept."""

    def answers(self) -> Iterator[Answer]:
        """Those that may be pages, the oldest first."""
        ...

    def capture(self, answer: Answer) -> Capture:
        """The answer with its body, of kind "detail". Raises ValueError with the reason when it cannot be read."""
        ...

    def file_of(self, url: str, page: Answer) -> Answer | None:
        """The answer that the collection has for a link of a page, redirects followed; None if it has none."""
        ...
