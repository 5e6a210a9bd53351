"""The section tree of a text (reference/domain.md §1.3)."""

from __future__ import annotations

from notices.model import Part, Section
from notices.reference.headings import heading_of
from pipeline.anatomy.lines import TextLine

_MAX_SECTIONS = 5000


def read_sections(lines: list[TextLine], parts: tuple[Part, ...]) -> tuple[Section, ...]:
    """Every numbered heading in text order; `path` names the headings above and itself, and begins again in each part."""
    sections: list[Section] = []
    stack: list[tuple[int, str]] = []
    starts = iter([part.start for part in parts[1:]])
    boundary = next(starts, None)
    for line in lines:
        while boundary is not None and line.start >= boundary:
            stack.clear()
            boundary = next(starts, None)
        heading = heading_of(line.text) if len(sections) < _MAX_SECTIONS else None
        if heading:
            while stack and stack[-1][0] >= heading.rank:
                stack.pop()
            stack.append((heading.rank, heading.number + heading.text))
            sections.append(Section(heading.level, heading.number, heading.text, tuple(name for _, name in stack), line.start))
    return tuple(sections)
