"""Entries out of JSON answers: the longest array of objects that have a title and an address."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from notices.capture import ListEntry
from notices.text.dates import find_dates, parse_date
from notices.text.html import absolute
from notices.text.whitespace import collapse_whitespace

MAX_VALUES = 300_000
MAX_ENTRIES = 5_000
_PADDED = re.compile(r"^\s*[\w.$]{1,60}\s*\(\s*(?=[\[{])")
_TAG = re.compile(r"<[^<>]{0,300}>")
# Keys of titles, addresses and days, without underscores and in lower case, the most specific first: gkmlpt, UCAP, JPAAS, TRS and 政策文件库 answers.
_TITLES = ("titleo", "doctitle", "maintitle", "title", "infotitle", "showtitle", "subject", "headline", "docname", "articletitle", "name")
_ADDRESSES = (
    *("posturl", "url", "docurl", "docpuburl", "linkurl", "infourl", "detailurl", "htmlurl", "pageurl", "link", "href"),
    *("visiturl", "staticurl", "urls"),
)
_DAYS = (
    *("displaypublishtime", "firstpublishtime", "publishedtimestr", "publishedtime", "docreltime", "docrelpubtime", "docpubtime"),
    *("pubtime", "publishtime", "publishdate", "pubdate", "releasetime", "releasedate", "publishedtimeformat", "cfwrqformat"),
    *("docdate", "infodate", "ptime", "date", "time", "createdat", "createtime", "writedate", "showdate"),
)
# Last days of consultations and applications: 截止日期, 结束时间 and their initials.
_LAST_DAYS = ("deadline", "enddate", "endtime", "closedate", "closetime", "expiretime", "jzrq", "jzsj", "jiezhiriqi")
# Objects inside an item that contain its fields: Elasticsearch answers (_source), UCAP (data), policy libraries (map).
_INNER = ("data", "fields", "source", "_source", "doc", "article", "map")
_SHANGHAI = timedelta(hours=8)
_ZONED = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?\s?(?:Z|[+-]\d\d:?\d\d)")


def load(text: str) -> object:
    """The JSON value of an answer without its callback; None when it is not JSON."""
    body = text.strip().lstrip("\ufeff")
    padded = _PADDED.match(body[:100])
    if padded:
        body = body[padded.end() :].rstrip(" ;\n\r\t").removesuffix(")")
    if body[:1] not in ("{", "["):
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def json_entries(value: object, url: str) -> tuple[ListEntry, ...]:
    """The entries of the array with the most."""
    best: tuple[ListEntry, ...] = ()
    for array in _arrays(value):
        made = [entry for item in array[:MAX_ENTRIES] if isinstance(item, Mapping) and (entry := _entry(item, url))]
        if len(made) > len(best):
            best = tuple(dict.fromkeys(made))
    return best


def json_fragment(value: object) -> str | None:
    """The longest piece of HTML with links that an answer carries in a string."""
    found = [v for v in _values(value) if isinstance(v, str) and "<a" in v and "href" in v]
    return max(found, key=len, default=None)


def json_number(value: object, *names: str) -> int | None:
    """The first whole number under one of these keys, at any depth."""
    for item in _values(value):
        if isinstance(item, Mapping):
            for name in names:
                number = item.get(name)
                if isinstance(number, str) and number.isdecimal() and len(number) < 10:
                    number = int(number)
                if isinstance(number, int) and not isinstance(number, bool):
                    return number
    return None


def _values(value: object) -> Iterator[object]:
    """Every value inside, breadth first, at most MAX_VALUES."""
    queue = [value]
    seen = 0
    while queue and seen < MAX_VALUES:
        following: list[object] = []
        for item in queue:
            seen += 1
            yield item
            if isinstance(item, Mapping):
                following.extend(item.values())
            elif isinstance(item, list):
                following.extend(item)
        queue = following


def _arrays(value: object) -> Iterator[list[object]]:
    return (v for v in _values(value) if isinstance(v, list) and v and isinstance(v[0], Mapping))


def _entry(item: Mapping[str, object], url: str) -> ListEntry | None:
    inner = (item.get(key) for key in _INNER)
    for layer in (item, *(each for each in inner if isinstance(each, Mapping))):
        folded = {str(k).replace("_", "").lower(): v for k, v in layer.items()}
        title = next((t for k in _TITLES if (t := _plain(folded.get(k)))), None)
        links = (_link(folded.get(k)) for k in _ADDRESSES)
        address = next((a for link in links if link and (a := absolute(url, link))), None)
        if title and address:
            day = next((d for k in _DAYS if (d := _day(folded.get(k)))), None)
            return ListEntry(title, address, day, next((d for k in _LAST_DAYS if (d := _day(folded.get(k)))), None))
    return None


def _link(value: object) -> str | None:
    """A link, or the first one of an object of several ({"pc": …, "mobile": …}, JPAAS), which may itself be written as a string."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = load(value)
    if isinstance(value, Mapping):
        links = [value.get("pc"), *value.values()]
        return next((link for link in links if isinstance(link, str) and link), None)
    return value if isinstance(value, str) else None


def _plain(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return collapse_whitespace(html.unescape(_TAG.sub("", value[:2000])))


def _moment(value: str) -> date | None:
    """The day in Asia/Shanghai of an ISO 8601 time that gives its zone: Jackson writes midnight there as 16:00+0000 of the day before."""
    if not _ZONED.fullmatch(value.strip()[:40]):
        return None
    try:
        # Python 3.11 reads offsets with and without a colon, and Z.
        return (datetime.fromisoformat(value.strip()).astimezone(UTC) + _SHANGHAI).date()
    except (ValueError, OverflowError):
        return None


def _day(value: object) -> date | None:
    """The day of a date string, or of a time in seconds or milliseconds, in Asia/Shanghai."""
    if isinstance(value, str):
        if value.isdecimal() and len(value) in (10, 13):
            return _day(int(value))
        moment = _moment(value)
        if moment:
            return moment
        found = find_dates(value[:60])
        return found[0][2] if found else parse_date(value[:60])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    seconds = value / 1000 if value > 1e11 else value
    return (datetime.fromtimestamp(seconds, UTC) + _SHANGHAI).date() if 3e8 < seconds < 4.2e9 else None
