"""Periods and deadlines with inferred years (reference/domain.md §5.1). Times are local; an end is exclusive."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from notices.model import Period

_B = r"[ \u3000\xa0]{0,3}"
_WEEKDAY = r"(?:[（(](?:星期|周)[一二三四五六日天][）)])?"
_CLOCK = (
    rf"(?:{_B}(?P<SIDEhalf>上午|下午|中午|晚上)?{_B}(?P<SIDEhour>\d{{1,2}}){_B}"
    rf"(?:[:：]{_B}(?P<SIDEminute>\d{{2}})|[时点](?:(?P<SIDEminutes>\d{{1,2}})分)?))?"
)
_CLOCK_A, _CLOCK_B = _CLOCK.replace("SIDE", "a"), _CLOCK.replace("SIDE", "b")
_SEPARATOR = rf"{_B}[（(]?(?:起)?[）)]?{_B}(?:至|到|—|－|-|~|～|–){{1,2}}{_B}"
_FROM = rf"(?:(?P<ayear>\d{{4}}){_B}年{_B})?(?P<amonth>\d{{1,2}}){_B}月{_B}(?P<aday>\d{{1,2}}){_B}日{_WEEKDAY}"
_TO = rf"(?:(?:(?:(?P<byear>\d{{4}}){_B}年{_B})?(?P<bmonth>\d{{1,2}}){_B}月{_B})?(?P<bday>\d{{1,2}}){_B}日{_WEEKDAY})"
_RANGE = re.compile(_FROM + _CLOCK_A + _SEPARATOR + _TO + _CLOCK_B)
_NUMERIC = re.compile(
    r"(?<!\d)(?P<ayear>\d{4})[-/.](?P<amonth>\d{1,2})[-/.](?P<aday>\d{1,2})\s{0,2}(?:至|到|—|~|～)+\s{0,2}"
    r"(?P<byear>\d{4})[-/.](?P<bmonth>\d{1,2})[-/.](?P<bday>\d{1,2})(?!\d)"
)
_BEFORE = re.compile(
    rf"(?:(?:(?P<byear>\d{{4}}){_B}年{_B})?(?P<bmonth>\d{{1,2}}){_B}月{_B})?(?P<bday>\d{{1,2}}){_B}日{_WEEKDAY}"
    + _CLOCK_B
    + "(?:之前|以前|前)"
)
_UNTIL = re.compile(
    rf"截[至止](?:日期|时间)?(?:为|到|至)?[:：]?{_B}(?:(?P<byear>\d{{4}}){_B}年{_B})?(?P<bmonth>\d{{1,2}}){_B}月{_B}(?P<bday>\d{{1,2}}){_B}日"
    + _CLOCK_B
)
_ACTION = re.compile("报送|上报|报名|反馈|提交|发送|寄送|寄至|办理|返回|报至|申报|缴纳|完成|报|送|交")
_LABEL = re.compile("(?:[一二三四五六七八九十]是)?([\u3400-\u9fff]{2,8}?(?:时间|期限|日期|期间|时段|活动))[为是从自]?[:：。]?(?:从|自)?$")
# A number of days, never the day of a date: 29日 in 公示时间为2020年10月29日 is not one, nor is 12日 in 1月11日至12日.
_COUNTED = re.compile(
    "(公示期(?!满)|公示时间|公告期限|公告期(?!满)|征求意见期)[^，。；\n]{0,24}?"
    r"(?:(?<![\d月年])\d{1,3}个?(?:工作日|自然日|天)|(?<![\d月年至到—－\-~～–])\d{1,3}个?日)"
)
# 自本公示发布之日起至2021年1月11日止: it begins with the publication
_FROM_ISSUE = re.compile(
    rf"(?:之日|即日)起?{_SEPARATOR}(?:(?P<byear>\d{{4}}){_B}年{_B})?(?P<bmonth>\d{{1,2}}){_B}月{_B}(?P<bday>\d{{1,2}}){_B}日{_WEEKDAY}"
    + _CLOCK_B
)
_MAX_PERIODS = 300
_STOPS = "。；;\n"


class Moment(NamedTuple):
    """A day, and a clock time where one is written; `hour` 24 is the end of the day."""

    day: date
    hour: int | None
    minute: int


def deadline_of(periods: object, published: date | None) -> date | None:
    """The day by which readers must act: of stored periods the first end that is not before the publication. A value that is no list has none."""
    stored = [period for period in periods if isinstance(period, Mapping)] if isinstance(periods, list) else []
    ends = [end for period in stored if (end := moment_of(period.get("end")))]
    days = sorted((end - timedelta(microseconds=1)).date() for end in ends if end.date() > date.min)  # an end is exclusive
    return next((day for day in days if published is None or day >= published), None)


def moment_of(value: object) -> datetime | None:
    """A moment of a stored period, from its ISO form; None for any other value."""
    try:
        return datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None


def read_periods(text: str, anchor: date | None) -> tuple[Period, ...]:
    """Ranges, deadlines and counted terms, each with its sentence; `anchor` gives a missing year."""
    text = "\n".join(line for line in text.split("\n") if "日" in line or "期" in line)
    found: dict[tuple[object, ...], Period] = {}
    for period in _all(text, anchor):
        key = (period.label, period.start, period.end)
        if period.start or period.end or key not in found:
            found.setdefault((period.start, period.end) if period.start or period.end else key, period)
        if len(found) >= _MAX_PERIODS:
            break
    return tuple(found.values())


def _all(text: str, anchor: date | None) -> Iterator[Period]:
    dated = [*_RANGE.finditer(text), *_NUMERIC.finditer(text)]
    for match in dated:
        yield _range(match, text, anchor)
    from_issue = list(_FROM_ISSUE.finditer(text))
    for match in from_issue:
        yield _deadline(match, text, anchor, "截止")
    for match in _BEFORE.finditer(text):
        action = _ACTION.search(text, match.end(), match.end() + 40)
        recurring = text[max(0, match.start() - 2) : match.start()] in ("每月", "每年", "次月", "次年", "当月", "当年")
        if action and not recurring and not set(text[match.end() : action.start()]) & set("。；\n"):
            yield _deadline(match, text, anchor, action[0])
    for match in _UNTIL.finditer(text):
        yield _deadline(match, text, anchor, "截止")
    ends = sorted((match.start(), match.end()) for match in (*dated, *from_issue))
    for match in _COUNTED.finditer(text):
        if not _is_dated(match, text, ends):
            yield Period(match[1], None, None, False, sentence_at(text, match.start(), match.end()))


def _is_dated(counted: re.Match[str], text: str, dated: Sequence[tuple[int, int]]) -> bool:
    """Whether the sentence that counts the days of a term also says from when to when it is."""
    after = bisect_left(dated, (counted.start(), 0))
    near = dated[max(after - 1, 0) : after + 2]
    return any(not set(text[min(end, counted.end()) : max(start, counted.start())]) & set(_STOPS) for start, end in near)


def _range(match: re.Match[str], text: str, anchor: date | None) -> Period:
    """A range: the end inherits the start's month and year; a month that goes back lies in the next year."""
    parts = match.groupdict()
    sentence = sentence_at(text, match.start(), match.end())
    label = _LABEL.search(text[max(0, match.start() - 16) : match.start()])
    name = label[1] if label else "period"
    start_month, end_month = int(parts["amonth"]), int(parts["bmonth"] or parts["amonth"])
    inferred = parts["ayear"] is None
    year = int(parts["ayear"]) if parts["ayear"] else anchor.year if anchor else None
    if year is None:
        return Period(name, None, None, False, sentence)
    last_year = int(parts["byear"]) if parts["byear"] else year + (end_month < start_month)
    if inferred and parts["byear"]:
        year = last_year - (end_month < start_month)
    start = _moment(year, start_month, parts, "a")
    end = _moment(last_year, end_month, parts, "b")
    if inferred and not parts["byear"] and anchor and end and (anchor - end.day).days > 183:
        start, end = _moment(year + 1, start_month, parts, "a"), _moment(last_year + 1, end_month, parts, "b")
    return Period(name, _begins(start), _ends(end), inferred and not parts["byear"], sentence)


def _deadline(match: re.Match[str], text: str, anchor: date | None, label: str) -> Period:
    """A last day; 前 includes the day unless a time is given. A missing month or year follows the anchor."""
    parts = match.groupdict()
    sentence = sentence_at(text, match.start(), match.end())
    inferred = parts["byear"] is None
    if anchor is None and (inferred or parts["bmonth"] is None):
        return Period(label, None, None, False, sentence)
    year = int(parts["byear"]) if parts["byear"] else anchor.year if anchor else 0
    month = int(parts["bmonth"]) if parts["bmonth"] else anchor.month if anchor else 0
    if parts["bmonth"] is None and anchor and int(parts["bday"]) < anchor.day:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    end = _moment(year, month, parts, "b")
    if inferred and anchor and end and (anchor - end.day).days > 183:
        end = _moment(year + 1, month, parts, "b")
    return Period(label, None, _ends(end), inferred, sentence)


def _moment(year: int, month: int, parts: dict[str, str | None], side: str) -> Moment | None:
    try:
        day = date(year, month, int(parts[side + "day"] or 0))
    except ValueError:
        return None
    hour = int(parts.get(side + "hour") or -1) if parts.get(side + "hour") else None
    minute = int(parts.get(side + "minute") or parts.get(side + "minutes") or 0)
    if hour is not None and parts.get(side + "half") in ("下午", "晚上") and hour < 12:
        hour += 12
    if hour is not None and (hour > 24 or minute > 59):
        hour, minute = None, 0
    return Moment(day, hour, minute)


def _begins(moment: Moment | None) -> datetime | None:
    return None if moment is None else _at(moment)


def _ends(moment: Moment | None) -> datetime | None:
    if moment is None:
        return None
    return _at(moment._replace(hour=24, minute=0)) if moment.hour is None else _at(moment)


def _at(moment: Moment) -> datetime | None:
    try:
        start = datetime.combine(moment.day, time())
        return start + timedelta(hours=moment.hour or 0, minutes=moment.minute)
    except OverflowError:
        return None


def sentence_at(text: str, start: int, end: int, limit: int = 160) -> str:
    """The sentence around a span, at most `limit` characters on each side."""
    floor, roof = max(0, start - limit), min(len(text), end + limit)
    first = max((text.rfind(stop, floor, start) for stop in _STOPS), default=-1) + 1
    stops = [place for stop in _STOPS if (place := text.find(stop, end, roof)) >= 0]
    return text[max(floor, first) : min(stops) if stops else roof].strip()
