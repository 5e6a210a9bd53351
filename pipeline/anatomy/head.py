"""The head of a document: title lines, own number, addressees (reference/domain.md §1.1, §2.6)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from notices.model import DocumentNumber
from notices.reference.agencies import names_in
from notices.reference.numbers import find_numbers, parse_number
from notices.text.dates import date_line
from pipeline.anatomy.lines import TextLine, fold_title

_MAX_HEAD = 14
_LABEL = re.compile("(?:(?:发文字号|发文号|文件编号|文号|编号)[:：]?)?[（(【\\[]?")
_TITLE_END = re.compile(r"[（(【\[〔]\s*([^（()）【】]{2,60}(?:[（(〔\[【]\s*\d{4}\s*[）)〕\]】])?[^（()）]{0,12}?)\s*[）)】\]〕]\s*$")
_ORGANISATION = re.compile("[部委局署院办厅会室司处行社所站队团校府省市县区乡镇街道单位企业公司机构中心组高校大学院医银]|成员|各位")
_NOT_ADDRESSEE = re.compile(
    "如下|附件|联系|^[一二三四五六七八九十]+、|^（|尊敬|亲爱|朋友|同学们|女士|先生|通知：|决定：|内容|^根据|^为|^现|时间|地点|^注|事项"
)
_NUMBER_AND_DAY = re.compile(r"[（(【\[]?\s*(?P<number>[^（(。]{2,60}号)[\s\u3000，,;；]*(?P<day>[^（(）)，。]{8,20}[日号])\s*[）)】\]]?")
_OPEN, _CLOSE = "（(［[【〔", "）)］]】〕"


def head_end(lines: list[TextLine], title: str | None) -> int:
    """The index of the line after the title, 0 where the text does not repeat its title."""
    wanted = fold_title(title or "")
    if len(wanted) < 4:
        return 0
    for first in range(min(len(lines), 8)):
        if first and lines[first - 1].text.endswith("。"):
            break  # below a sentence the title's words are a caption's, or a carried text's
        joined = ""
        for index in range(first, min(len(lines), first + 8)):
            joined += fold_title(lines[index].text)
            if joined == wanted or (len(joined) > 12 and joined.startswith(wanted)):
                return index + 1
            if not wanted.startswith(joined):
                break
    return 0


def read_addressees(lines: list[TextLine], after_title: int) -> tuple[tuple[str, ...], int]:
    """The addressees and the index of the line that names them, or () and -1."""
    for index in range(after_title, min(len(lines), after_title + 6)):
        body = lines[index].text
        if body[-1] in "：:" and _names_addressees(body):
            return split_addressees(body), index
        if len(body) > 120 or body[-1] in "。；":
            break
    return (), -1


def _names_addressees(body: str) -> bool:
    return len(body) <= 800 and "。" not in body and bool(_ORGANISATION.search(body)) and not _NOT_ADDRESSEE.search(body)


def split_addressees(body: str) -> tuple[str, ...]:
    """Addressees between commas outside brackets; 、 divides only where every piece is an agency by itself."""
    pieces = [piece for piece in _split_outside(body.rstrip("：: "), "，,；;") if piece]
    if len(pieces) > 1:
        return tuple(pieces)
    parts = _split_outside(pieces[0], "、") if pieces else []
    if len(parts) > 1 and all(names_in(part) for part in parts):
        return tuple(parts)
    return tuple(pieces)


def _split_outside(body: str, separators: str) -> list[str]:
    pieces, depth, current = [], 0, ""
    for char in body:
        depth += (char in _OPEN) - (char in _CLOSE and depth > 0)
        if char in separators and depth == 0:
            pieces.append(current.strip())
            current = ""
        else:
            current += char
    return [*pieces, current.strip()]


def own_number(lines: list[TextLine], after_title: int, addressee: int, title: str | None, labelled: str | None) -> DocumentNumber | None:
    """The document's own number: labelled field, then the title, then a line of its own in the head; never one in the body."""
    if labelled and (number := parse_number(labelled, labelled=True)):
        return number
    named = _title_number(title or "")
    if named is not None and named.code:
        return named
    return next(_head_numbers(lines, after_title, addressee), named)


def _title_number(title: str) -> DocumentNumber | None:
    found = find_numbers(title)
    if found and found[0][0] == 0 and "》" not in title[: found[0][1]]:
        return found[0][2]
    match = _TITLE_END.search(title)
    return parse_number(match[1] if "〔" in match[1] else match[0]) if match else None


def _head_numbers(lines: list[TextLine], after_title: int, addressee: int) -> Iterator[DocumentNumber]:
    last = addressee if addressee >= 0 else min(len(lines), max(after_title, 2) + 3)
    for index in range(min(last, _MAX_HEAD)):
        body = lines[index].text
        if len(body) > 80 or body[-1] in "。；":
            if index >= after_title:
                return
            continue
        following = lines[index + 1].text if index + 1 < min(last + 1, len(lines)) else ""
        for candidate in (body, body + following if len(following) <= 30 else ""):
            number = _line_number(candidate)
            if number is not None:
                yield number
                return


def _line_number(body: str) -> DocumentNumber | None:
    """The number that a line is, with nothing before it but a label or a bracket."""
    dated = _NUMBER_AND_DAY.fullmatch(body)
    if dated and date_line(dated["day"]):
        body = dated["number"]
    number = parse_number(body)
    if number is None or not number.code:
        return None
    found = find_numbers(body)
    if found and not _LABEL.fullmatch(body[: found[0][0]].strip()):
        return None
    return number


def head_date(lines: list[TextLine], after_title: int) -> date | None:
    """The day that is in one bracket with the number under the title, as reprints of laws have it: （云财水〔2017〕86号 2017年12月29日）."""
    for line in lines[: min(after_title + 3, _MAX_HEAD)]:
        match = _NUMBER_AND_DAY.fullmatch(line.text)
        if match and parse_number(match["number"]):
            return date_line(match["day"])
    return None


def complete_number(number: DocumentNumber | None, issuers: list[str], kind: str | None) -> DocumentNumber | None:
    """（2026年第28号） after a title: the title's issuer and kind complete it."""
    if number is None or number.code or number.form == "bare":
        return number
    if not issuers or kind not in ("公告", "通告", "令"):
        return number
    whole = parse_number(f"{''.join(issuers)}{kind}{number.display}")
    return replace(whole, raw=number.raw) if whole else number
