"""Any other JSON answer: unified search (resultDocs), policy library (searchVO), JsonList and similar ones."""

from __future__ import annotations

import html

from crawler.lists.entries import fragment_entries
from crawler.lists.json_lists import json_entries, json_fragment, json_number, load
from crawler.lists.page_addresses import query_page, with_query
from crawler.platforms import ListReading

NAME = "json"
INFERS = False


def matches(text: str, url: str) -> bool:
    """Whether the answer is JSON."""
    head = text[:200].lstrip("\ufeff \t\r\n")
    return head[:1] in ("{", "[") or (head[:1].isalpha() and "({" in head[:80] and "<" not in head[:80])


def read(text: str, url: str) -> ListReading | None:
    """The entries of an answer; None when it is not JSON."""
    value = load(text)
    if value is None:
        return None
    entries = json_entries(value, url)
    fragment = json_fragment(value) if not entries else None
    if fragment:
        entries = fragment_entries(html.unescape(fragment) if "&lt;a" in fragment else fragment, url)
    here = query_page(url)
    last = json_number(value, "totalpage", "totalPage", "totalPages", "pageCount", "pages")
    ended = not entries or not here or (last is not None and here[1] >= last)
    return ListReading(entries, with_query(url, **{here[0]: here[1] + 1}) if here and not ended else None, ended=ended)


def next_pages(text: str, url: str) -> tuple[str, ...]:
    """Nothing: read names the next page."""
    return ()
