"""Dates as pages and documents write them (reference/domain.md §5.1, §4.3). No clock: a part that is not written is not guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

_B = r"[^\S\n]{0,6}"
_DIGIT = "[0-9０-９]"
_ZERO = "〇○◯零0０OＯo"
_HAN_YEAR = f"[一二][九{_ZERO}][一二三四五六七八九{_ZERO}]{{2}}"
_HAN_DAY = "[一二三四五六七八九十廿卅]{1,3}"
_WRITTEN = re.compile(
    f"((?:1|2|１|２){_DIGIT}{{3}}|{_HAN_YEAR}){_B}年{_B}({_DIGIT}{{1,2}}|{_HAN_DAY}){_B}月{_B}({_DIGIT}{{1,2}}|{_HAN_DAY}){_B}[日号]"
)
_NUMERIC = re.compile(
    f"(?<![0-9０-９./_-])((?:19|20|１９|２０){_DIGIT}{{2}})([-/.．－—–])({_DIGIT}{{1,2}})\\2({_DIGIT}{{1,2}})(?![0-9０-９]|\\2[0-9０-９])"
)
# Years of the Republic (民國紀年, year 1 is 1912) only with their name: 中華民國115年9月1日, 民國一百一十五年九月一日, 民國115-09-01.
_MINGUO = re.compile(
    f"(?:中[華华]{_B})?民[國国]{_B}({_DIGIT}{{1,3}}|[一二三四五六七八九十百零〇]{{1,6}}){_B}[年/.-]{_B}({_DIGIT}{{1,2}}|{_HAN_DAY}){_B}[月/.-]"
    f"{_B}({_DIGIT}{{1,2}}|{_HAN_DAY})(?!{_DIGIT}){_B}日?"
)
_MINGUO_BEFORE = 1911
_COMPACT = re.compile("(?:19|20)[0-9]{6}")
_DAY_ALONE = re.compile("([0-9]{1,2})日?")
_MONTH_ALONE = re.compile("((?:19|20)[0-9]{2})\\s?[-/.年]\\s?([0-9]{1,2})\\s?月?")
_CLOCK = re.compile(
    r"[\sT,，]*(?:[(（]?(?:星期|周)[一二三四五六日天][)）]?)?\s*(?:上午|下午|早上|晚上|[AaPp][Mm])?\s*"
    r"(?:\d{1,2}\s*[:：时点]\s*\d{0,2}\s*(?:[:：分]\s*\d{0,2}\s*秒?(?:\.\d{1,6})?)?)?\s*(?:[AaPp][Mm])?\s*(?:Z|[+-]\d\d:?\d\d|CST)?\s*"
)
_RUN = re.compile(r"\s{2,}")
_LABEL = re.compile(r"[\s【\[（(]*[^\W\d_\s]{2,10}[\s】\]）)]*[:：]?\s*")
_PADDING = " \t\r\n\u3000\xa0\u200b\ufeff"
_HAN_VALUE = {c: n for n, c in enumerate("一二三四五六七八九", 1)}
_ZERO_FOLD = str.maketrans(dict.fromkeys(_ZERO, "0") | {c: str(n) for c, n in _HAN_VALUE.items()})

_URL_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        r"/(?:19|20)\d{4}/[tP]((?:19|20)\d\d)(\d\d)(\d\d)_?\d",
        r"/((?:19|20)\d\d)[/-](\d{1,2})[/-](\d{1,2})/",
        r"/((?:19|20)\d\d)(\d\d)/(\d\d)/",
        r"/((?:19|20)\d\d)/(\d\d)-?(\d\d)/",
        r"/((?:19|20)\d\d)(\d\d)(\d\d)/",
        r"/[tW]?((?:19|20)\d\d)(\d\d)(\d\d)_\d+\.",
        r"/P0((?:19|20)\d\d)(\d\d)(\d\d)\d{12}\.",
        r"/((?:19|20)\d\d)(\d\d)(\d\d)\d{6,}(?:/|\.|$)",
    )
)


def parse_date(text: str) -> date | None:
    """The date that the whole string is: a label before it, a weekday and a time of day after it are allowed."""
    body = _RUN.sub(" ", text.strip(_PADDING))  # a run of blanks would let the optional parts of a clock time fight over it
    if not body or len(body) > 80:
        return None
    if len(body) == 8 and _COMPACT.fullmatch(body):
        return _valid(body[:4], body[4:6], body[6:])
    for start, end, found in find_dates(body):
        led = start == 0 or _LABEL.fullmatch(body[:start]) or body[:start] in "（([【"
        return found if led and _CLOCK.fullmatch(body[end:].rstrip("）)]】")) else None
    return None


def find_dates(text: str) -> list[tuple[int, int, date]]:
    """Every full date of a text as (start, end, date), in order; months, years and impossible days are not dates."""
    return sorted({(start, end): (start, end, found) for start, end, found in _spans(text)}.values())


def date_line(line: str) -> date | None:
    """The date of a line that is a date and nothing else."""
    body = line.strip(_PADDING)
    if not 6 <= len(body) <= 40:
        return None
    match = _WRITTEN.fullmatch(body)
    if match:
        return _valid(*match.groups())
    if named := _MINGUO.fullmatch(body):
        return minguo_day(*named.groups())
    numeric = _NUMERIC.fullmatch(body)
    return _valid(numeric[1], numeric[3], numeric[4]) if numeric else None


def split_day(lines: Sequence[str]) -> date | None:
    """The date whose day is on one line and whose year and month are on the next, or the other way round: 21 over 2024年02月."""
    for one, other in pairwise(line.strip(_PADDING) for line in lines):
        for day, month in (
            (_DAY_ALONE.fullmatch(one), _MONTH_ALONE.fullmatch(other)),
            (_DAY_ALONE.fullmatch(other), _MONTH_ALONE.fullmatch(one)),
        ):
            if day and month and (found := _valid(month[1], month[2], day[1])):
                return found
    return None


def url_date(url: str) -> date | None:
    """The day that a page's address carries: an upload day, never a signing day. Only 1990 to 2035."""
    path = url.partition("://")[2] or url
    path = path[:2000]
    for shape in _URL_SHAPES:
        for match in shape.finditer(path):
            found = _valid(*match.groups())
            if found and 1990 <= found.year <= 2035:
                return found
    return None


def _spans(text: str) -> Iterator[tuple[int, int, date]]:
    if "年" in text:
        for match in _WRITTEN.finditer(text):
            found = _valid(*match.groups())
            if found:
                yield match.start(), match.end(), found
    if "民" in text:
        for match in _MINGUO.finditer(text):
            found = minguo_day(*match.groups())
            if found:
                yield match.start(), match.end(), found
    for match in _NUMERIC.finditer(text):
        found = _valid(match[1], match[3], match[4])
        if found:
            yield match.start(), match.end(), found


def minguo_day(year: str, month: str, day: str) -> date | None:
    """The date of a year of the Republic, in digits or Chinese numerals; None for an impossible one."""
    try:
        return date(_year(str(_MINGUO_BEFORE + (_counted(year) or _MINGUO_BEFORE))), _small(month), _small(day))
    except (ValueError, KeyError):
        return None


def _counted(text: str) -> int:
    """A year of the Republic: 115, 一百一十五, 一百零五, 九十九, 一一五."""
    folded = unicodedata.normalize("NFKC", text)
    if not folded.isdigit():
        hundreds, hundred, rest = folded.rpartition("百")
        if not hundred and "十" not in folded:
            return int(folded.translate(_ZERO_FOLD))
        return (_HAN_VALUE.get(hundreds, 1) * 100 if hundred else 0) + (_small(rest.lstrip("零〇")) if rest else 0)
    return int(folded)


def _valid(year: str, month: str, day: str) -> date | None:
    try:
        return date(_year(year), _small(month), _small(day))
    except ValueError:
        return None


def _year(text: str) -> int:
    value = int(unicodedata.normalize("NFKC", text).translate(_ZERO_FOLD))
    if not 1900 <= value <= 2099:
        raise ValueError(text)
    return value


def _small(text: str) -> int:
    """A month or a day: digits, 十, 十一 … 三十一, 廿三."""
    folded = unicodedata.normalize("NFKC", text)
    if folded.isdigit():
        return int(folded)
    folded = folded.replace("廿", "二十").replace("卅", "三十")
    head, ten, tail = folded.partition("十")
    if len(head) > 1 or len(tail) > 1:
        raise ValueError(text)
    if not ten:
        return _HAN_VALUE[head]
    return _HAN_VALUE.get(head, 1) * 10 + _HAN_VALUE.get(tail, 0)
