"""JPAAS publish server: lists are units that scripts fetch as JSON with HTML inside (data.html)."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from crawler.lists.entries import fragment_entries
from crawler.lists.json_lists import json_entries, json_fragment, json_number, load
from crawler.lists.page_addresses import with_query
from crawler.platforms import ListReading
from notices.text.html import absolute

NAME = "jpaas"
INFERS = False
UNIT = "/front/page/build/unit"
_SCRIPT = re.compile(r"<script\b([^<>]{0,4000}/front/page/build/unit[^<>]{0,4000})>", re.I)
_ADDRESS = re.compile(r"""\b(?:url|src|data-url)\s*=\s*["']([^"']{1,500})["']""", re.I)
_QUERY = re.compile(r"""queryData\s*=\s*(?:"([^"]{1,3000})"|'([^']{1,3000})')""", re.I)
_PAIR = re.compile(r"""['"](\w{1,40})['"]\s*:\s*['"]([^'"]{0,200})['"]""")
_SIZE = re.compile(r"""pageSize['"]?\s*[:=]\s*['"]?(\d{1,3})""")
_LISTING = re.compile(r"list|列表|分页|page|当前栏目", re.I)


def matches(text: str, url: str) -> bool:
    """Whether the page contains such units or is the answer of one."""
    return UNIT in url or UNIT in text


def read(text: str, url: str) -> ListReading | None:
    """The entries of a unit's answer; for a column page without entries of its own, see next_pages."""
    if UNIT not in url:
        return None
    value = load(text)
    if value is None:
        return ListReading(ended=True)
    fragment = json_fragment(value)
    entries = fragment_entries(html.unescape(fragment) if "&lt;a" in fragment else fragment, url) if fragment else json_entries(value, url)
    last = json_number(value, "totalPage", "totalpage", "pages")
    following = _turned(url) if entries else None
    ended = following is None or (last is not None and _number(url) >= last)
    return ListReading(entries, None if ended else following, ended=ended)


def next_pages(text: str, url: str) -> tuple[str, ...]:
    """The first answer of each unit of a column page, units named as lists first; compact JSON, because the servers reject any other."""
    if UNIT in url:
        following = _turned(url)
        return (following,) if following else ()
    size = _SIZE.search(text)
    units = sorted(_units(text, url), key=lambda unit: not _LISTING.search(unit[1].get("tagId", "")))
    return tuple(_asked(address, values, size[1] if size else "15") for address, values in units[:5])


def _units(text: str, url: str) -> list[tuple[str, dict[str, str]]]:
    found = []
    for match in _SCRIPT.finditer(text):
        address, query = _ADDRESS.search(match[1]), _QUERY.search(match[1])
        target = absolute(url, address[1]) if address else None
        if target and query:
            values = dict(_PAIR.findall(html.unescape(query[1] or query[2])))
            if values.get("pageId"):
                found.append((target, values))
    return found


def _asked(address: str, values: Mapping[str, str], size: str) -> str:
    known = {k: v for k, v in values.items() if k != "paramJson"}
    return with_query(address, **known, paramJson=_compact(1, int(size)))


def _turned(url: str) -> str | None:
    """The unit's address with its page number raised."""
    number = _number(url)
    values = _parameters(url)
    size = values.get("pageSize", 15)
    return with_query(url, paramJson=_compact(number + 1, int(str(size)) if str(size).isdecimal() else 15)) if number else None


def _number(url: str) -> int:
    number = _parameters(url).get("pageNo", 0)
    return int(str(number)) if str(number).isdecimal() else 0


def _parameters(url: str) -> Mapping[str, object]:
    for pair in urlsplit(url).query.split("&"):
        if pair.lower().startswith("paramjson="):
            value = load(unquote(pair[10:]))
            return value if isinstance(value, Mapping) else {}
    return {}


def _compact(number: int, size: int) -> str:
    return json.dumps({"pageNo": number, "pageSize": size}, separators=(",", ":"))
