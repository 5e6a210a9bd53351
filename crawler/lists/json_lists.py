"""Entries out of JSON answers: the longest array of objects that have a title and an address."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from crawler.lists.json_keys import Folded, guessed_address, guessed_day, guessed_title
from crawler.lists.list_dates import MONTHS
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
_NET = re.compile(r"\\?/Date\((\d{10,13})(?:[+-]\d{4})?\)\\?/")  # ASP.NET
_ENGLISH = re.compile(r"([A-Z][a-z]{2}) (\d{1,2}), (\d{4})\b")  # Gson
_LEAST_GUESSED = 2
_LONGEST_INNER = 5_000_000  # characters of JSON that is written as a string


@dataclass(frozen=True, slots=True)
class _Keys:
    """The names of the fields of an entry, the most specific first."""

    titles: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    days: tuple[str, ...] = ()


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
    """The entries of the array with the most; keys of no known name are found by their values."""
    arrays = [
        [layers for item in array[:MAX_ENTRIES] if isinstance(item, Mapping) and (layers := _layers(item))] for array in _arrays(value)
    ]
    for keys_of in (_known_keys, _guessed_keys):
        best: tuple[ListEntry, ...] = ()
        for array in arrays:
            if len(array) > len(best) and (made := dict.fromkeys(_entries(array, keys_of(array), url))) and len(made) > len(best):
                best = tuple(made)
        if best:
            return best
    return ()


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
            elif isinstance(item, str) and item[:2] in ("[{", '{"') and len(item) <= _LONGEST_INNER and (inner := load(item)) is not None:
                following.append(inner)
        queue = following


def _arrays(value: object) -> Iterator[list[object]]:
    return (v for v in _values(value) if isinstance(v, list) and v and isinstance(v[0], Mapping))


def _layers(item: Mapping[str, object]) -> list[Folded]:
    """An object and those inside it that contain its fields, their keys without underscores and in lower case."""
    inner = (item.get(key) for key in _INNER)
    return [{str(k).replace("_", "").lower(): v for k, v in layer.items()} for layer in (item, *inner) if isinstance(layer, Mapping)]


def _known_keys(array: Sequence[Sequence[Folded]]) -> _Keys:
    """The known names; for the days that which most objects have where none has a known one."""
    if any(_first_day(layer, _DAYS) for layers in array for layer in layers):
        return _Keys(_TITLES, _ADDRESSES, _DAYS)
    deepest = [layers[-1] for layers in array if any(key in layers[-1] for key in _TITLES)] or [layers[0] for layers in array]
    day = guessed_day(deepest, lambda value: _day(value) is not None)
    return _Keys(_TITLES, _ADDRESSES, (day,) if day else ())


def _guessed_keys(array: Sequence[Sequence[Folded]]) -> _Keys:
    """Names that only their values tell: two objects at least have to agree."""
    if len(array) < _LEAST_GUESSED:
        return _Keys()
    known = _known_keys(array)
    for n in range(max(map(len, array))):
        layer = [layers[n] for layers in array if len(layers) > n]
        title = next(
            (key for key in _TITLES if sum(bool(_plain(item.get(key))) for item in layer) * 2 > len(layer)), None
        ) or guessed_title(layer)
        address = next((key for key in _ADDRESSES if sum(bool(_link(item.get(key))) for item in layer) * 2 > len(layer)), None)
        address = address or guessed_address(layer)
        if title and address:
            day = guessed_day(layer, lambda value: _day(value) is not None)
            return _Keys((title,), (address,), known.days or ((day,) if day else ()))
    return _Keys()


def _entries(array: Iterable[Iterable[Folded]], keys: _Keys, url: str) -> Iterator[ListEntry]:
    for layers in array:
        for layer in layers:
            title = next((t for k in keys.titles if (t := _plain(layer.get(k)))), None)
            links = (_link(layer.get(k)) for k in keys.addresses)
            address = next((a for link in links if link and (a := absolute(url, link))), None)
            if title and address:
                yield ListEntry(title, address, _first_day(layer, keys.days), _first_day(layer, _LAST_DAYS))
                break


def _first_day(layer: Folded, keys: Iterable[str]) -> date | None:
    return next((day for key in keys if (day := _day(layer.get(key)))), None)


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
    """The day of a date in any of the forms in which JSON has it, in Asia/Shanghai: texts, seconds, milliseconds, parts, Java's and .NET's objects."""
    if isinstance(value, str):
        return _day_of_text(value.strip())
    if isinstance(value, Mapping):
        return _day(value.get("time"))
    if isinstance(value, list):
        return _day_of_parts(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    seconds = value / 1000 if value > 1e11 else value
    return (datetime.fromtimestamp(seconds, UTC) + _SHANGHAI).date() if 3e8 < seconds < 4.2e9 else None


def _day_of_text(value: str) -> date | None:
    if value.isdecimal() and len(value) in (10, 13):
        return _day(int(value))
    if net := _NET.fullmatch(value):
        return _day(int(net[1]))
    if moment := _moment(value):
        return moment
    if value.isdecimal() and len(value) == len("20260301080000"):
        return parse_date(value[:8])
    if (english := _ENGLISH.match(value)) and english[1].lower() in MONTHS:
        return _day_of_parts([int(english[3]), MONTHS.index(english[1].lower()) + 1, int(english[2])])
    found = find_dates(value[:60])
    return found[0][2] if found else parse_date(value[:60])


def _day_of_parts(parts: Sequence[object]) -> date | None:
    """The day of [year, month, day, …], as Java writes a LocalDateTime."""
    numbers = [part for part in parts[:3] if isinstance(part, int) and not isinstance(part, bool)]
    if len(numbers) < len(("year", "month", "day")) or not 1990 <= numbers[0] <= 2100:
        return None
    try:
        return date(*numbers)
    except (ValueError, OverflowError):
        return None
