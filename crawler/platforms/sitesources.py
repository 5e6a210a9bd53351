"""Henan's families of static lists: sitesources …/list1.html and htmls …/list-1.html."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from crawler.lists.page_addresses import file_name, sibling
from crawler.platforms import ListReading

NAME = "sitesources"
INFERS = True
_LIST = re.compile(r"(list-?)(\d{1,4})(\.s?html?)", re.I)


def matches(text: str, url: str) -> bool:
    """Whether the address is one of theirs."""
    path = urlsplit(url).path
    return path.startswith(("/sitesources/", "/htmls/")) or "/page_pc/" in path


def read(text: str, url: str) -> ListReading | None:
    """None: the entries are in the page, as in any other."""
    return None


def next_pages(text: str, url: str) -> tuple[str, ...]:
    """The list with the next number; a folder's own page is list 1."""
    here = _LIST.fullmatch(file_name(url))
    if here:
        return (sibling(url, f"{here[1]}{int(here[2]) + 1}{here[3]}"),)
    ends = urlsplit(url).path.endswith(("/", "/index.html"))
    return tuple(sibling(url, name) for name in ("list2.html", "list-2.html")) if ends else ()
