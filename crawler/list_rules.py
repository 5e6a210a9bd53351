"""How a source file says where the entries of its lists are. Apart from the readers, so that naming a source does not load them."""

from __future__ import annotations

import msgspec


class ListRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The list settings of a source file. `entries`, `link`, `title`, `date`, `next`: CSS selectors, or XPath if they contain a slash.

    `next_template` names the pages after the first, such as "index_{n}.html"; `first` is the number of the second page in it.
    """

    platform: str | None = None
    entries: str | None = None
    link: str | None = None
    title: str | None = None
    date: str | None = None
    next: str | None = None
    next_template: str | None = None
    first: int = 1
