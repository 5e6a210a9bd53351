"""Effective and expiry dates, and the state of validity with its provenance (reference/domain.md §5.1, §6.2)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import NamedTuple

from notices.text.dates import find_dates, parse_date

_FROM = re.compile("自([^，。；《》\n]{5,24}?)起(?:正式|开始)?(?:施行|实施|执行|生效)")
_SUBJECT = re.compile(
    "(?:^|[。；;\n，,])[\\s\u3000]*"
    "(?:第[一二三四五六七八九十百]+条[\\s\u3000]*|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十]+[）)])?"
    "(?:本[^，。；《》]{1,16}|现予[^，。；]{2,8}，|以上[^，。；《》]{1,12}|上述[^，。；《》]{1,12})?$"
)
_TERM = re.compile(
    "有效期(?:限)?为?([0-9０-９一二三四五六七八九十两]{1,3})年|试行期(?:限)?为?([0-9一二三四五六七八九十两]{1,3})年"
    "|试行([0-9一二三四五六七八九十两]{1,2})年"
)
_UNTIL = re.compile("(?:有效期|执行期限?|有效期限|施行期限)[^。；\n]{0,24}?(?:至|到|截至|截止到?)([^，。；\n]{6,20})")
_SELF_REPEAL = re.compile("本(?:办法|通知|规定|意见|公告|细则|条例|通告|决定|方案)[^，。；《》\n]{0,12}(?:全文)?(?:废止|失效)")
_FUTURE = re.compile("之日|届满|期满|期限|自动|到期|起(?:同时)?(?:废止|失效)")
_HAN = {c: n for n, c in enumerate("一二三四五六七八九十", 1)} | {"两": 2}
_STATUS = {
    "失效": "expired",
    "过期": "expired",
    "废止": "repealed",
    "停止执行": "repealed",
    "修改": "amended",
    "现行有效": "in_force",
    "继续有效": "in_force",
    "尚未生效": "not_yet_in_force",
    "部分失效": "partly_repealed",
    "部分废止": "partly_repealed",
}


_LABELS = tuple(
    (re.compile(words), state)
    for words, state in (
        ("(?:已|被)?(?:部分|条款)(?:失效|废止)(?:的)?", "partly_repealed"),
        ("尚?未(?:生效|施行|实施)", "not_yet_in_force"),
        ("(?:已|已经|被|宣布)?(?:全文)?(?:废止|停止执行)|已?失效(?:或|/|、)?废止", "repealed"),
        ("(?:已|已经)?(?:全文)?(?:失效|过期)|无效|否|不再有效", "expired"),
        ("(?:已|已经|被)?(?:修改|修订|修正)", "amended"),
        ("(?:现行|继续|目前|长期|全文)?有效|是|现行|生效中?|已生效|执行中|施行中", "in_force"),
    )
)


class Validity(NamedTuple):
    """Dates that the text states, the state and where it is known from: official, inferred or unknown."""

    effective: date | None
    expiry: date | None
    state: str
    provenance: str


def read_validity(text: str, marks: tuple[str, ...], label: str | None = None) -> Validity:
    """The document's statement of its own validity, or that of the page's label; 自印发之日起 gives no date, as the text does not state one."""
    effective = _effective(text)
    expiry = _expiry(text, effective)
    shown = labelled_state(label) if label else None
    if shown:
        return Validity(effective, expiry, shown, "official")
    for mark in marks:
        return Validity(effective, expiry, _STATUS[mark.removeprefix("已").removeprefix("宣布")], "official")
    if any(not _FUTURE.search(match[0]) for match in _SELF_REPEAL.finditer(text)):
        return Validity(effective, expiry, "repealed", "inferred")
    return Validity(effective, expiry, "unknown", "unknown")


def labelled_state(label: str) -> str | None:
    """The state that a page's label 时效性 or 有效性 shows; None for a word that says nothing of it (长期, 详见正文)."""
    value = re.sub(r"[\s【】\[\]（）()。]", "", label)
    return next((state for words, state in _LABELS if words.fullmatch(value)), None)


def _effective(text: str) -> date | None:
    """The day of the first 自…起施行 whose subject is this document."""
    if "起" not in text:
        return None
    for match in _FROM.finditer(text):
        if _SUBJECT.search(text[max(0, match.start() - 40) : match.start()]):
            found = parse_date(match[1])
            if found:
                return found
    return None


def _expiry(text: str, effective: date | None) -> date | None:
    if "期" not in text and "试行" not in text:
        return None
    for match in _UNTIL.finditer(text):
        found = find_dates(match[1])
        if found:
            return found[0][2]
    term = _TERM.search(text)
    if term is None or effective is None:
        return None
    digits = term[1] or term[2] or term[3]
    years = int(digits) if digits.isdigit() else _HAN.get(digits, 0)
    if not 0 < years <= 50:
        return None
    day = 28 if (effective.month, effective.day) == (2, 29) else effective.day
    return effective.replace(year=effective.year + years, day=day) - timedelta(days=1)
