"""The section tree of a text: 一、（一）1.（1）and 编章节条 (reference/domain.md §1.3)."""

from __future__ import annotations

import re

from notices.model import Part, Section
from pipeline.anatomy.lines import Line

_HAN = "[一二三四五六七八九十百零〇]{1,6}"
# (rank that orders nesting, level shown, pattern of the number); numbering restarts in every part.
_FORMS = (
    (1, 1, re.compile(f"第{_HAN}编[\\s\u3000]*")),
    (2, 1, re.compile(f"第{_HAN}章[\\s\u3000]*")),
    (3, 2, re.compile(f"第{_HAN}节[\\s\u3000]*")),
    (4, 3, re.compile(f"第(?:{_HAN}|\\d{{1,4}})条(?:之{_HAN})?[\\s\u3000]*")),
    (5, 1, re.compile(f"{_HAN}[\\s\u3000]?[、．.]\\s*")),
    (6, 2, re.compile(f"[（(]{_HAN}[）)]\\s*")),
    (7, 3, re.compile(r"[0-9０-９]{1,2}[\s\u3000]?[.．、](?![0-9０-９])\s*|[0-9]{1,2}[ \u3000]+(?=[\u3400-\u9fff])")),
    (8, 4, re.compile(r"[（(][0-9０-９]{1,2}[）)]\s*|[0-9]{1,2}[）)]\s*")),
    (9, 5, re.compile("[①-⑳]\\s*")),
)
_OPENERS = frozenset("第一二三四五六七八九十（(0123456789０１２３４５６７８９①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳")
_STOP = re.compile("[。；;！？!?]")
_MAX_SECTIONS = 5000
_MAX_HEADING = 60


def read_sections(lines: list[Line], parts: tuple[Part, ...]) -> tuple[Section, ...]:
    """Every numbered heading in text order; `path` names the headings above and itself, and starts anew in each part."""
    sections: list[Section] = []
    stack: list[tuple[int, str]] = []
    starts = iter([part.start for part in parts[1:]])
    boundary = next(starts, None)
    for line in lines:
        while boundary is not None and line.start >= boundary:
            stack.clear()
            boundary = next(starts, None)
        if line.text[0] in _OPENERS and len(sections) < _MAX_SECTIONS and "\t" not in line.text:
            found = _heading(line.text)
            if found:
                rank, level, number, heading = found
                while stack and stack[-1][0] >= rank:
                    stack.pop()
                stack.append((rank, number + heading))
                sections.append(Section(level, number, heading, tuple(name for _, name in stack), line.start))
    return tuple(sections)


def _heading(text: str) -> tuple[int, int, str, str] | None:
    for rank, level, form in _FORMS:
        match = form.match(text)
        if match:
            rest = text[match.end() : match.end() + 200]
            stop = _STOP.search(rest)
            return rank, level, match[0].strip(), rest[: stop.start() if stop else None][:_MAX_HEADING].strip()
    return None
