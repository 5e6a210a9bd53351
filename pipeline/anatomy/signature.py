"""Signature, written date and disclosure note (reference/domain.md §1.1 rows 11-14, §5.1)."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from notices.reference.agencies import can_open_wrap, is_agency, may_sign, names_in, signs_for_agency
from notices.text.dates import date_line, find_dates
from pipeline.anatomy.kinds import kind_of
from pipeline.anatomy.lines import TextLine

_NOTE = re.compile(r"[（(][^（）()]{2,60}[）)]")
_DISCLOSURE = re.compile(r"[（(]\s*([^（）()。]{0,14}(?:公开|删减|发至|传达)[^（）()。]{0,40})\s*[）)]$")
_LABELLED_DISCLOSURE = re.compile(
    "(?:公开方式|公开属性|信息公开(?:形式|选项|类别)|公开类别)[:：]\\s*(主动公开|依申请公开|不予公开|不公开)$"
)
_ENDING = re.compile("[。！!.]$|^特此|致敬|^附件|^附[:：]|^[（(]")
# A signature with labels, as purchasing notices have it: 发布人：云岫市水务局 over 发布日期：2026年3月1日.
_LABELLED_NAME = re.compile(r"(?:发布|公告|公示|通告|采购|招标|制发|签发)(?:人|单位|机构|机关|部门)\s*[:：]\s*(.+)")
_LABELLED_DAY = re.compile(r"(?:发布|公告|公示|通告|成文|落款|签发|签署)?(?:日期|时间)\s*[:：]\s*(.+)")
_CONTACT = re.compile(r"\d{7}|[@＠]")
_AFTERWARDS = ("附", "抄送", "分送", "主送", "相关", "扫一扫", "打印")
_MAX_JOINT = 24


class Signature(NamedTuple):
    """Who signed and when: line indexes [first, last] of the block; `issuers` is empty if there is only a date."""

    issuers: tuple[str, ...]
    written: date | None
    first: int
    last: int


def signs_with_labels(name: str, day: str) -> bool:
    """Whether two lines are a signature with labels, and not those of a template: the name is an agency's, the day is written out."""
    named, dated = _LABELLED_NAME.fullmatch(name.strip()), _LABELLED_DAY.fullmatch(day.strip())
    return bool(named and dated and names_in(named[1]) and "年" in dated[1] and date_line(dated[1]))


def find_signature(lines: list[TextLine], body: int, stop: int, carried: int | None = None) -> Signature | None:
    """The first signature block between the head and the first attachment, by its date line, else by its place at the end.

    `carried` is the line where a carried text begins: a signature may be right above it.
    """
    dated: Signature | None = None
    for index in range(max(body, 1), stop):
        signed = _signed_at(lines, index, body) or _with_labels(lines, index, body)
        if signed is None:
            continue
        if not signed.issuers and (index + 1 == carried or _ends(lines, index, stop)):
            signed = _of_any_name(lines, index, body, signed)
        if signed.issuers:
            return signed
        if dated is None and _closes(lines, index, stop):
            dated = signed
            if index + 1 < len(lines) and _NOTE.fullmatch(lines[index + 1].text):
                return dated
    return dated or _undated(lines, body, stop)


def _signed_at(lines: list[TextLine], index: int, body: int) -> Signature | None:
    text = lines[index].text
    if not (6 <= len(text) <= 90) or text[-1] in "。；：:，":
        return None
    bare = _NOTE.sub("", text).strip()
    written = date_line(bare)
    if written is not None:
        return _block_above(lines, index, body, written)
    if bare[-1:] in ("日", "号") or bare[-1:].isdigit():
        found = find_dates(bare)
        if found and found[-1][1] == len(bare):
            issuers = names_in(bare[: found[-1][0]])
            if issuers:
                return Signature(tuple(issuers), found[-1][2], index, index)
    return None


def _with_labels(lines: list[TextLine], index: int, body: int) -> Signature | None:
    if index <= body or not signs_with_labels(lines[index - 1].text, lines[index].text):
        return None
    named, dated = _LABELLED_NAME.fullmatch(lines[index - 1].text), _LABELLED_DAY.fullmatch(lines[index].text)
    return Signature(tuple(names_in(named[1])), date_line(dated[1]), index - 1, index) if named and dated else None


def _of_any_name(lines: list[TextLine], index: int, body: int, signed: Signature) -> Signature:
    """The signature with the short line between the last sentence and the date as its name: 云岫网信中队, a school, a press office."""
    above = index - 1
    if above <= body or not may_sign(lines[above].text) or lines[above - 1].text[-1] not in "。！；" or kind_of(lines[above].text)[0]:
        return signed
    return signed._replace(issuers=("".join(lines[above].text.split()),), first=above)


def _ends(lines: list[TextLine], index: int, stop: int) -> bool:
    following = lines[index + 1].text if index + 1 < stop else ""
    return not following or following.startswith(_AFTERWARDS) or _NOTE.fullmatch(following) is not None


def _block_above(lines: list[TextLine], index: int, body: int, written: date) -> Signature:
    first, names = _names_above(lines, index, body)
    if not names and index + 1 < len(lines):
        below = names_in(lines[index + 1].text)
        if below and _closes(lines, index, len(lines)):
            return Signature(tuple(below), written, index, index + 1)
    return Signature(tuple(names), written, first, index)


def _names_above(lines: list[TextLine], index: int, body: int) -> tuple[int, list[str]]:
    """The agencies on the lines right above, lines of one wrapped name put together; a signer's office is passed over."""
    names: list[str] = []
    first = index
    while first > body and index - first < _MAX_JOINT:
        above = lines[first - 1].text
        if signs_for_agency(above) or _names_again(lines, first - 1, body):
            first -= 1
            continue
        found = names_in(above)
        if found:
            wrapped = first - 2 >= body and can_open_wrap(lines[first - 2].text) and not names_in(lines[first - 2].text)
            if wrapped and is_agency(lines[first - 2].text + found[0]) and lines[first - 2].text[-1] not in "。；":
                found[0] = lines[first - 2].text + found[0]
                first -= 1
            first -= 1
            names = found + names
            continue
        break
    return first, names


def _names_again(lines: list[TextLine], index: int, body: int) -> bool:
    """Whether a line in brackets belongs to the name above it: （代章）, or a second name of the same body."""
    above = lines[index].text
    if _NOTE.fullmatch(above) is None:
        return False
    return "代章" in above or (index > body and bool(names_in(lines[index - 1].text)))


def _closes(lines: list[TextLine], index: int, stop: int) -> bool:
    """Whether a bare date may be a signature: after a finished sentence, or at the end, or before a bracketed note."""
    return _ends(lines, index, stop) or bool(_ENDING.search(lines[index - 1].text))


def _undated(lines: list[TextLine], body: int, stop: int) -> Signature | None:
    """Agencies on the last lines before notes, copies and attachments, where no date follows."""
    last = stop - 1
    while last > body and (lines[last].text[0] in "（(" or lines[last].text.startswith(("抄送", "分送", "附件", "附："))):
        last -= 1
    first, names = _names_above(lines, last + 1, body)
    if not names or first <= body:
        return None
    before = lines[first - 1].text
    if not _ENDING.search(before) and not _CONTACT.search(before):
        return None
    return Signature(tuple(names), None, first, last)


def find_disclosure(lines: list[TextLine], signature: Signature | None) -> str | None:
    """The note under the date that says how the document is open to the public: 此件公开发布."""
    near = lines[signature.last : signature.last + 4] if signature is not None else lines[-6:]
    for line in [*near, *lines[max(0, (signature.first if signature else 0) - 3) : signature.first if signature else 0]]:
        found = _DISCLOSURE.search(line.text) or _LABELLED_DISCLOSURE.search(line.text)
        if found:
            return found[1].strip()
    return None
