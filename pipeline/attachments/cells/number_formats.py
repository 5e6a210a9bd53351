"""How a spreadsheet shows a number: 97.35% for 0.9735, 000123 for 123, 2026年3月5日 for a day (ECMA-376 part 1, §18.8.30-31; the same in xls)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

CellFormats = Mapping[
    tuple[int, int], str
]  # row and column from 0 to the format's code; only of cells that are not shown as they are stored

# Built-in formats by number; those of 27-58 are the ones of a Chinese Excel. Missing are those that each country shows in its own way (14-17, 22, 30);
# the currencies (5-8, 42, 44) are without their sign for the same reason.
BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "#,##0", 6: "#,##0", 7: "#,##0.00", 8: "#,##0.00", 9: "0%", 10: "0.00%",
    20: "h:mm", 21: "h:mm:ss", 27: "yyyy年m月", 28: "m月d日", 29: "m月d日", 31: "yyyy年m月d日", 32: "h时mm分", 33: "h时mm分ss秒",
    34: "上午/下午h时mm分", 35: "上午/下午h时mm分ss秒", 36: "yyyy年m月", 37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00",
    41: "#,##0", 42: "#,##0", 43: "#,##0.00", 44: "#,##0.00", 45: "mm:ss", 50: "yyyy年m月", 51: "m月d日", 52: "yyyy年m月", 53: "m月d日",
    54: "m月d日", 55: "上午/下午h时mm分", 56: "上午/下午h时mm分ss秒", 57: "yyyy年m月", 58: "m月d日",
}  # fmt: skip
_MOST_CODE = 200
# Literals, room for a sign of the width of another, filling, the sign of a currency, colours and conditions; [h] counts on and stays.
_MARKS = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[\$([^\]-]*)[^\]]*\]|\[(?![hms]+\])[^\]]*\]|(;)', re.IGNORECASE)
_LITERAL = 0xF000  # where a literal's ASCII signs are meanwhile, so that the 0 of "No.0" is no digit of the format
_FIXED = re.compile(r"([^0#?.,%@!/\[*\]a-z]*)(#,##(?=0)|[#?]*)(0{0,20})(?:\.([0#?]{0,10}))?(%?)([^0#?.,%@!/\[*\]a-z]*)")
_MOST = 1e13  # beyond it a spreadsheet's 15 digits end before the decimals
_PART = r"(?<![ymdhs])(?:yyyy|yy|mm?|dd?|hh?|ss?)(?![ymdhs])"
_HALVES = ("上午/下午", "am/pm")
_TIME = re.compile(rf"(?:{'|'.join(_HALVES)}|{_PART}|[^a-z0#?.%@!*\[\]])+")
_TIME_PART = re.compile(rf"{'|'.join(_HALVES)}|{_PART}")
_EPOCH, _FIRST_DAY, _LAST_DAY = datetime(1899, 12, 30), 61, 2_958_465  # from 1900-03-01, before it spreadsheets differ, to 9999-12-31


def shape_of(code: str) -> str:
    """A format's code as `shown_as` takes it: of positive numbers, without colours and spaces; empty if it leaves a value as it is stored."""
    parts: list[str] = []
    at = 0
    code = code[:_MOST_CODE]
    for mark in _MARKS.finditer(code):
        parts.append(code[at : mark.start()].lower())
        at = mark.end()
        if mark[4]:
            at = len(code)
            break
        parts.append("".join(chr(_LITERAL + ord(c)) if c.isascii() else c for c in mark[1] or mark[2] or mark[3] or ""))
    shape = "".join([*parts, code[at:].lower()]).strip()
    return shape if _is_fixed(shape) or _is_time(shape) else ""


def _is_fixed(shape: str) -> bool:
    match = _FIXED.fullmatch(shape)
    return bool(match and (match[2] or match[3] or match[4]))


def _is_time(shape: str) -> bool:
    return bool(_TIME.fullmatch(shape) and _TIME_PART.search(shape))


def shown_as(value: object, code: str) -> str | None:
    """The value as a format shows it; None where the format leaves it as it is. A code that begins with "=" is what the cell shows."""
    if code.startswith("="):
        return code[1:]
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float) and (match := _FIXED.fullmatch(code)):
        shown = _number(value, match)
    elif _is_time(code):
        shown = _moment(value, code)
    else:
        return None
    return shown and "".join(chr(ord(c) - _LITERAL) if _LITERAL <= ord(c) < _LITERAL + 128 else c for c in shown).strip()


def _number(value: float, match: re.Match[str]) -> str | None:
    """Rounded half up in its decimal digits, as spreadsheets do, not in its binary ones."""
    before, signs, zeros, decimals, percent, after = match.groups(default="")
    if not abs(value) < _MOST or not (signs or zeros or decimals):
        return None
    exact = Decimal(f"{value:.15g}") * (100 if percent else 1)
    digits = f"{abs(exact).quantize(Decimal(1).scaleb(-len(decimals)), ROUND_HALF_UP):f}"
    whole, _, part = digits.partition(".")
    whole = whole.lstrip("0").zfill(len(zeros))
    if "," in signs:
        whole = f"{int(whole or 0):,}"
    needed = len(decimals.rstrip("#?"))
    part = part[:needed] + part[needed:].rstrip("0")
    minus = "-" if exact < 0 and digits.strip("0.") else ""
    return f"{minus}{before}{whole}{'.' if part else ''}{part}{percent}{after}"


def _moment(value: object, code: str) -> str | None:
    parts = [match[0] for match in _TIME_PART.finditer(code)]
    minutes = {
        n for n, part in enumerate(parts) if part[0] == "m" and ("h" in parts[max(0, n - 1)] or parts[n + 1 : n + 2] in (["s"], ["ss"]))
    }
    dated = any(part[0] in "yd" or (part[0] == "m" and n not in minutes) for n, part in enumerate(parts) if part not in _HALVES)
    at = _at(value, dated)
    if at is None:
        return None
    halves = any(part in _HALVES for part in parts)
    numbers = iter(range(len(parts)))
    return _TIME_PART.sub(lambda part: _written(part[0], at, next(numbers) in minutes, halves), code)


def _at(value: object, dated: bool) -> datetime | None:
    """When it is; a cell without a day shows none."""
    if isinstance(value, time):
        return None if dated else datetime.combine(_EPOCH, value)
    if isinstance(value, date):
        return value if isinstance(value, datetime) else datetime.combine(value, time())
    if isinstance(value, int | float) and (_FIRST_DAY if dated else 0) <= value <= _LAST_DAY:
        return _EPOCH + timedelta(seconds=round(value * 86400))
    return None


def _written(part: str, at: datetime, minute: bool, halves: bool) -> str:
    if "/" in part:
        return part.split("/")[at.hour >= 12].upper()
    if part[0] == "y":
        return f"{at.year if part == 'yyyy' else at.year % 100:02d}"
    hour = (at.hour + 11) % 12 + 1 if halves else at.hour
    number = {"m": at.minute if minute else at.month, "d": at.day, "h": hour, "s": at.second}[part[0]]
    return f"{number:0{len(part)}d}"
