"""What is sent and what a receiver answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

MOST_ITEMS = 20


class Item(msgspec.Struct, frozen=True):
    """One event of a message."""

    event: str
    notice: int
    revision: int
    url: str
    title: str
    seq: int
    at: datetime


class Body(msgspec.Struct, frozen=True):
    """What a message says: at most MOST_ITEMS events, and how many `more` there are. `id` is the same in every try."""

    id: str
    watch: str
    count: int
    more: int
    subject: str
    events: Sequence[Item]


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is stored: the bytes, and what is in them."""

    raw: bytes
    body: Body

    def lines(self) -> list[str]:
        """The events, a line each, and how many are left out."""
        found = [f"{each.event}  {each.title or each.url}\n{each.url}".rstrip() for each in self.body.events]
        return [*found, f"… and {self.body.more} more: notices watch show {self.body.watch}"] if self.body.more else found

    def text(self, most: int | None = None) -> str:
        """Subject and lines, in at most so many bytes: whole lines, and a note of what is left out."""
        lines, kept = self.lines(), [self.body.subject]
        for n, line in enumerate(lines):
            note = f"… and {len(lines) - n} more"
            if most is not None and len("\n\n".join([*kept, line, note]).encode()) > most:
                return "\n\n".join([*kept, note]).encode()[:most].decode("utf-8", "ignore")
            kept.append(line)
        return "\n\n".join(kept)


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the receiver took the message, and its own words; `gone`: it wants no further ones."""

    ok: bool
    text: str
    gone: bool = False
