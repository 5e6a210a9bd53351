"""Addresses of further pages that a page's own scripts put together: "list_" + (n + 1) + ".html"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from crawler.lists.page_addresses import numbered
from notices.text.html import absolute

MAX_SCRIPT = 300_000
_VARIABLE = r"\s*\+\s*\(?\s*([A-Za-z_$][\w.$]{0,40})\s*(?:([+-])\s*(\d)\s*)?\)?"
_ENDING = r"""\s*\+\s*["'](\.(?:s?html?|jspx?|aspx?|php)\b[^"'<>\s]{0,80})["']"""
_JOINED = re.compile(r"""["']([^"'<>\s]{0,200})["']""" + _VARIABLE + _ENDING)
_KEY = r"(?:page|pageno|pagenum|pageindex|currpage|curpage|cur_page|pn|p)"
_ASKED = re.compile(rf"""["']([^"'<>\s]{{0,200}}[?&]{_KEY}=)["']""" + _VARIABLE, re.I)
_LEADS = re.compile(r"href|location|open|url|src|goto|replace", re.I)
_TOTAL = re.compile(
    r"\b(?:countPage|totalPages?|pageCount|pagecount|maxPage|page_count|PAGE_COUNT|pages)\b['\"]?\s*[:=]\s*['\"]?(\d{1,6})\b"
)
_RECORDS = re.compile(r"\b(?:total|totalCount|totalRecord|count|recordCount|rowCount)\b['\"]?\s*[:=]\s*['\"]?(\d{1,8})\b")
_SIZE = re.compile(r"\b(?:pageSize|perPage|limit|pagesize)\b['\"]?\s*[:=]\s*['\"]?(\d{1,4})\b")


def scripts_of(root: Any) -> str:
    """The text of a page's inline scripts, at most MAX_SCRIPT characters."""
    pieces, size = [], 0
    for script in root.iter("script"):
        if script.text:
            pieces.append(script.text)
            size += len(script.text)
            if size > MAX_SCRIPT:
                break
    return "\n".join(pieces)[:MAX_SCRIPT]


def scripted_pages(scripts: str, url: str) -> Iterator[str]:
    """The next page by every address that the scripts join from parts, best first."""
    if "+" not in scripts or total_pages(scripts) == 1:
        return
    for match in list(_JOINED.finditer(scripts))[:20]:
        if _LEADS.search(scripts[max(0, match.start() - 120) : match.start()]):
            yield from _next_of(match, url)
    for match in list(_ASKED.finditer(scripts))[:5]:
        target = absolute(url, match[1] + "2")
        if target and _LEADS.search(scripts[max(0, match.start() - 120) : match.start()]):
            yield target


def total_pages(scripts: str) -> int | None:
    """How many pages the scripts speak of, by count or by records and page size."""
    total = _TOTAL.search(scripts)
    if total:
        return int(total[1])
    records, size = _RECORDS.search(scripts), _SIZE.search(scripts)
    if records and size and int(records[1]) and int(size[1]):
        return -(-int(records[1]) // int(size[1]))
    return None


def _next_of(match: re.Match[str], url: str) -> Iterator[str]:
    """A page is counted from 1 where the script adds one, from 0 where it takes one away; else both are tried."""
    head, ending = match[1], match[5]
    here = numbered(url)
    name = head.rpartition("/")[2]
    if here and here[0] == name and here[2].startswith(ending[:4]):
        numbers = [here[1] + 1]
    elif match[3] == "+":
        numbers = [2]
    elif match[3] == "-":
        numbers = [1]
    else:
        numbers = [1, 2]
    for number in numbers:
        target = absolute(url, f"{head}{number}{ending}")
        if target:
            yield target
