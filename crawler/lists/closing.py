"""The last day of a consultation or an application that a list shows beside its entry: a deadline, never the day of publication."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise

from notices.text.dates import find_dates

_CLOSING = re.compile(r"截止|截至|到期|结束")
# 2026-03-01 至 2026-04-10, 2026年3月1日—2026年4月10日, 2026/3/1-2026/4/10.
_JOINT = re.compile(r"\s{0,4}(?:\d{1,2}[:：]\d\d(?:[:：]\d\d)?)?\s{0,4}(?:起)?\s{0,4}(?:至|到|~|～|—{1,2}|–|－|-{1,2})\s{0,4}")
_DAY = r"(?:19|20)\d\d\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}\s?日?"
_SPAN = re.compile(
    rf"[\[(（【]?\s*(?:[\u4e00-\u9fff]{{0,6}}(?:时间|日期|期限|期间?)\s*[:：]?)?\s*[从自]?{_DAY}{_JOINT.pattern}{_DAY}\s*(?:止)?\s*[\])）】]?"
)
_LABELLED = re.compile(r"(?:截止|截至|到期|结束)(?:日期|时间|日|于|到|至)?\s{0,4}[:：]?\s{0,4}$")
_LONGEST = 600  # characters of an entry; more is not one entry


def is_closing(label: str) -> bool:
    """Whether a label is that of a last day."""
    return _CLOSING.search(label) is not None


def is_span(text: str) -> bool:
    """Whether a text is nothing but a span of days, maybe with a label."""
    return len(text) <= 60 and _SPAN.fullmatch(text) is not None


def closing_day(text: str) -> date | None:
    """The last day that the text of one entry names: behind 截止 or the like, or the end of a range."""
    if len(text) > _LONGEST:
        return None
    dates = find_dates(text)
    for (_, end, first), (start, _, last) in pairwise(dates):
        if last >= first and _JOINT.fullmatch(text[end:start]):
            return last
    return next((day for start, _, day in dates if _LABELLED.search(text[max(0, start - 16) : start])), None)
