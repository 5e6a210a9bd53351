"""A document's folded parts as tokens between blanks: what engines with a tokeniser of their own are given, so that all find the same.

title, number, issuer, text, attached   overlapping character pairs with positions; between two parts is a token of its own, so no
                                        phrase reaches across
ranked                                  the pairs and the distinct characters of all parts, title and number several times: what similar
                                        notices are ranked by
chars                                   the distinct characters of each field, after the field's prefix: for queries of one character
"""

from __future__ import annotations

import sys
from array import array

from index.document import parts_of
from index.engine import Document
from index.scoring import TITLE_TIMES

PREFIXES = {"title": "t", "number": "n", "issuer": "i", "text": "x", "attached": "a"}
WEIGHTS = {"title": 3.0, "number": 4.0, "issuer": 1.0, "text": 1.0, "attached": 1.0}
SCOPES = {"any": tuple(PREFIXES), "title": ("title",), "text": ("text",), "attachment": ("attached",)}
FIELD_OF = {"issuer": "issuer", "document_number": "number"}
COLUMN_OF = {"published_date": "published", "written_date": "written", "effective_date": "effective"}
RANKED, CHARS = "ranked", "chars"
COUNTED = ("issuer", "region", "kind", "year", "source", "state", "validity", "theme")  # facets count these, each in a column `value_…`
_LONGEST_VALUE = 2_000  # characters
_BETWEEN_PARTS = " \0 "  # folded text contains neither control characters nor blanks
_ID_BITS = 40
_CODES = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"  # arrays laid out in C: ten times as fast as pair by pair
_BLANK = (ord(" "),)


def laid_out(document: Document, *, ranked: bool = True) -> dict[str, str]:
    """The text of each field that is not empty; without `ranked` for an index made before that field was added."""
    parts = parts_of(document)
    fields: dict[str, str] = {}
    distinct = {part: _distinct(part) for part in dict.fromkeys((*parts[:4], *parts.attached)) if part}
    if ranked:
        weighed = (
            (parts.title, TITLE_TIMES),
            (parts.number, TITLE_TIMES),
            (parts.issuer, 1),
            (parts.text, 1),
            *((a, 1) for a in parts.attached),
        )
        fields[RANKED] = "".join((pairs(part) + _singles(distinct[part])) * times for part, times in weighed if part)
    chars: list[str] = []
    for name, prefix in PREFIXES.items():
        texts = parts.attached if name == "attached" else (getattr(parts, name),)
        if any(texts):
            fields[name] = _BETWEEN_PARTS.join(map(pairs, texts))
            chars.append(_prefixed(frozenset[int]().union(*(distinct[text] for text in texts if text)), prefix))
    fields[CHARS] = "".join(chars)
    return fields


def values_of(document: Document) -> dict[str, str]:
    """The value of each field that facets count, by the name of its column; unknown ones are left out."""
    day = document.published_date or document.written_date
    values = {name: clean(getattr(document, name))[:_LONGEST_VALUE] for name in COUNTED if name != "year"}
    values["year"] = str(day.year) if day else ""
    return {f"value_{name}": value for name, value in values.items() if value}


def pairs(part: str) -> str:
    """The overlapping character pairs of a folded part and its last character, each before blanks."""
    codes = array("I", part.encode(_CODES))
    laid = array("I", _BLANK) * (3 * len(codes))
    laid[0::3] = codes
    if codes:
        laid[1:-3:3] = codes[1:]
    return laid.tobytes().decode(_CODES)


def prefixed(part: str, prefix: str) -> str:
    """The distinct characters of a folded part, each after the prefix and before a blank."""
    return _prefixed(_distinct(part), prefix)


def _distinct(part: str) -> frozenset[int]:
    """The codes of a folded part: half of what a document's layout costs, so it is made once."""
    return frozenset(array("I", part.encode(_CODES)))


def _prefixed(distinct: frozenset[int], prefix: str) -> str:
    codes = array("I", distinct)
    laid = array("I", _BLANK) * (3 * len(codes))
    laid[0::3] = array("I", (ord(prefix),)) * len(codes)
    laid[1::3] = codes
    return laid.tobytes().decode(_CODES)


def _singles(distinct: frozenset[int]) -> str:
    """Distinct characters, each before a blank: how often one occurs tells little, and half of all tokens would be these."""
    codes = array("I", distinct)
    laid = array("I", _BLANK) * (2 * len(codes))
    laid[0::2] = codes
    return laid.tobytes().decode(_CODES)


def recent(published: int, ident: int) -> int:
    """A number that sorts newest first, then by id, when sorted descending; `published` is a day number."""
    return (published << _ID_BITS) + (1 << _ID_BITS) - 1 - ident


def clean(text: str) -> str:
    """The text without halves of surrogate pairs, which UTF-8 cannot encode."""
    return text.encode("utf-8", "replace").decode("utf-8")
