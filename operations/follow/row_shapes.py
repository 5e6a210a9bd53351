"""Rows as JSON that another archive may read: a shape for each table, made of its columns, so that a value of another type is refused."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TypeVar, get_args, get_type_hints

import msgspec

from pipeline.sql import tables
from pipeline.sql.base import Base

Row = TypeVar("Row", bound=Base)
Values = dict[str, object]
_OWN: Mapping[type[Base], frozenset[str]] = {  # each archive gives these numbers itself
    tables.SourceRow: frozenset({"id", "paused_until"}),
    tables.NoticeRow: frozenset({"source_id", "group_id", "tallies", "revisions"}),
    tables.RevisionRow: frozenset(),
    tables.AttachmentRow: frozenset({"id", "revision_id"}),
    tables.CitationRow: frozenset({"id", "revision_id", "target_id"}),
    tables.AliasRow: frozenset({"id", "revision_id"}),
    tables.CorrectionRow: frozenset({"id", "revision_id"}),
    tables.RecognitionRow: frozenset({"id"}),
}


def values_of_row(row: Base) -> Values:
    """The row's columns but for the numbers that are its archive's own, as JSON values."""
    made: Values = msgspec.to_builtins(msgspec.convert(row, shape_of(type(row)), from_attributes=True))
    return made


def row_of_values(model: type[Row], values: object) -> Row:
    """A row, in no session, of what values_of_row gave. Raises ValueError for a value of another type, a column too many or one too few."""
    shape = msgspec.convert(values, shape_of(model))
    return model(**msgspec.structs.asdict(shape))


@cache
def shape_of(model: type[Base]) -> type[msgspec.Struct]:
    """The shape of a table's rows."""
    hints = get_type_hints(model)
    keys = [each.key for each in model.__mapper__.column_attrs if each.key not in _OWN[model]]
    fields: list[tuple[str, type]] = [(key, get_args(hints[key])[0]) for key in keys]
    return msgspec.defstruct(model.__name__, fields, forbid_unknown_fields=True, frozen=True)
