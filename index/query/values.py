"""Names of fields and the values they take in queries, in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta

from notices.errors import QuerySyntaxError
from notices.text.fold import fold
from notices.text.language import N_, _

FIELDS = {
    **dict.fromkeys(("title", "标题"), "title"),
    **dict.fromkeys(("text", "正文", "全文"), "text"),
    **dict.fromkeys(("attachment", "附件"), "attachment"),
    **dict.fromkeys(("number", "文号", "发文字号"), "number"),
    **dict.fromkeys(("issuer", "发文机关", "机关", "发布机构"), "issuer"),
    **dict.fromkeys(("source", "来源"), "source"),
    **dict.fromkeys(("region", "地区", "区域"), "region"),
    **dict.fromkeys(("kind", "文种"), "kind"),
    **dict.fromkeys(("state", "status", "状态"), "state"),
    **dict.fromkeys(("date", "published", "日期", "发布日期"), "published_date"),
    **dict.fromkeys(("written", "成文日期"), "written_date"),
    **dict.fromkeys(("effective", "施行日期", "生效日期"), "effective_date"),
    **dict.fromkeys(("has",), "has"),
    **dict.fromkeys(("archived", "收录"), "archived"),
    **dict.fromkeys(("changed", "变更"), "changed"),
    **dict.fromkeys(("deadline", "截止"), "deadline"),
    **dict.fromkeys(("theme", "主题"), "theme"),
    **dict.fromkeys(("index", "索引号"), "index_number"),
    **dict.fromkeys(("to", "主送"), "addressee"),
    **dict.fromkeys(("validity", "效力", "时效性"), "validity"),
}
_VALIDITIES = {
    "in_force": ("in_force", "有效", "现行有效"),
    "expired": ("expired", "失效", "已失效"),
    "repealed": ("repealed", "废止", "已废止"),
    "amended": ("amended", "修改", "已修改"),
    "partly_repealed": ("partly_repealed", "部分失效", "部分废止"),
    "not_yet_in_force": ("not_yet_in_force", "尚未生效"),
    "unknown": ("unknown", "未知"),
}
_STATES = {
    "listed": ("listed", "在列", "正常"),
    "missing": ("missing", "缺失", "不见"),
    "withdrawn": ("withdrawn", "已撤下", "撤下"),
    "back": ("back", "恢复", "重现"),
}
LONGEST_PART = 24  # characters of a short value by any part of which it is found
_PARTIAL = r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})[日号]?)?月?)?年?|(\d{4})(\d\d)(\d\d)"
_YEARS = r"(\d{4})年?-(\d{4})年?"
_USE = N_("Use 2020, 2020-10, 2020-10-16, 2020..2021 or >=2020-10-16")


def state_of(value: str, query: str, start: int) -> tuple[str, ...]:
    """The state a word names. Raises QuerySyntaxError."""
    found = _named(value, _STATES)
    if found is None:
        raise QuerySyntaxError(_("{value!r} is not a state. Use one of {known}").format(value=value, known=_known(_STATES)), query, start)
    return (found,)


def validity_of(value: str, query: str, start: int) -> str:
    """The validity a word names. Raises QuerySyntaxError."""
    found = _named(value, _VALIDITIES)
    if found is None:
        known = _known(_VALIDITIES)
        raise QuerySyntaxError(_("{value!r} is no validity. Use one of {known}").format(value=value, known=known), query, start)
    return found


def _named(value: str, words: Mapping[str, tuple[str, ...]]) -> str | None:
    return next((name for name, known in words.items() if fold(value) in known), None)


def _known(words: Mapping[str, tuple[str, ...]]) -> str:
    return ", ".join(f"{name} {known[1]}" for name, known in words.items())


def day_prefixes(since: date | None, until: date | None) -> tuple[str, ...]:
    """The beginnings of days written as 20261126 that lie in a range, as few as cover it."""
    low, high = (int(f"{day:%Y%m%d}") for day in (since or date.min, until or date.max))
    found = []
    while low <= high:
        step = 1
        while low % (step * 10) == 0 and low + step * 10 - 1 <= high:
            step *= 10
        found.append(f"{low:08}"[: 9 - len(str(step))])
        low += step
    return tuple(found)


def date_range(value: str, query: str, start: int) -> tuple[date | None, date | None]:
    """First and last day of a date, a part of one, a range a..b, or >= <= > <. Raises QuerySyntaxError."""
    plain = re.sub(_YEARS, r"\1..\2", fold(value).replace("至", "..").replace("到", ".."))
    sign = re.match(r"(>=|<=|>|<)?(.*)", plain, re.DOTALL)
    if sign and sign[1]:
        first, last = _days(sign[2], query, start)
        if sign[1] in (">=", ">"):
            return (first if sign[1] == ">=" else _adjacent(last, 1, query, start)), None
        return None, (last if sign[1] == "<=" else _adjacent(first, -1, query, start))
    low, dots, high = plain.partition("..")
    if not dots:
        return _days(low, query, start)
    since, until = (_days(low, query, start)[0] if low else None), (_days(high, query, start)[1] if high else None)
    if since and until and since > until:
        raise QuerySyntaxError(_("{value!r} ends before it begins. Put the earlier date first").format(value=value), query, start)
    if not (since or until):
        raise QuerySyntaxError(_("{value!r} is not a valid date. {use}").format(value=value, use=_(_USE)), query, start)
    return since, until


def _adjacent(day: date, step: int, query: str, start: int) -> date:
    """The next or previous day. Raises QuerySyntaxError where the calendar ends."""
    try:
        return day + timedelta(days=step)
    except OverflowError as error:
        raise QuerySyntaxError(
            (_("there is no day after {day}") if step > 0 else _("there is no day before {day}")).format(day=day), query, start
        ) from error


def _last_day(year: int, month: int) -> int:
    return 31 if month == 12 else (date(year, month + 1, 1) - timedelta(days=1)).day


def _days(text: str, query: str, start: int) -> tuple[date, date]:
    found = re.fullmatch(_PARTIAL, text)
    try:
        if not found:
            raise ValueError(text)
        year, month, day = (int(g) if g else None for g in (found.groups()[:3] if found[1] else found.groups()[3:]))
        first = date(year or 0, month or 1, day or 1)
        last_month = month or 12
        return first, date(first.year, last_month, day or _last_day(first.year, last_month))
    except ValueError as error:
        raise QuerySyntaxError(_("{value!r} is not a valid date. {use}").format(value=text, use=_(_USE)), query, start) from error
