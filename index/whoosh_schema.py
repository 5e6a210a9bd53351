"""What the Whoosh index stores of a document.

grams    every character and character pair of each folded part, with its count; parts never share a pair
facts    keyword values as field=value
columns  id, revision, dates, and where the folded parts lie in the file of texts
display  what a result line shows, as JSON
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from operator import add
from typing import Any

from whoosh.columns import NumericColumn
from whoosh.fields import COLUMN, ID, STORED, FieldType, Schema
from whoosh.formats import Existence, Frequency
from whoosh.system import pack_uint

from index.engine import Document
from notices.text import fold

VERSION = 1  # raise when an index made earlier must be made anew
NUMBERS = (
    "ident",
    "revision",
    "start",
    "title_end",
    "text_start",
    "attached_start",
    "end",
    "published",
    "written",
    "effective",
    "original",
)
NO_DATE = 0
_DATES = ("published_date", "written_date", "effective_date")
_FACTS = ("source", "issuer", "kind", "region", "state", "number_key", "number_loose", "url")


class Grams(FieldType):
    """Characters and pairs of the parts given, counted in C instead of token by token."""

    def __init__(self) -> None:
        super().__init__(format=Frequency(), analyzer=None)  # type: ignore[arg-type]

    def index(self, value: Any, **kwargs: Any) -> Iterator[tuple[bytes, int, float, bytes]]:  # type: ignore[override]
        """(term, count, weight, packed count) of every gram."""
        counts: Counter[str] = Counter()
        for part in value:
            counts.update(part)
            counts.update(map(add, part, part[1:]))
        return ((gram.encode(), n, float(n), _packed(n)) for gram, n in counts.items())


_PACKED = [pack_uint(n) for n in range(64)]


def _packed(n: int) -> bytes:
    return _PACKED[n] if n < 64 else pack_uint(n)


class Facts(FieldType):
    """Ready-made keyword terms."""

    def __init__(self) -> None:
        super().__init__(format=Existence(), analyzer=None)  # type: ignore[arg-type]

    def index(self, value: Any, **kwargs: Any) -> Iterator[tuple[bytes, int, float, bytes]]:  # type: ignore[override]
        """Each term once."""
        return ((term.encode(), 1, 1.0, b"") for term in dict.fromkeys(value))


def schema() -> Schema:
    """The schema of the index."""
    columns = {name: COLUMN(NumericColumn("q")) for name in NUMBERS}
    return Schema(id=ID(unique=True), grams=Grams(), facts=Facts(), display=STORED(), **columns)


@dataclass(frozen=True, slots=True)
class Parts:
    """A document's folded parts: one each for title, number, issuer and text, one for each attachment page."""

    title: str
    number: str
    issuer: str
    text: str
    attached: tuple[str, ...]

    def all(self) -> tuple[str, ...]:
        """Every part in the order of the file of texts."""
        return (self.title, self.number, self.issuer, self.text, *self.attached)


def parts_of(document: Document) -> Parts:
    """The folded parts of a document; an attachment's name is a part of its own."""
    attached = tuple(fold(piece) for a in document.attachments for piece in (a.name, *a.pages))
    return Parts(fold(document.title), fold(document.document_number), fold(document.issuer), fold(document.text), attached)


def facts_of(document: Document) -> list[str]:
    """The keyword terms of a document."""
    facts = [f"{name}={getattr(document, name)}" for name in _FACTS if getattr(document, name)]
    year = document.published_date or document.written_date
    facts += [f"year={year.year}"] if year else []
    return facts + (["has=attachment"] if document.attachments else [])


def display_of(document: Document) -> str:
    """The fields of a result line, in the order that whoosh_engine.hit_of reads."""
    names = ("url", "title", "source", "issuer", "document_number", "kind", "region", "state")
    return json.dumps([getattr(document, n) for n in names], ensure_ascii=False, separators=(",", ":"))


def ordinals_of(document: Document) -> list[int]:
    """The three dates as day numbers, NO_DATE where there is none."""
    return [value.toordinal() if value else NO_DATE for value in (getattr(document, n) for n in _DATES)]


def date_of(ordinal: int) -> date | None:
    """The date of a day number."""
    return date.fromordinal(ordinal) if ordinal != NO_DATE else None
