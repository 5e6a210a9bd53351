"""开普 UCAP: /common/search/CHANNEL, /search/CHANNEL and /searchList/CHANNEL answer JSON (data.results)."""

from __future__ import annotations

import html
import re

from crawler.lists.json_lists import json_entries, json_number, load
from crawler.lists.page_addresses import query_page, with_query
from crawler.platforms import ListReading
from notices.text.html import absolute

NAME = "ucap"
INFERS = False
_API = re.compile(r"/(?:common/)?search(?:List)?/[0-9a-zA-Z]{6,40}\?")
_PATH = r"(?:(?:https?:)?/{0,2}[^\"'()\s<>]{0,200}/)?(?:common/)?search(?:List)?/[0-9a-f]{32}(?:\?[^\"'()\s<>]{0,500})?"
_NAMED = re.compile(rf"""["'(](/?{_PATH})["')]""")
_CHANNEL = re.compile(r"search(?:List)?/[0-9a-f]{32}")


def matches(text: str, url: str) -> bool:
    """Whether this is such an answer or a page that requests one."""
    return bool(_API.search(url)) or "CMSPRO_" in text or "_isJson=true" in text or bool(_CHANNEL.search(text))


def read(text: str, url: str) -> ListReading | None:
    """The results of an answer."""
    value = load(text) if _API.search(url) else None
    if value is None:
        return None
    entries = json_entries(value, url)
    total, rows = json_number(value, "total"), json_number(value, "rows", "pageSize")
    here = query_page(url) or ("page", 1)
    ended = not entries or (total is not None and here[1] * (rows or len(entries)) >= total)
    return ListReading(entries, None if ended else with_query(url, **{here[0]: here[1] + 1}), ended=ended)


def next_pages(text: str, url: str) -> tuple[str, ...]:
    """The channel's answer that a column page requests. Sites that demand a token made by their own script cannot be read."""
    if _API.search(url):
        return ()
    named = _NAMED.search(text[:500_000]) if _CHANNEL.search(text) else None
    target = absolute(url, html.unescape(named[1])) if named else None
    return tuple(with_query(target, _isAgg="true", _isJson="true", _pageSize=15, page=n) for n in (2, 1)) if target else ()
