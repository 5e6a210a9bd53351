"""Numbered headings: 一、（一）1.（1）① (GB/T 9704-2012, 7.3.3) and 编章节条 of a regulation (reference/domain.md §1.3).

`search` loads this module for the headings above a hit: patterns are compiled when the first line is read.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

ARTICLE = 4
_HAN = "[一二三四五六七八九十百零〇]{1,6}"
_COUNT = f"(?:{_HAN}|[0-9０-９]{{1,4}})"
_HAN_OPENERS, _DIGITS = "一二三四五六七八九十百零〇", "0123456789０１２３４５６７８９"
# Rank that orders nesting, level shown, characters that a number begins with, pattern of the number with the blanks behind it.
_FORMS = (
    (1, 1, "第", f"第{_COUNT}编[\\s\u3000]*"),
    (2, 1, "第", f"第{_COUNT}章[\\s\u3000]*"),
    (3, 2, "第", f"第{_COUNT}节[\\s\u3000]*"),
    (ARTICLE, 3, "第", f"第{_COUNT}条(?:之{_HAN})?[\\s\u3000]*"),
    (5, 1, _HAN_OPENERS, f"{_HAN}[\\s\u3000]?[、．.]\\s*"),
    (6, 2, "（(", f"[（(]{_HAN}[）)]\\s*"),
    (7, 3, _DIGITS, r"[0-9０-９]{1,2}[\s\u3000]?[.．、](?![0-9０-９])\s*|[0-9]{1,2}[ \u3000]+(?=[\u3400-\u9fff])(?![年月日时分号])"),
    (8, 4, "（(" + _DIGITS, r"[（(][0-9０-９]{1,2}[）)]\s*|[0-9]{1,2}[）)]\s*"),
    (9, 5, "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳", "[①-⑳]\\s*"),
)
_STOP = "[。；;！？!?]"
_MAX_TEXT = 60


class Heading(NamedTuple):
    """A heading. A smaller `rank` is further out; `mark` is the number as written with the blanks behind it; `text` ends at a stop."""

    rank: int
    level: int
    mark: str
    text: str

    @property
    def number(self) -> str:
        """The number without blanks around it."""
        return self.mark.strip()

    @property
    def is_counted_in_digits(self) -> bool:
        """Whether the number is 1. or （1）: a wrapped line of running text may begin so too."""
        return self.rank in (7, 8)


def heading_of(line: str) -> Heading | None:
    """The heading that a line without padding begins with; the cells of a table's row are not headings."""
    by_opener, stop = _patterns()
    for rank, level, form in by_opener.get(line[:1], ()):
        match = form.match(line)
        if match and "\t" not in line:
            rest = line[match.end() : match.end() + 200]
            end = stop.search(rest)
            return Heading(rank, level, match[0], rest[: end.start() if end else None][:_MAX_TEXT].strip())
    return None


@cache
def _patterns() -> tuple[dict[str, list[tuple[int, int, re.Pattern[str]]]], re.Pattern[str]]:
    """The forms that a line may have, by its first character, and the pattern of a stop."""
    by_opener: dict[str, list[tuple[int, int, re.Pattern[str]]]] = {}
    for rank, level, openers, form in _FORMS:
        for opener in openers:
            by_opener.setdefault(opener, []).append((rank, level, re.compile(form)))
    return by_opener, re.compile(_STOP)
