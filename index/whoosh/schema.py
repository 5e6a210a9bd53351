"""The fields of the Whoosh index.

grams    every character and character pair of each folded part, with its count; parts never share a pair
facts    keyword values as field=value
columns  id, revision, dates, and the places of the folded parts and the originals in their files
display  the fields of a result line, as JSON
"""

# mypy: allow-untyped-calls

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from whoosh.columns import NumericColumn
from whoosh.fields import COLUMN, STORED, FieldType, Schema
from whoosh.formats import Frequency

if TYPE_CHECKING:
    from whoosh.analysis.analyzers import Analyzer

VERSION = 3  # raise when an earlier program could not read the index
READABLE = (2, 3)  # versions that this program reads
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


def schema() -> Schema:
    """The schema of the index, in Whoosh's own classes: they are pickled into every table of contents."""
    columns = {name: COLUMN(number_column()) for name in NUMBERS}
    return Schema(grams=_counted(), facts=_counted(), display=STORED(), **columns)


def number_column() -> NumericColumn:
    """A column of 8-byte numbers."""
    return NumericColumn("q")


def _counted() -> FieldType:
    """Terms with a count for each document. Nothing is analysed here: index.whoosh.segment writes the terms itself."""
    return FieldType(format=Frequency(), analyzer=cast("Analyzer", None))
