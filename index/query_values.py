"""Names of fields and the values they take in queries, in English and Chinese."""

from __future__ import annotations

import calendar
import re
from datetime import date

from notices.errors import QuerySyntaxError
from notices.text import fold

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
}
_STATES = {
    "listed": ("listed", "在列", "正常"),
    "missing": ("missing", "不见", "缺失"),
    "withdrawn": ("withdrawn", "撤下", "已撤下"),
    "back": ("back", "恢复", "重现"),
}
_PARTIAL = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?)?年?")


def state_of(value: str, query: str, start: int) -> tuple[str, ...]:
    """The state a word names. Raises QuerySyntaxError."""
    for state, words in _STATES.items():
        if value.strip().lower() in words:
            return (state,)
    raise QuerySyntaxError(f"{value!r} is no state; states are {', '.join(_STATES)}", query, start)


def date_range(value: str, query: str, start: int) -> tuple[date | None, date | None]:
    """First and last day of a date, a part of one, a range a..b, or >= <= > <. Raises QuerySyntaxError."""
    plain = fold(value).replace("至", "..")
    sign = re.match(r"(>=|<=|>|<)?(.*)", plain)
    if sign and sign[1]:
        first, last = _days(sign[2], query, start)
        if sign[1] in (">=", ">"):
            return (first if sign[1] == ">=" else date.fromordinal(last.toordinal() + 1)), None
        return None, (last if sign[1] == "<=" else date.fromordinal(first.toordinal() - 1))
    low, dots, high = plain.partition("..")
    if not dots:
        return _days(low, query, start)
    return (_days(low, query, start)[0] if low else None), (_days(high, query, start)[1] if high else None)


def _days(text: str, query: str, start: int) -> tuple[date, date]:
    found = _PARTIAL.fullmatch(text)
    try:
        if not found:
            raise ValueError(text)
        year, month, day = (int(g) if g else None for g in found.groups())
        first = date(year or 0, month or 1, day or 1)
        last_month = month or 12
        return first, date(first.year, last_month, day or calendar.monthrange(first.year, last_month)[1])
    except ValueError as error:
        raise QuerySyntaxError(f"{text!r} is no date; write 2020, 2020-10, 2020-10-16, 2020..2021 or >=2020-10-16", query, start) from error
