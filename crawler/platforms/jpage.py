"""大汉 JCMS jpage: the first group of records is in the column page, the others come from dataproxy.jsp as XML."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from crawler.lists.entries import record_entry
from crawler.lists.page_addresses import with_query
from crawler.platforms import ListReading
from notices.capture import ListEntry
from notices.text.html import absolute

NAME = "jpage"
INFERS = False
PROXY = "/module/web/jpage/dataproxy.jsp"
MAX_RECORDS = 2_000
_HREF = re.compile(r"""href\s*=\s*["']([^"']{1,2000})""", re.I)
_PARAMETER = re.compile(
    r"""["']?\b(col|appid|webid|path|columnid|sourceContentType|unitid|webname|permissiontype)["']?\s*[:=]\s*["']?([^"',&}\s<>]{0,200})"""
)
_PROXY = re.compile(r"""["']([^"'\s<>]{0,200}/jpage/dataproxy\.jsp)[^"']{0,2000}["']""")
_SIZE = re.compile(r"\bperPage['\"]?\s*[:=]\s*['\"]?(\d{1,3})", re.I)
_TOTAL = re.compile(r"<totalrecord>\s*(\d{1,8})|\btotalRecord['\"]?\s*[:=]\s*['\"]?(\d{1,8})", re.I)


def matches(text: str, url: str) -> bool:
    """Whether the page contains records or requests them, or is such an answer."""
    return "jpage/dataproxy.jsp" in url or "dataproxy.jsp" in text or ("<datastore>" in text and "<record" in text)


def read(text: str, url: str) -> ListReading | None:
    """The records that the page embeds, or those of an answer; None without records."""
    records = list(_records(text))
    if not records and "jpage/dataproxy.jsp" not in url:
        return None
    base = url if "dataproxy.jsp" not in url else f"{url.partition(PROXY)[0]}/"
    entries = tuple(e for r in records for e in [record_entry(r, base)] if e)
    pages = next_pages(text, url) if entries else ()
    return ListReading(_once(entries), pages[0] if pages else None, ended=not pages)


def next_pages(text: str, url: str) -> tuple[str, ...]:
    """The next group as the page names it, else by the numbers of its records."""
    count = sum(1 for _ in _records(text))
    total = _TOTAL.search(text)
    known = int(total[1] or total[2]) if total else None
    group = _group(text)
    if group and (known is None or count < known or "dataproxy" in url):
        target = absolute(url, group)
        return (target,) if target and target != url else ()
    if "dataproxy.jsp" in url:
        return _after(url, count, known)
    proxy = _PROXY.search(text)
    parameters = dict(_PARAMETER.findall(text))
    if not proxy or "columnid" not in parameters or (known is not None and count >= known):
        return ()
    size = _SIZE.search(text)
    per_page = int(size[1]) if size else 15
    start = count + 1
    target = absolute(url, proxy[1])
    numbers = {"startrecord": start, "endrecord": start + 3 * per_page - 1, "perpage": per_page}
    return (with_query(target, **numbers, **parameters),) if target else ()


def _after(url: str, count: int, total: int | None) -> tuple[str, ...]:
    """The answer's own address with its records moved on, or its page raised."""
    values = dict(pair.partition("=")[::2] for pair in urlsplit(url).query.split("&"))
    start, end, page = (values.get(k, "") for k in ("startrecord", "endrecord", "page"))
    if start.isdecimal() and end.isdecimal():
        size = max(int(end) - int(start) + 1, 1)
        more = count and (total is None or int(end) < total)
        return (with_query(url, startrecord=int(end) + 1, endrecord=int(end) + size),) if more else ()
    return (with_query(url, page=int(page) + 1),) if page.isdecimal() and count else ()


def _group(text: str) -> str | None:
    """The address that <nextgroup> names; its ids may be encrypted, so it is taken unchanged."""
    _, found, rest = text.partition("<nextgroup>")
    if not found:
        return None
    href = _HREF.search(rest[:4000].partition("</nextgroup>")[0])
    return html.unescape(href[1]) if href else None


def _records(text: str) -> Iterator[str]:
    """The HTML of each record."""
    for n, piece in enumerate(text.split("<record>")[1:]):
        if n >= MAX_RECORDS:
            return
        inside = piece.partition("</record>")[0].strip()
        data = inside.removeprefix("<![CDATA[").removesuffix("]]>").strip()
        yield data if "<a" in data else html.unescape(data)


def _once(entries: tuple[ListEntry, ...]) -> tuple[ListEntry, ...]:
    return tuple(dict.fromkeys(entries))
