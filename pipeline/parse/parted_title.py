"""A title that is in several lines or headings of a page: an agency over 关于…, or a wrapped line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from lxml import etree

from notices.reference.agencies import names_in
from notices.text.html import one_line, text_of
from notices.text.whitespace import remove_whitespace
from pipeline.anatomy import kind_of

# The first of two lines of one title: it has 关于 or 印发 and does not end like a sentence.
_WRAPPED = re.compile("(?:关于|印发|转发|批转|批准|公布).{3,60}(?<![。；：:])$")
_LONGEST = 120  # characters of a title in several lines


class Runs(NamedTuple):
    """The lines over the text that could be a title, the nearest last; those that begin it; all lines of the text."""

    near: Sequence[str]
    first: Sequence[str]
    lines: Sequence[str]


def parted_title(root: etree._Element, runs: Runs, page: str) -> list[list[str]]:
    """The lines, two or three together, that are one title: an agency over 关于…, or a title that goes on in the next line or heading.

    An agency's name over the text may be the site's: it belongs to the title if it signs the text, if both are headings of one level, or if
    `page`, the text of <title>, has both.
    """
    for run, inside in ((runs.near, False), (runs.first[:4], bool(runs.near))):
        for size in (3, 2):
            for at in range(len(run) - size, -1, -1):
                parts = run[at : at + size]
                if not _is_one_title(parts):
                    continue
                if inside or _WRAPPED.search(parts[0]) or _signs(parts, runs.lines) or _belongs(parts, root, page):
                    return [list(parts)]
    return []


def _belongs(parts: Sequence[str], root: etree._Element, page: str) -> bool:
    """Whether the page itself has the first two lines as one, in its <title> or as headings of one level."""
    if remove_whitespace(parts[0] + parts[1])[:20] in remove_whitespace(page):
        return True
    return any(pair == tuple(parts[:2]) for heading in root.iter("h1", "h2", "h3") for pair in pairwise(_lines_of(heading)))


def _lines_of(heading: etree._Element) -> list[str]:
    """The lines of a heading and of the one of its level that follows it."""
    below = next(heading.itersiblings("*"), None)
    both = [heading] if below is None or below.tag != heading.tag else [heading, below]
    return [one_line(line) for each in both for line in text_of(each).split("\n") if line.strip()]


def _is_one_title(parts: Sequence[str]) -> bool:
    """Whether lines read on as one title: the first names an agency or has 关于, and only the last ends like a title."""
    if not (parts[1].startswith("关于") or _WRAPPED.search(parts[0])) or len(parts[-1]) < 3:
        return False
    joined = remove_whitespace("".join(parts))
    if len(joined) > _LONGEST or any(mark in joined for mark in "。；，：:"):
        return False
    wrapped = parts[1:] if parts[1].startswith("关于") and names_in(parts[0]) else parts
    if any(_WRAPPED.search(part) is None for part in wrapped[:-1]):
        return False
    return kind_of(joined)[0] is not None and not any(kind_of(part)[0] for part in parts[:-1])


def _signs(parts: Sequence[str], lines: Sequence[str]) -> bool:
    """Whether the text ends with this agency's name on a line of its own: then the name over 关于… is the title's, not the site's."""
    agency = remove_whitespace(parts[0])
    behind = lines.index(parts[-1]) + 1 if parts[-1] in lines else 0
    return any(remove_whitespace(line) == agency for line in lines[behind:][-40:])
