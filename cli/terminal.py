"""Text for a terminal: marks in colour or, without colour, in signs; columns by display width."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from notices.text.display import escaped, safe

_CHINA = timezone(timedelta(hours=8))  # no summer time since 1991: a fixed offset spares the start the table of zones
_ON, _OFF = "\x1b[1;31m", "\x1b[0m"


def json_line(value: object) -> str:
    """The value as JSON in one line, which nothing in an archived text can make drive a terminal."""
    return escaped(json.dumps(value, ensure_ascii=False))


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
    if text.isascii() and text.isprintable():
        return len(text)
    import wcwidth  # start-up time: a search without an error needs no width, and most tables are of ASCII

    return wcwidth.width(text)


def padded(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines with their cells in columns."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell + " " * (most - width(cell)) for cell, most in zip(row, widths, strict=True)).rstrip() for row in rows]


def left(text: str, columns: int) -> str:
    """The text with blanks up to this many columns."""
    return text.ljust(columns) if text.isascii() else text + " " * (columns - width(text))


def in_china(moment: datetime, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """A time as people read it: everywhere China Standard Time, and it says so. JSON has UTC."""
    return f"{moment.astimezone(_CHINA):{form}} +08:00"


def day_in_china(moment: datetime) -> str:
    """The day of a time, in China Standard Time."""
    return f"{moment.astimezone(_CHINA):%Y-%m-%d}"
