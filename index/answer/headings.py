"""The headings above a place in a text: 四、工作措施 > （一）各县（市、区） (reference/domain.md §1.3)."""

from __future__ import annotations

import re

_COUNT = "[一二三四五六七八九十百零〇\\d]{1,6}"
_LEVELS = (
    f"第{_COUNT}编", f"第{_COUNT}章", f"第{_COUNT}节", f"第{_COUNT}条", "[一二三四五六七八九十]{1,4}、",
    "[（(][一二三四五六七八九十]{1,4}[）)]", r"\d{1,2}(?:[．、]|\.(?!\d))", r"[（(]\d{1,2}[）)]",
)  # fmt: skip
_HEADING = re.compile("[ \\t\u3000\xa0]{0,8}(?:" + "|".join(f"({level})" for level in _LEVELS) + ")([^。；：:;\\n]{0,40})")
_ARTICLE = 3
_SCAN = 200_000
_LONGEST = 26


def _cut(text: str) -> str:
    """A heading; of a paragraph that begins with a number, its beginning."""
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def section_path(text: str, at: int) -> tuple[str, ...]:
    """The headings that the character at `at` stands under, outermost first."""
    end = text.find("\n", at)
    before = text[max(0, at - _SCAN) : end if end >= 0 else len(text)][: _SCAN + 200]
    headings: dict[int, str] = {}
    for line in before.split("\n"):
        found = _HEADING.match(line)
        if found:
            level = next(i for i in range(len(_LEVELS)) if found[i + 1])
            headings = {k: v for k, v in headings.items() if k < level}
            headings[level] = found[level + 1] + ("" if level == _ARTICLE else _cut(found[len(_LEVELS) + 1].rstrip()))
    return tuple(headings[level] for level in sorted(headings))
