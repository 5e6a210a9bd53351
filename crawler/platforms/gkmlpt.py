"""gkmlpt (Guangdong's disclosure platform): /gkmlpt/api/all/COLUMN?page=N&sid=SID answers JSON; the page itself contains no entries."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from crawler.lists.json_lists import json_entries, json_number, load
from crawler.lists.page_addresses import query_page, with_query
from crawler.platforms import ListReading

NAME = "gkmlpt"
INFERS = False
PAGE_SIZE = 100
_SID = re.compile(r"\bSID['\"]?\s*:\s*['\"]?(\d{1,12})")
_API = re.compile(r"/gkmlpt/api/all/\d+")


def matches(text: str, url: str) -> bool:
    """Whether the page is the platform's own or an answer of it."""
    return "/gkmlpt/" in urlsplit(url).path and (bool(_API.search(url)) or bool(_SID.search(text)))


def read(text: str, url: str) -> ListReading | None:
    """The articles of an answer; a platform page has none itself and names the answer that contains its list."""
    if not _API.search(url):
        pages = next_pages(text, url)
        return ListReading((), pages[0] if pages else None, ended=not pages)
    value = load(text)
    entries = json_entries(value, url)
    total = json_number(value, "total", "post_count")
    here = query_page(url) or ("page", 1)
    ended = not entries or (total is not None and here[1] * PAGE_SIZE >= total)
    return ListReading(entries, None if ended else with_query(url, **{here[0]: here[1] + 1}), ended=ended)


def next_pages(text: str, url: str) -> tuple[str, ...]:
    """The first answer for a platform page: of the column in its fragment, else of all columns."""
    if _API.search(url):
        return ()
    sid = _SID.search(text)
    column = re.match(r"\d+", urlsplit(url).fragment)
    root = url.partition("/gkmlpt/")[0]
    return (f"{root}/gkmlpt/api/all/{column[0] if column else 0}?page=1&sid={sid[1]}",) if sid else ()
