"""What a page's scripts contain of its list: addresses of further pages ("list_" + (n + 1) + ".html"), and entries as JSON or HTML."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator

from lxml import etree

from crawler.lists.entries import fragment_list
from crawler.lists.json_lists import json_entries
from crawler.lists.page_addresses import ENDING, numbered
from notices.capture import ListEntry
from notices.text.html import absolute

MAX_SCRIPT = 300_000
MIN_ENTRIES = 3
MAX_STARTS = 30
_ARRAY = re.compile(r"\[\s{0,20}\{\s{0,20}\"")
_WRITTEN = re.compile(r"""<(?:li|tr|dd|p|div|a)\b[^\n]{0,60}""", re.I)
_BOXES = ("textarea", "template", "xmp")
_VARIABLE = r"\s*\+\s*\(?\s*([A-Za-z_$][\w.$]{0,40})\s*(?:([+-])\s*(\d)\s*)?\)?"
_ENDING = rf"""\s*\+\s*["']({ENDING}\b[^"'<>\s]{{0,80}})["']"""
_JOINED = re.compile(r"""["']([^"'<>\s]{0,200})["']""" + _VARIABLE + _ENDING)
_KEY = r"(?:page|pageno|pagenum|pageindex|currpage|curpage|cur_page|pn|p)"
_ASKED = re.compile(rf"""["']([^"'<>\s]{{0,200}}[?&]{_KEY}=)["']""" + _VARIABLE, re.I)
_LEADS = re.compile(r"href|location|open|url|src|goto|replace", re.I)
_TOTAL = re.compile(
    r"\b(?:countPage|totalPages?|pageCount|pagecount|maxPage|page_count|PAGE_COUNT|pages)\b['\"]?\s*[:=]\s*['\"]?(\d{1,6})\b"
)
_RECORDS = re.compile(r"\b(?:total|totalCount|totalRecord|count|recordCount|rowCount)\b['\"]?\s*[:=]\s*['\"]?(\d{1,8})\b")
_SIZE = re.compile(r"\b(?:pageSize|perPage|limit|pagesize)\b['\"]?\s*[:=]\s*['\"]?(\d{1,4})\b")


def scripts_of(root: etree._Element) -> str:
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
    """The next page, by every address that the scripts join from parts, best first."""
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
    """The number of pages in the scripts, by count or by records and page size."""
    total = _TOTAL.search(scripts)
    if total:
        return int(total[1])
    records, size = _RECORDS.search(scripts), _SIZE.search(scripts)
    if records and size and int(records[1]) and int(size[1]):
        return -(-int(records[1]) // int(size[1]))
    return None


def _next_of(match: re.Match[str], url: str) -> Iterator[str]:
    """Pages are counted from 1 where the script adds one, from 0 where it subtracts one; otherwise both are tried."""
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


def embedded_entries(root: etree._Element, scripts: str, url: str) -> tuple[ListEntry, ...]:
    """The entries of the longest list in the scripts and text boxes; empty when it has fewer than three."""
    found = [*_arrays(scripts, url), *_fragments(root, scripts, url)]
    best = max(found, key=len, default=())
    return best if len(best) >= MIN_ENTRIES else ()


def _arrays(scripts: str, url: str) -> Iterator[tuple[ListEntry, ...]]:
    """The entries of each array of objects that is JSON."""
    decoder, end = json.JSONDecoder(), 0
    for n, match in enumerate(_ARRAY.finditer(scripts)):
        if n >= MAX_STARTS:
            return
        if match.start() < end:
            continue
        try:
            value, end = decoder.raw_decode(scripts, match.start())
        except (ValueError, RecursionError):
            continue
        yield json_entries(value, url)


def _fragments(root: etree._Element, scripts: str, url: str) -> Iterator[tuple[ListEntry, ...]]:
    """The entries of HTML inside text boxes, and inside strings of scripts."""
    for box in root.iter(*_BOXES):
        if box.text and "<a" in box.text:
            yield fragment_list(box.text, url)
    if "<a" in scripts and _WRITTEN.search(scripts):
        plain = scripts.replace("\\/", "/").replace('\\"', '"').replace("\\'", "'")
        yield fragment_list(
            html.unescape(re.sub(r"""['"]\s*\)\s*;?\s*document\.write(?:ln)?\s*\(\s*['"]|['"]\s*\+\s*\n?\s*['"]""", "", plain)), url
        )
