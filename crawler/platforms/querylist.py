"""大汉 (newer, 江西, 国家疾控局): the first rows are in the script of the column page (var listData), further pages are answers of POST /queryList."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from crawler.lists.json_lists import json_entries, json_number, load
from crawler.lists.page_addresses import posted, posted_form
from crawler.platforms import ListReading

NAME = "querylist"
INFERS = False
_PATH = "/queryList"
# Keys in the scripts of a column page: unitid: "522756", 'webSiteCode[]': 'jxsfzhggwyh', channelCode=["col14590"], "perPage": 15.
_VALUE = re.compile(
    r"\b(unitid|webSiteCode|channelCode|perPage|pageSize)(?:\[\]|%5B%5D)?[\"']?\s{0,4}[:=]\s{0,4}\[?\s{0,4}[\"']?([\w-]{1,60})", re.I
)
# The folder of a site and that of its column: /jxsfzhggwyh/col/col14590/index.html, /jxsgyhxxht/gfxwj/index.html.
_FOLDERS = re.compile(r"^/([\w-]{1,60})/(?:col/)?([\w-]{1,60})/(?:index\.html?)?$")
_TOTAL = re.compile(r"\btotal[\"']?\s{0,4}[:=]\s{0,4}[\"']?(\d{1,7})")
_USUAL = 15  # rows of a page


def matches(text: str, url: str) -> bool:
    """Whether the page has its rows in listData and asks for more, or is such an answer."""
    return urlsplit(url).path.endswith(_PATH) or ("articleList" in text and "listData" in text) or (_PATH in text and "channelCode" in text)


def read(text: str, url: str) -> ListReading | None:
    """The rows of an answer; None for a column page, whose scripts are read as any other's."""
    if not urlsplit(url).path.endswith(_PATH):
        return None
    value = load(text)
    entries = json_entries(value, url) if value is not None else ()
    pages = next_pages(text, url) if entries else ()
    return ListReading(entries, pages[0] if pages else None, ended=not pages)


def next_pages(text: str, url: str) -> tuple[str, ...]:
    """The answer with the rows after these."""
    form = posted_form(url)
    if form is not None:
        return _after(text, url, dict(parse_qsl(form, keep_blank_values=True)))
    values: dict[str, str] = {}
    for name, value in _VALUE.findall(text):
        values.setdefault(name.lower(), value)
    folders = _FOLDERS.match(urlsplit(url).path)
    site, column = values.get("websitecode") or (folders and folders[1]), values.get("channelcode") or (folders and folders[2])
    size = values.get("pagesize") or values.get("perpage") or ""
    rows = int(size) if size.isdecimal() and 0 < int(size) <= 500 else _USUAL
    total = _TOTAL.search(text)
    if not site or not column or (total and int(total[1]) <= rows):
        return ()
    unit = {"unitid": values["unitid"]} if "unitid" in values else {}
    asked = {"current": "2", **unit, "webSiteCode[]": site, "channelCode[]": column, "perPage": str(rows), "pageSize": str(rows)}
    return (posted(urljoin(url, _PATH), urlencode(asked)),)


def _after(text: str, url: str, asked: Mapping[str, str]) -> tuple[str, ...]:
    current, size = (int(asked.get(name, "")) if asked.get(name, "").isdecimal() else 0 for name in ("current", "pageSize"))
    total = json_number(load(text), "total", "totalCount")
    if not current or (total is not None and current * (size or _USUAL) >= total):
        return ()
    return (posted(url.partition("#")[0], urlencode({**asked, "current": str(current + 1)})),)
