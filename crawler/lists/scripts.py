"""What a page's scripts contain of its list: addresses of further pages ("list_" + (n + 1) + ".html"), and entries as JSON or HTML."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator

from lxml import etree

from crawler.lists.entries import fragment_list
from crawler.lists.json_lists import json_entries
from crawler.lists.list_dates import date_alone
from crawler.lists.page_addresses import ENDING, numbered, query_page
from notices.capture import ListEntry
from notices.text.html import absolute

MAX_SCRIPT = 300_000
MIN_ENTRIES = 3
MAX_STARTS = 30
_ARRAY = re.compile(r"\[\s{0,20}\{\s{0,20}\"")
# Objects and rows as scripts write them, which is not JSON: {title:'…',link:'…'} and ['…','….html','2026-09-20'].
_QUOTED = r"""(?:"(?:[^"\\\n]|\\.){0,2000}"|'(?:[^'\\\n]|\\.){0,2000}')"""
_OBJECT = re.compile(r"\{[^{}]{20,5000}\}")
_FIELD = re.compile(rf"""[{{,]\s*['"]?([A-Za-z_]\w{{0,40}})['"]?\s*:\s*({_QUOTED}|\d{{1,14}})""")
_ROW = re.compile(rf"\[\s*(?:{_QUOTED}\s*,\s*){{1,11}}{_QUOTED}\s*\]")
_STRING = re.compile(_QUOTED)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")
_WRITTEN = re.compile(r"""<(?:li|tr|dd|p|div|a)\b[^\n]{0,60}""", re.I)
_ADDRESS = re.compile(rf"{ENDING}(?:$|[?#])|^https?://|^/\S*/", re.I)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_BOXES = ("textarea", "template", "xmp", "noscript")
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
            yield from _next_of(match, url, _loop_start(scripts, match))
    here = query_page(url)
    for match in list(_ASKED.finditer(scripts))[:5]:
        number = here[1] + 1 if here and match[1].endswith(f"{here[0]}=") else 2
        target = absolute(url, f"{match[1]}{number}")
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


def _loop_start(scripts: str, match: re.Match[str]) -> int | None:
    """The number at which a loop begins that writes the addresses of all pages: for (i = 1; …)."""
    loop = re.compile(rf"\bfor\s*\(\s*(?:var\s+|let\s+)?{re.escape(match[2])}\s*=\s*([01])\s*;")
    heads = list(loop.finditer(scripts, max(0, match.start() - 400), match.start()))
    return int(heads[-1][1]) if heads else None


def _next_of(match: re.Match[str], url: str, start: int | None) -> Iterator[str]:
    """Pages are counted from where a loop begins, from 1 where the script adds one, from 0 where it subtracts one; otherwise both are tried."""
    head, ending = match[1], match[5]
    here = numbered(url)
    name = head.rpartition("/")[2]
    if here and here[0] == name and here[2].startswith(ending[:4]):
        numbers = [here[1] + 1]
    elif start is not None:
        numbers = [start + int(match[4] or 0) * (-1 if match[3] == "-" else 1) + 1]
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
    found = [*_arrays(scripts, url), *_literals(scripts, url), *_fragments(root, scripts, url)]
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


def _literals(scripts: str, url: str) -> Iterator[tuple[ListEntry, ...]]:
    """The entries of objects and of rows that are written as literals of the script's language."""
    objects = [{name: _plain(value) for name, value in _FIELD.findall(found[0])} for found in _OBJECT.finditer(scripts)]
    yield json_entries([each for each in objects if each], url)
    rows = ([_plain(value) for value in _STRING.findall(found[0])] for found in _ROW.finditer(scripts))
    yield json_entries([row for values in rows if (row := _row(values))], url)


def _row(values: list[str]) -> dict[str, str] | None:
    """A row's fields by their looks; None unless one is an address and another can be a title."""
    link = next((value for value in values if _ADDRESS.search(value) and not _HAN.search(value)), None)
    title = max((value for value in values if _HAN.search(value)), key=len, default="")
    day = next((value for value in values if date_alone(value)), "")
    return {"title": title, "url": link, "date": day} if link and len(title) >= 5 else None


def _plain(literal: str) -> str:
    """The text of a string between its quotes, or of a number."""
    if literal[0] not in "\"'":
        return literal
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], literal[1:-1])


def _fragments(root: etree._Element, scripts: str, url: str) -> Iterator[tuple[ListEntry, ...]]:
    """The entries of HTML inside text boxes, and inside strings of scripts."""
    for box in root.iter(*_BOXES):
        content = (box.text or "") + "".join(etree.tostring(child, encoding="unicode") for child in box)
        if "<a" in content:
            yield fragment_list(content, url)
    if "<a" in scripts and _WRITTEN.search(scripts):
        plain = scripts.replace("\\/", "/").replace('\\"', '"').replace("\\'", "'")
        yield fragment_list(
            html.unescape(re.sub(r"""['"]\s*\)\s*;?\s*document\.write(?:ln)?\s*\(\s*['"]|['"]\s*\+\s*\n?\s*['"]""", "", plain)), url
        )
