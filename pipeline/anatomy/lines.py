"""The lines of a text with their places, and the folding that compares titles."""

from __future__ import annotations

import re
from typing import NamedTuple

# Elements are at the head and near the signature; a 20 MB text is an attachment list, not a longer notice.
SCAN_LIMIT = 300_000
TAIL_LIMIT = 20_000

_PADDING = " \t\r\f\v\u3000\xa0\u200b\ufeff\u2002\u2003"
_PAGE_NUMBER = re.compile(r"[—–\-－]\s?\d{1,4}\s?[—–\-－]")
_PUNCTUATION = re.compile(r"[\s《》〈〉<>「」【】〔〕\[\]()（）“”‘’\"'、，,。．.·：:；;／/\u200b\ufeff—–－-]+")


class TextLine(NamedTuple):
    """A line that is not blank: where its text starts in the whole, and the text without padding."""

    start: int
    text: str

    @property
    def end(self) -> int:
        """Where the line's text ends in the whole."""
        return self.start + len(self.text)


def split_lines(text: str) -> list[TextLine]:
    """The lines that are not blank, page numbers left out; of a huge text only its head and its tail."""
    if len(text) <= SCAN_LIMIT + TAIL_LIMIT:
        return _lines_of(text, 0)
    tail = len(text) - TAIL_LIMIT
    return _lines_of(text[:SCAN_LIMIT], 0) + _lines_of(text[tail:], tail)


def _lines_of(text: str, offset: int) -> list[TextLine]:
    lines = []
    for raw in text.split("\n"):
        body = raw.strip(_PADDING)
        if body and not (len(body) < 9 and _PAGE_NUMBER.fullmatch(body)):
            lines.append(TextLine(offset + len(raw) - len(raw.lstrip(_PADDING)), body))
        offset += len(raw) + 1
    return lines


def fold_title(text: str) -> str:
    """The text for comparing titles: without blanks, quotation marks, brackets and stops (reference/domain.md §6.1)."""
    return _PUNCTUATION.sub("", text).replace("中华人民共和国", "")
