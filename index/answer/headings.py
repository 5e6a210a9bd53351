"""The headings above a place in a text: 四、工作措施 > （一）各县（市、区） (reference/domain.md §1.3)."""

from __future__ import annotations

import re

from notices.reference.headings import ARTICLE, Heading, heading_of

_SCAN = 200_000
_LONGEST = 26
_PADDING = " \t\u3000\xa0"


def section_path(text: str, at: int) -> tuple[str, ...]:
    """The headings that the character at `at` is under, outermost first."""
    end = text.find("\n", at)
    before = text[max(0, at - _SCAN) : end if end >= 0 else len(text)][: _SCAN + 200]
    above: list[Heading] = []
    for line in before.split("\n"):
        found = heading_of(line.lstrip(_PADDING))
        if found:
            while above and above[-1].rank >= found.rank:
                above.pop()
            above.append(found)
    return tuple(map(_shown, above))


def _shown(heading: Heading) -> str:
    """The number and the text up to a colon, of a long one its beginning; an article's text is its first sentence, so only its number."""
    if heading.rank == ARTICLE:
        return heading.number
    text = re.split("[：:]", heading.text, maxsplit=1)[0].rstrip()
    return heading.mark + (text if len(text) <= _LONGEST else text[:_LONGEST] + "…")
