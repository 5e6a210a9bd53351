"""A day or a month in the notations of notices: 2026-01-03 is 2026年1月3日, 2026.1.3 and 二〇二六年一月三日 (GB/T 9704-2012, 7.3.5.4; older ones)."""

from __future__ import annotations

import re
from datetime import date

from notices.text.dates import parse_date
from notices.text.fold import fold

_DAY = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})[日号])")
_HAN = re.compile(r"[〇○零一二三四五六七八九]{4}年[一二三四五六七八九十]{1,2}月[一二三四五六七八九十]{1,3}[日号]")
_MONTH = re.compile(r"(\d{4})(?:-(\d{1,2})|年(\d{1,2})月)")
_DIGITS = str.maketrans("0123456789", "〇一二三四五六七八九")
_LONGER = 3  # 2026-1-3 begins 2026-1-31 too; no day begins with a 4


def day_notations(text: str) -> tuple[str, ...]:
    """Every notation, folded, of a text that is one day or month and nothing else; none for another text, and for a day that no calendar has."""
    if _HAN.fullmatch(text) and (meant := parse_date(text)):
        return (fold(meant.isoformat()), *(each for each in day_notations(meant.isoformat()) if each != fold(text)))
    if found := _DAY.fullmatch(text):
        year, month, day = (int(part) for part in (found[1], found[3] or found[5], found[4] or found[6]))
        try:
            date(year, month, day)
        except ValueError:
            return ()
        written = [f"{year}年{month}月{day}日", f"{year}年{month:02}月{day:02}日", f"{_year(year)}年{_han(month)}月{_han(day)}日"]
        for sign in "-/.":
            written.append(f"{year}{sign}{month:02}{sign}{day:02}")
            if day > _LONGER:
                written.append(f"{year}{sign}{month}{sign}{day}")
    elif (found := _MONTH.fullmatch(text)) and 1 <= int(found[2] or found[3]) <= 12:
        year, month = int(found[1]), int(found[2] or found[3])
        written = [f"{year}年{month}月", f"{year}年{month:02}月", f"{_year(year)}年{_han(month)}月", f"{year}-{month:02}-"]
    else:
        return ()
    return tuple(dict.fromkeys(each for each in map(fold, written) if each != fold(text)))


def _year(year: int) -> str:
    return str(year).translate(_DIGITS)


def _han(number: int) -> str:
    """A number up to 31 as dates have it: 十, 十一, 二十, 三十一."""
    tens, ones = divmod(number, 10)
    return f"{'' if tens == 1 else str(tens)}十{ones or ''}".translate(_DIGITS) if tens else str(ones).translate(_DIGITS)
