"""What is sent and what a receiver answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from notices.text.language import N_, _

MOST_ITEMS = 20
_EVENTS = (N_("entered"), N_("edited"), N_("left"), N_("withdrawn"), N_("back"), N_("repealed"))  # as messages say them


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
    """What a message says: at most MOST_ITEMS events, and how many `more` there are. `id` is the same in every try.

    `link` is where all of them are: an address of the reading room, or a command. `earlier` are the ids of the messages that told the
    same watch of the notice before, the oldest first; empty in a message about several notices.
    """

    id: str
    watch: str
    count: int
    more: int
    subject: str
    events: Sequence[Item]
    link: str = ""
    earlier: Sequence[str] = ()

    def said(self, event: str) -> str:
        """The word for an event in the language of this process; none for notes whose text says all."""
        return "" if event in ("quiet", "report") else _(event)

    def left_out(self, count: int) -> str:
        """That the message leaves out so many events, and where they are."""
        return _("… and {count} more: {place}").format(count=count, place=self.link or f"notices watch told {self.id}")


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is stored: the bytes, and what is in them."""

    raw: bytes
    body: Body

    def text(self, most: int | None = None) -> str:
        """The subject and each event, in at most so many bytes: whole events, and how many are left out and where they are."""
        kept, events = [self.body.subject], self.body.events
        for n, each in enumerate(events):
            line = f"{self.body.said(each.event)}  {each.title or each.url}\n{each.url}".strip()
            rest = self.body.more + len(events) - n
            note = self.body.left_out(rest)
            if most is not None and len("\n\n".join([*kept, line, note]).encode()) > most:
                return "\n\n".join([*kept, note]).encode()[:most].decode("utf-8", "ignore")
            kept.append(line)
        return "\n\n".join([*kept, self.body.left_out(self.body.more)] if self.body.more else kept)


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the receiver took the message, and its own words; `gone`: it wants no further ones."""

    ok: bool
    text: str
    gone: bool = False
