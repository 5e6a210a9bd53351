"""发文字号: every notation found in the wild, read into one value (reference/domain.md §2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from notices.model import DocumentNumber
from notices.reference.number_grammar import (
    LETTER,
    MAX_CODE,
    MAX_ISSUER,
    counter_value,
    cut_code,
    cut_issuer,
    is_court_number,
    normalise_number_text,
    year_value,
)
from notices.reference.number_queries import NumberQuery, loose_query

__all__ = ["NumberQuery", "find_numbers", "parse_number", "parse_number_query"]

_B = r"\s{0,4}"
_YEAR = r"\w{4}"
_DIGITS = r"\d{1,5}(?:[-－—–]\d{1,3})?"
_COUNT = f"(?:{_DIGITS}|[一二三四五六七八九十百千零〇两]{{1,9}})"
_HAO = f"{_B}[号號](?:之[一二三四五六七八九十])?"
_KIND = "公告|通告|令"
_OPEN = r"[〔﹝［\[【（(〈《<‘〚{]"
_CLOSE = r"[〕﹞］\]】）)〉》>’〛}]"

_BRACKETED = f"{_OPEN}{_B}(?P<year>{_YEAR}){_B}{_CLOSE}{_B}第?{_B}(?P<no>{_COUNT}){_HAO}"
_COUNTED = f"(?P<kind>{_KIND}){_B}[（(]?{_B}(?:(?P<year>{_YEAR}){_B}年{_B})?第{_B}(?P<no>{_COUNT}){_HAO}"
_REVERSED = f"第{_B}(?P<no>{_COUNT}){_HAO}(?P<issuer>{LETTER}{{0,20}}?)(?P<kind>{_KIND})"
_YEAR_BEFORE = f"(?P<year>{_YEAR}){_B}年{_B}$"
_YEARLY = f"[（(]{_B}(?P<year>{_YEAR}){_B}年{_B}第{_B}(?P<no>{_COUNT}){_HAO}{_B}[）)]"
_CENTURY = rf"[（(〔\[](?P<year>[4-9]\d)[）)〕\]](?P<code>{LETTER}{{2,10}}字)第?(?P<no>{_DIGITS}){_HAO}"
_SHARED = f"{_B}[、，,]{_B}(?P<no>{_DIGITS}){_HAO}"
_SERIAL = rf"(?P<code>{LETTER}{{1,10}}(?:[（(]{LETTER}{{1,3}}[）)])?字)第(?P<no>\d{{8,12}})[號号]"
# A part of a code in brackets, 清水（规）〔2026〕2号; not the state of the text that the number may follow.
_INNER = rf"({LETTER}{{1,8}}[（(](?!试行|修订|草案|征求|暂行|摘要|节选|送审|附件|以下|含){LETTER}{{1,4}}[）)])$"
_CODE_RUN = f"{LETTER}{{1,{MAX_CODE + 10}}}"
_ISSUER_RUN = rf"(?:{LETTER}|[、 \u3000\xa0]){{1,{MAX_ISSUER}}}"
_HAO_TAIL = "之[一二三四五六七八九十]$"


def parse_number(text: str, *, labelled: bool = False) -> DocumentNumber | None:
    """The number that the whole string is, lead-ins and outer brackets cut; `labelled` admits a field's value without 号."""
    if len(text) > 200:
        return None
    body = normalise_number_text(text).strip("，,。;；:：")
    if not labelled and "号" not in body and "號" not in body:  # most lines of a head
        return None
    for candidate in _spellings(body, labelled):
        found = list(_matches(candidate))
        if len(found) == 1 and found[0][1] == len(candidate) and _is_lead_in(candidate[: found[0][0]]):
            return replace(found[0][2], raw=text.strip())
    return _serial(body, text.strip())


def find_numbers(text: str) -> list[tuple[int, int, DocumentNumber]]:
    """Every number in running text as (start, end, number), in order; court and index numbers are left out."""
    if "号" not in text and "號" not in text:
        return []
    return list(_matches(text))


def parse_number_query(text: str) -> NumberQuery | None:
    """The number, whole or in part, that a reader typed (domain.md §7.2); None for ordinary words."""
    if len(text) > 100 or not (any(map(str.isdigit, text)) or "号" in text):
        return None
    number = parse_number(text)
    if number is not None:
        return NumberQuery(number.code or None, number.year, number.no, number.key if number.code else None, number.kind or None)
    return loose_query(text)


def _spellings(body: str, labelled: bool) -> Iterator[str]:
    """The strings to try: as it is, 文 dropped, outer brackets dropped, a yearly number in brackets, a missing 号 added."""
    plain = re.sub("(?<=[号號])文件?$", "", body)
    yield plain
    if plain[:1] in "（(【[" and plain[-1:] in "）)】]":
        yield plain[1:-1]
    yield f"（{plain}）"
    if "令" in plain and "第" not in plain:
        yield plain.replace("令", "令第", 1)
    if labelled and plain[-1:].isdigit():
        yield plain + "号"


def _serial(body: str, raw: str) -> DocumentNumber | None:
    """A number of Taiwan's authorities, 府水字第1150012345號: office and a running number that begins with the year of the Republic."""
    match = re.fullmatch(_SERIAL, body)
    if match is None:
        return None
    code, no = match["code"].replace("（", "(").replace("）", ")"), match["no"]
    return DocumentNumber(raw, f"{code}第{no}號", "C", code, "", None, no, f"{code}||{no}", f"|{no}")


def _is_lead_in(head: str) -> bool:
    return not re.search("[0-9０-９]", head) and len(head) <= 40


def _matches(text: str) -> Iterator[tuple[int, int, DocumentNumber]]:
    """Matches of all forms in order of place; where two overlap the one that begins first, then the longer, stays."""
    every = [*_bracketed(text), *_counted(text), *_reversed(text), *_yearly(text)]
    every.sort(key=lambda found: (found[0], -found[1]))
    end = 0
    for found in every:
        if found[0] >= end:
            end = found[1]
            yield found


def _bracketed(text: str) -> Iterator[tuple[int, int, DocumentNumber]]:
    """Forms A, D and bare, and further numbers that share code and year (财税〔2016〕36号、140号)."""
    for match in re.finditer(_BRACKETED, text):
        year = year_value(match["year"])
        edge = _code_edge(text, match.start(), match.end()) if year else None
        if edge is None or year is None:
            continue
        start, code = edge
        yield start, match.end(), _bracket_number(text[start : match.end()], code, year, _count(match))
        yield from _sharing(text, match.end(), code, year)
    if "字" in text:
        for match in re.finditer(_CENTURY, text):
            yield match.start(), match.end(), _bracket_number(match[0], match["code"], 1900 + int(match["year"]), _count(match))


def _sharing(text: str, end: int, code: str, year: int) -> Iterator[tuple[int, int, DocumentNumber]]:
    """Numbers after the first that leave out code and year: 财税〔2016〕36号、140号."""
    while following := re.match(_SHARED, text[end : end + 32]):
        start, end = end + following.start("no"), end + following.end()
        yield start, end, _bracket_number(text[start:end], code, year, _count(following))


def _code_edge(text: str, end: int, after: int) -> tuple[int, str] | None:
    """Where the code before a bracket begins, and the code; None where a court's number ends here. `after`: where the number ends."""
    gap = len(text[max(0, end - 4) : end]) - len(text[max(0, end - 4) : end].rstrip())
    stop = end - gap
    window = text[max(0, stop - MAX_CODE - 10) : stop]
    run = _run_at_end(_CODE_RUN, window)
    if not run:
        inner = re.search(_INNER, window) if window.endswith(("）", ")")) else None
        if inner is None or not _is_alone(text, stop - len(inner[1]), after):
            return end, ""
        return stop - len(inner[1]), inner[1].replace("(", "（").replace(")", "）")
    alone = _is_alone(text, stop - len(run), after)
    code = cut_code(run, after_digit=window[: len(window) - len(run)][-1:].isdigit(), alone=alone)
    if code:
        return (stop - len(code), code) if len(code) > 1 else (end, "")
    return None if is_court_number(run) else (end, "")


def _run_at_end(pattern: str, window: str) -> str:
    """The longest run of a class of characters at the end of a window; read backwards, as a search for it would try every start."""
    run = re.match(pattern, window[::-1])
    return run[0][::-1] if run else ""


def _is_alone(text: str, start: int, end: int) -> bool:
    """Whether a line, brackets or a label's value begin and end with this part of the text."""
    before, after = text[max(0, start - 4) : start].rstrip(" \u3000\t")[-1:], text[end : end + 1]
    return (not before or before in "\n：:（(【[〔") and (not after or after.isspace() or after in "）)】]〕")


def _counted(text: str) -> Iterator[tuple[int, int, DocumentNumber]]:
    """Forms B and C: issuer, kind, then year and number."""
    for match in re.finditer(_COUNTED, text):
        year = year_value(match["year"]) if match["year"] else None
        start, issuer = _issuer_edge(text, match.start())
        end = match.end()
        if "（" in match[0] or "(" in match[0]:
            end += text[end : end + 1] in ("）", ")")
        if len(issuer) >= 2 and bool(year) == bool(match["year"]):
            yield start, end, _counted_number(text[start:end], issuer, match["kind"], year, _count(match))


def _reversed(text: str) -> Iterator[tuple[int, int, DocumentNumber]]:
    """第711号国务院令, and 财政部2021年第1号公告 with the issuer before it."""
    for match in re.finditer(_REVERSED, text):
        start = match.start()
        before = re.search(_YEAR_BEFORE, text[max(0, start - 14) : start])
        year = year_value(before["year"]) if before else None
        if before and year:
            start = max(0, start - 14) + before.start()
        issuer = match["issuer"]
        if not issuer:
            start, issuer = _issuer_edge(text, start)
        name = cut_issuer(issuer)
        if len(name) >= 2 and name == issuer.replace("中华人民共和国", ""):
            yield start, match.end(), _counted_number(text[start : match.end()], name, match["kind"], year, _count(match))


def _yearly(text: str) -> Iterator[tuple[int, int, DocumentNumber]]:
    """（2026年第28号）, whose issuer and kind are in the title beside it."""
    for match in re.finditer(_YEARLY, text):
        year = year_value(match["year"])
        if year:
            yield match.start(), match.end(), _counted_number(match[0], "", "", year, _count(match))


def _issuer_edge(text: str, end: int) -> tuple[int, str]:
    floor = max(0, end - MAX_ISSUER)
    run = _run_at_end(_ISSUER_RUN, text[floor:end])
    if not run:
        return end, ""
    floor = end - len(run)
    issuer = cut_issuer(run, after_digit=text[max(0, floor - 1) : floor].isdigit())
    kept = 0
    start = end
    while kept < len(issuer) and start > floor:
        start -= 1
        kept += text[start] == issuer[-1 - kept]
    prefix = "中华人民共和国"
    return (start - len(prefix), issuer) if text.startswith(prefix, start - len(prefix)) else (start, issuer)


def _count(match: re.Match[str]) -> str:
    tail = re.search(_HAO_TAIL, match[0])
    return counter_value(match["no"]) + (tail[0] if tail else "")


def _bracket_number(raw: str, code: str, year: int, no: str) -> DocumentNumber:
    kind = next((k for k in ("公告", "通告", "令") if code.endswith(k) and len(code) > len(k) + 1), "")
    display = f"{code}〔{year}〕{_hao(no)}"
    form = "D" if kind else "A" if code else "bare"
    return DocumentNumber(raw, display, form, code.removesuffix(kind), kind, year, no, f"{code}|{year}|{no}", f"{year}|{no}")


def _counted_number(raw: str, issuer: str, kind: str, year: int | None, no: str) -> DocumentNumber:
    yearly = f"{year}年" if year else ""
    key = f"{issuer}{kind}|{year or ''}|{no}"
    display = f"{issuer}{kind}{yearly}第{_hao(no)}"
    if not issuer:
        display = f"{yearly}第{_hao(no)}"
    return DocumentNumber(raw, display, "B" if year else "C", issuer, kind, year, no, key, f"{year or ''}|{no}")


def _hao(no: str) -> str:
    head, mark, tail = no.partition("之")
    return f"{head}号{mark}{tail}"
