"""Dates next to links: in one piece, labelled, or split over several elements (reference/domain.md §5.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from crawler.lists.closing import is_span
from notices.text.dates import find_dates, parse_date, url_date

_DIGITS = re.compile(r"[0-9０-９]+")
_YEAR = re.compile(r"(?:19|20|１９|２０)[0-9０-９]{2}")  # some editors type full-width digits
_KINDS = "发布|公布|发文|更新|上传|成文|生成|印发|截止|截至|开标|报名|实施|施行|生效|签发|提交|录入|添加|创建|修改"
_LABEL = re.compile(rf"(?:(?:{_KINDS})?(?:时间|日期)|发布|公布|发文|印发|截止|截至|Date|date)于?\W{{0,8}}$")
# "16 OCT", or "Oct" above the day: lists that show a date as a calendar leaf.
# All of what may be before a date in a piece that is nothing but a date. Any other word is a title: 停水公告2018年06月28日.
_HEAD = re.compile(
    rf"[\s\[【（(]*(?:(?:信息|文件|公文|最后|首次)?(?:{_KINDS})?(?:时间|日期|日|于)?|Date|date)[\s\]】）)]*[:：]?[\s\[【（(]*"
)
_COLON_HEAD = re.compile(r"[\s\[【（(]*[^\W\d_]{2,6}[\s\]】）)]*[:：][\s\[【（(]*")
_LATIN_MONTH = re.compile(r"(?i)^(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?$")
# Sep 22, 2026 and 22 September 2026: lists of English editions.
_LATIN_DAY = re.compile(
    r"(?i)(?:([a-z]{3})[a-z]{0,6}\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?|(\d{1,2})(?:st|nd|rd|th)?\s+([a-z]{3})[a-z]{0,6}\.?,?)\s+((?:19|20)\d\d)"
)
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_HAN_MONTHS = {f"{m}月": n for n, m in enumerate(["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"], 1)}
_SHORT_YEAR = re.compile(r"([0-2]\d)([-/.])(0\d|1[0-2])\2([0-2]\d|3[01])")
_JOINTS = frozenset(["-", "/", ".", "—", "–", "·", "|", "年", "月", "日", "~", ":", "：", "[", "]", "(", ")", "（", "）", "【", "】"])
_EDGES = " \t\r\n\u3000\xa0[]()（）【】〔〕<>|·•:：-/.—–"
_WIDE = str.maketrans("０１２３４５６７８９－／．", "0123456789-/.")
# A time of day after the date.
_TIME = re.compile(r"\s+\d{1,2}:\d{2}(?::\d{2})?$")

# The year in the address of an entry whose list shows month and day only: /2024/0315/, /art/2024-.
_URL_YEAR = re.compile(r"/((?:19|20)\d\d)(?=[/\d_-])")

MAX_LABEL_IN_LINK = 8


@dataclass(slots=True)
class ListDate:
    """A date that a list page shows at a node. Without a year `day` is None; `sure` is 2 when the text is nothing else."""

    node: int
    at: int
    day: date | None
    month_day: tuple[int, int] | None
    sure: int
    label: str = ""


@dataclass(slots=True)
class ListDateReader:
    """Reads the text pieces of a page in order and joins the parts of split dates."""

    found: list[ListDate] = field(default_factory=list)
    _parts: dict[str, int] = field(default_factory=dict)
    _first: tuple[int, int] = (0, 0)
    _label: str = ""

    def read(self, text: str, node: int, at: int, *, inside: bool) -> None:
        """Take the next piece; `inside` a link, only a piece that is nothing but a date counts."""
        if len(text) > 300 or not _plausible(text):
            self.flush()
            self._label = _label_of(text, inside)
            return
        whole = date_alone(text) or _short_year(text)
        if whole:
            self._whole(ListDate(node, at, whole, None, 2, self._label + _before_digits(text)))
        elif not self._part(text.translate(_WIDE), node, at):
            self.flush()
            if not inside or is_span(text):
                self._within(text, node, at)
            self._label = _label_of(text, inside)

    def flush(self) -> None:
        """End a split date; day and month without a year stay a date without a year."""
        parts, self._parts = self._parts, {}
        if "m" not in parts or "d" not in parts:
            return
        node, at = self._first
        if "y" not in parts:
            if _real(2000, parts["m"], parts["d"]):
                self.found.append(ListDate(node, at, None, (parts["m"], parts["d"]), 2, self._label))
        elif day := _real(parts["y"], parts["m"], parts["d"]):
            self.found.append(ListDate(node, at, day, None, 2, self._label))

    def _whole(self, list_date: ListDate) -> None:
        self.flush()
        self.found.append(list_date)
        self._label = ""

    def _within(self, text: str, node: int, at: int) -> None:
        """A date inside a longer piece, with a label or with little other text."""
        if not _YEAR.search(text):
            return
        for start, end, day in find_dates(text):
            label = _LABEL.search(text[:start])
            if label or len(text) - (end - start) <= 30:
                self.found.append(ListDate(node, at, day, None, 2 if label else 1, label[0] if label else ""))

    def _part(self, text: str, node: int, at: int) -> bool:
        """Whether the piece is a part of a date; if so it joins the parts before it."""
        if text in _JOINTS:
            return self._joint(text)
        parts = _parts_of(_TIME.sub("", text).strip(_EDGES)) or _split_parts(text)
        if not parts:
            return False
        joined = _joined(self._parts, parts)
        if joined is None:
            self.flush()
            joined = parts
        if joined is parts or not self._parts:
            self._first = (node, at)
        self._parts = joined
        return True

    def _joint(self, text: str) -> bool:
        if text == "月" and "d" in self._parts and "m" not in self._parts:
            self._parts["m"] = self._parts.pop("d")
        return bool(self._parts)


def date_alone(text: str) -> date | None:
    """The date of a text that is nothing else but a label; None when there is a title too."""
    if len(text) > 60 or not _YEAR.search(text):
        return None
    day = parse_date(text) or _latin_day(text)
    digits = _DIGITS.search(text)
    head = text[: digits.start()] if digits else ""
    return day if not head or _HEAD.fullmatch(head) or _COLON_HEAD.fullmatch(head) or _LATIN_MONTH.match(head.strip(_EDGES)) else None


def _latin_day(text: str) -> date | None:
    """The day of a text that is nothing but a day with the English name of its month."""
    found = _LATIN_DAY.fullmatch(text.strip(_EDGES))
    month = (found[1] or found[4]).lower() if found else ""
    return _real(int(found[5]), MONTHS.index(month) + 1, int(found[2] or found[3])) if found and month in MONTHS else None


def _short_year(text: str) -> date | None:
    """The date of a text that is nothing but year, month and day in two digits each: 26-09-20, [08/03/12]."""
    match = _SHORT_YEAR.fullmatch(text.strip(_EDGES)) if len(text) <= 14 else None
    return _real(2000 + int(match[1]), int(match[3]), int(match[4])) if match else None


def _before_digits(text: str) -> str:
    """The label before a date in the same piece."""
    digits = _DIGITS.search(text)
    return text[: digits.start()][:24] if digits else ""


def _label_of(text: str, inside: bool) -> str:
    """The label at the end of a piece, for the date that may follow. A long text inside a link is its title, whatever it ends in."""
    found = _LABEL.search(text[-24:]) if not inside or len(text) <= MAX_LABEL_IN_LINK else None
    return found[0] if found else ""


def _plausible(text: str) -> bool:
    return bool(_DIGITS.search(text)) or text in _JOINTS or text in _HAN_MONTHS or bool(len(text) < 12 and _LATIN_MONTH.match(text))


def _parts_of(text: str) -> dict[str, int]:
    """The parts of a date in a short piece: any of y, m, d; empty when it is something else."""
    if len(text) > 12:
        return {}
    if text in _HAN_MONTHS:
        return {"m": _HAN_MONTHS[text]}
    if latin := _LATIN_MONTH.match(text):
        return {"m": MONTHS.index(latin[1].lower()) + 1}
    numbers = [n for n in _DIGITS.findall(text) if len(n) <= 4]
    frame = _DIGITS.sub("#", text).replace(" ", "")
    if frame in ("#", "#年", "#月", "#日"):
        return _single(numbers, frame)
    if frame in ("#-#", "#/#", "#.#", "#月#日", "#月#", "#年#月", "#年#", "#,#") and len(numbers) == 2:
        return _double(numbers, "年" in frame)
    return {}


def _split_parts(text: str) -> dict[str, int]:
    """The parts of a date in a piece that contains two or three of them: 16 2020-10, 10-16 2020."""
    pieces = text.split() if len(text) <= 20 else []
    joined: dict[str, int] | None = {}
    for piece in pieces if 2 <= len(pieces) <= 4 else ():
        parts = _parts_of(piece.strip(_EDGES)) if piece not in _JOINTS else {}
        joined = _joined(joined, parts) if joined is not None and (parts or piece in _JOINTS) else None
    return joined if joined and len(joined) == 3 else {}


def _single(numbers: list[str], frame: str) -> dict[str, int]:
    if len(numbers) != 1:
        return {}
    value = int(numbers[0])
    if len(numbers[0]) == 4:
        return {"y": value} if 1949 <= value <= 2099 and frame in ("#", "#年") else {}
    if frame == "#月":
        return {"m": value} if 1 <= value <= 12 else {}
    return {"d": value} if len(numbers[0]) <= 2 and 1 <= value <= 31 and frame != "#年" else {}


def _double(numbers: list[str], with_year: bool) -> dict[str, int]:
    one, two = int(numbers[0]), int(numbers[1])
    if len(numbers[0]) == 4:
        return {"y": one, "m": two} if 1949 <= one <= 2099 and 1 <= two <= 12 else {}
    if len(numbers[1]) == 4:
        return {"m": one, "y": two} if 1949 <= two <= 2099 and 1 <= one <= 12 else {}
    return {"m": one, "d": two} if not with_year and _real(2000, one, two) else {}


def _joined(old: dict[str, int], new: dict[str, int]) -> dict[str, int] | None:
    """Both together; None when they contradict each other. 2020 | 10 | 16 is year, month, day."""
    if not old.keys() & new.keys():
        return {**old, **new}
    if new.keys() == {"d"} and "m" not in old:
        month, day = (old["d"], new["d"]) if "y" in old else (new["d"], old["d"])
        return {**old, "m": month, "d": day} if month <= 12 else None
    return None


def _real(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def year_of_address(url: str, month_day: tuple[int, int] | None) -> int | None:
    """The year that an address carries; an upload in January of a December notice is of the year before."""
    day = url_date(url)
    if day and month_day:
        return day.year - 1 if month_day[0] - day.month > 6 else day.year
    found = _URL_YEAR.search(url[:2000].partition("://")[2])
    return int(found[1]) if found and 1990 <= int(found[1]) <= 2035 else None
