"""Text for a terminal: marks in colour or, without colour, in signs; columns by display width."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from notices.text.display import safe

_ON, _OFF = "\x1b[1;31m", "\x1b[0m"


def wants_colour() -> bool:
    """Whether standard output is a terminal that was not asked to stay plain."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def marked(text: str, marks: Sequence[Sequence[int]], colour: bool) -> str:
    """The text, made safe, with the marked spans in colour or between « and »."""
    begin, end = (_ON, _OFF) if colour else ("«", "»")
    pieces, at = [], 0
    for first, last in marks:
        pieces += [safe(text[at:first]), begin, safe(text[first:last]), end]
        at = last
    return "".join([*pieces, safe(text[at:])])


def width(text: str) -> int:
    """Columns that a text takes on a terminal."""
    import wcwidth  # start-up time: a search without an error needs no width

    return wcwidth.width(text)


def padded(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines with their cells in columns."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell + " " * (most - width(cell)) for cell, most in zip(row, widths, strict=True)).rstrip() for row in rows]
