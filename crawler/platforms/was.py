"""TRS WAS5 search: XML with <REC> and CDATA fields."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from crawler.lists.page_addresses import query_page, with_query
from crawler.platforms import ListReading
from notices.capture import ListEntry
from notices.text.dates import find_dates
from notices.text.html import absolute

NAME = "was"
INFERS = False
_FIELD = re.compile(r"<(TITLE|DOCTITLE|URL|DOCPUBURL|DOCRELTIME|DOCPUBTIME|PUBDATE)>([^\0]{0,1500}?)</\1>", re.I)
_TAG = re.compile(r"<[^<>]{1,200}>")
_COUNT = re.compile(r"<RECORDCOUNT>\D{0,12}(\d{1,8})", re.I)
_CHANNEL, _COLUMN = (re.compile(rf"\b{name}\s*[=:]\s*['\"]?(\d{{1,10}})") for name in ("wasid", "wcmid"))
_UPPER = re.compile(r"<(/?)rec>", re.I)


def search_of(text: str, url: str) -> str | None:
    """The first answer of the search that fills a page without entries of its own (var wcmid, wasid); None without one."""
    channel, column = _CHANNEL.search(text), _COLUMN.search(text)
    target = absolute(url, "/was5/web/search") if channel and column else None
    return with_query(target, channelid=channel[1], chnlid=column[1], page=1) if target and channel and column else None


def matches(text: str, url: str) -> bool:
    """Whether this is such an answer."""
    return "<REC>" in text[:5000].upper() and "<TITLE>" in text[:20_000].upper()


def read(text: str, url: str) -> ListReading | None:
    """The records of an answer."""
    entries = tuple(dict.fromkeys(e for piece in _records(text) for e in [_entry(piece, url)] if e))
    count, here = _COUNT.search(text[:20_000]), query_page(url) or ("page", 1)
    ended = not entries or (count is not None and here[1] * len(entries) >= int(count[1]))
    return ListReading(entries, None if ended else with_query(url, **{here[0]: here[1] + 1}), ended=ended)


def next_pages(text: str, url: str) -> tuple[str, ...]:
    """Nothing: read names the next page."""
    return ()


def _records(text: str) -> Iterator[str]:
    for piece in _UPPER.sub(r"<\1REC>", text).split("<REC>")[1:2001]:
        yield piece.partition("</REC>")[0][:20_000]


def _entry(piece: str, url: str) -> ListEntry | None:
    fields = {name.upper(): _value(value) for name, value in _FIELD.findall(piece)}
    title = fields.get("TITLE") or fields.get("DOCTITLE")
    target = absolute(url, fields.get("URL") or fields.get("DOCPUBURL"))
    if not title or not target:
        return None
    days = find_dates(fields.get("DOCRELTIME") or fields.get("DOCPUBTIME") or fields.get("PUBDATE") or "")
    return ListEntry(title, target, days[0][2] if days else None)


def _value(text: str) -> str:
    inside = text.strip().removeprefix("<![CDATA[").removesuffix("]]>")
    return html.unescape(_TAG.sub("", inside)).strip()
