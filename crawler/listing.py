"""A list page to its entries and the next page to try (reference/domain.md §4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crawler.listing_groups import choose
from crawler.listing_outline import outline
from crawler.listing_records import Pairing, Record, with_title
from notices.html import absolute, decode, parse
from notices.model import ListEntry, ListPage


@dataclass(frozen=True, slots=True)
class ListRules:
    """What a source file may say of its lists. `entries`, `link`, `title`, `date` and `next` are CSS selectors, or XPath when they hold a slash.

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


def read_list(body: bytes, url: str, *, content_type: str | None = None, rules: ListRules | None = None) -> ListPage:
    """The entries of a list page or of a platform's answer, and the next page."""
    text, _ = decode(body, content_type)
    root = parse(text)
    return ListPage(recognised_entries(root, url))


def recognised_entries(root: Any, url: str) -> tuple[ListEntry, ...]:
    """The entries of a page of no known family."""
    page = outline(root, base_of(root, url))
    return entries_of(choose(page, Pairing(page), url))


def entries_of(records: list[Record]) -> tuple[ListEntry, ...]:
    """Records as entries, each once."""
    found = (with_title(record) for record in records)
    made = (ListEntry(r.title, r.link.url, r.day) for r in found if r.title)
    return tuple(dict.fromkeys(made))


def base_of(root: Any, url: str) -> str:
    """The address that relative links start from."""
    base = root.find(".//base[@href]")
    return (absolute(url, base.get("href")) if base is not None else None) or url
