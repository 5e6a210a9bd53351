"""Issuers and numbers in places that only web copies have: the letterhead (红头) kept as lines, a signature with a month alone (reference/domain.md §1.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from notices.reference.agencies import names_in, signs_for_agency
from notices.reference.numbers import parse_number
from notices.text.dates import date_line, find_dates
from notices.text.whitespace import remove_whitespace

_FILE = re.compile("文\\s?件$")
_JOINED = re.compile("[—－-]+")  # two names of one body, as an open university has them
_MONTH = re.compile(r"[一二12][九〇○零0-9]{3}\s?年\s?[0-9一二三四五六七八九十]{1,3}\s?月")
_COUNTER = re.compile(r"[（(]?\s?((?:[12]\d{3}\s?年\s?)?第\s?\d{1,5}\s?号)\s?[）)]?")
_BRACKETED = re.compile(r"[（(]\s*(.*\S)\s*[）)]")
_HEAD_KIND = re.compile("(?:公告|通告|令|命令)$")


def head_issuers(lines: Sequence[str], title: str | None) -> str | None:
    """The agencies of a letterhead: lines of nothing but an agency's name (and 文件) over the number or the title, joined by 、."""
    names: list[str] = []
    for line in lines[:6]:
        short = remove_whitespace(line)
        name = _FILE.sub("", short)
        if names_in(_JOINED.sub("、", name)):
            names.append(name)
        elif names and (parse_number(line) or (title and short and remove_whitespace(title).startswith(short)) or _HEAD_KIND.search(short)):
            return "、".join(names)
        else:
            return None
    return None


def loose_signature(lines: Sequence[str]) -> tuple[str, date | None] | None:
    """The agencies over a closing line that gives a month alone; or those, and the day, of one closing line <agency><date>印发."""
    last = len(lines) - 1
    for n in range(last, max(0, last - 6), -1):
        if _MONTH.fullmatch(remove_whitespace(lines[n])):
            return _agencies_over(lines, n)
    dates = find_dates(lines[last]) if lines and len(lines[last]) <= 60 else []
    if len(dates) != 1 or lines[last][dates[0][1] :] not in ("印发", "", "印发。"):
        return None
    agency = lines[last][: dates[0][0]]
    return (agency, dates[0][2]) if names_in(agency) else None


def signed_order(lines: Sequence[str]) -> date | None:
    """The day under the office and name that sign an order (命令: 部长 张三, then the date), before any annex."""
    for above, line in pairwise(lines[:400]):
        found = date_line(line)
        if found and signs_for_agency(above, named=True):
            return found
    return None


def _agencies_over(lines: Sequence[str], n: int) -> tuple[str, None] | None:
    names: list[str] = []
    for line in reversed(lines[max(0, n - 5) : n]):
        agencies = names_in(remove_whitespace(line))
        if not agencies:
            break
        names = agencies + names
    return ("、".join(names), None) if names else None


def number_by_title(head: Sequence[str], title: str | None) -> str | None:
    """The number that is a line of its own, in brackets or not, next to the title over the text: <h1>title</h1><p>云政发〔2026〕3号</p>."""
    place = _title_place(head, title)
    if place is None:
        return None
    beside = [*head[place[1] : place[1] + 4], *head[max(0, place[0] - 1) : place[0]]]
    return next((bare for line in beside if (bare := _bare_number(line))), None)


def _title_place(head: Sequence[str], title: str | None) -> tuple[int, int] | None:
    """The first line of the title over the text and the one after its last; None where it is not there."""
    wanted = remove_whitespace(title or "")
    run, last = "", 0
    for n in range(len(head) - 1, max(-1, len(head) - 30), -1) if len(wanted) >= 4 else ():
        line = remove_whitespace(head[n])
        if wanted.endswith(line + run):
            last = last if run else n
            run = line + run
        elif wanted.endswith(line):
            run, last = line, n
        else:
            run = ""
        if run == wanted:
            return n, last + 1
    return None


def _bare_number(line: str) -> str | None:
    """The number that a line consists of; one in round brackets without them."""
    line = line.strip()
    inner = _BRACKETED.fullmatch(line)
    number = parse_number(inner[1] if inner else line) if len(line) <= 60 else None
    return (
        (inner[1] if inner else line)
        if number and number.code and remove_whitespace(number.raw or line) in remove_whitespace(line)
        else None
    )


def counter_line(head: Sequence[str], lines: Sequence[str], title: str | None) -> str | None:
    """The running number alone on a line under 公告 or 令, in the letterhead or under the title: （第37号）, 2017年 第6号."""
    place = _title_place(head, title)
    under = head[place[1] : place[1] + 2] if place else []
    for above, line in [*pairwise([title or "", *under]), *pairwise([title or "", *lines[:7]])]:
        match = _COUNTER.fullmatch(line)
        if match and _HEAD_KIND.search(remove_whitespace(above)):
            return remove_whitespace(match[1])
    return None
