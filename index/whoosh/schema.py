"""What the Whoosh index stores of a document.

grams    every character and character pair of each folded part, with its count; parts never share a pair
facts    keyword values as field=value
columns  id, revision, dates, and where the folded parts and the originals lie in their files
display  what a result line shows, as JSON
"""

from __future__ import annotations

from whoosh.columns import NumericColumn
from whoosh.fields import COLUMN, STORED, FieldType, Schema
from whoosh.formats import Format, Frequency

from index.document import NO_DATE, SHOWN, date_of, facts_of, ordinals_of, parts_of
from index.document import shown_of as display_of

VERSION = 2  # raise when an index made earlier must be made anew
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


class Counted(FieldType):
    """Terms with a count for each document. Segments are written whole (see whoosh_segment), so nothing is analysed here."""

    def __init__(self) -> None:
        counts: Format = Frequency()
        super().__init__(format=counts, analyzer=None)  # type: ignore[arg-type]


def schema() -> Schema:
    """The schema of the index."""
    columns = {name: COLUMN(NumericColumn("q")) for name in NUMBERS}
    return Schema(grams=Counted(), facts=Counted(), display=STORED(), **columns)


__all__ = [
    "NO_DATE",
    "NUMBERS",
    "SHOWN",
    "VERSION",
    "date_of",
    "display_of",
    "facts_of",
    "ordinals_of",
    "parts_of",
    "schema",
]
