"""folded texts go, long values are packed"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

from notices.errors import DamageFound
from pipeline.sql.column_types import LEAST_PACKED, AnatomyJson, Day, Json, PackedJson, PackedText, Utc
from pipeline.sql.migrate import SPACE_DUE

revision = "0004"
down_revision = "0003"

_BATCH = 200
Row = Mapping[str, object]
T = TypeVar("T")


def _of(kind: TypeEngine[T], names: str) -> list[sa.ColumnClause[T]]:
    return [sa.column(name, kind) for name in names.split()]


_NUMBER, _TEXT, _PACKED = sa.Integer(), sa.Text(), PackedText()
_TEXTS = (
    "parser_version content_digest title folded issuer document_number number_key number_loose index_number kind validity row_digest region"
    " region_provenance"
)
_REVISION = sa.table(
    "revision",
    *_of(_NUMBER, "id n snapshot_id"),
    *_of(Utc(), "created_at"),
    *_of(_TEXT, _TEXTS),
    *_of(_PACKED, "text"),
    *_of(Day(), "published_date written_date effective_date expiry_date"),
    *_of(Json(), "addressees provenance"),
    *_of(sa.Boolean(), "needs_ocr"),
    *_of(AnatomyJson(), "anatomy"),
)
_ATTACHMENT = sa.table(
    "attachment",
    *_of(_NUMBER, "id revision_id position size snapshot_id"),
    *_of(_TEXT, "name url media_type digest outcome detail"),
    *_of(_PACKED, "text"),
)
_ALIAS = sa.table("alias", *_of(_NUMBER, "id revision_id"), *_of(_TEXT, "short long"))
_CITATION = sa.table("citation", *_of(_NUMBER, "id revision_id"), *_of(_TEXT, "relation target_title target_number target_key sentence"))
_PARTS = (_ATTACHMENT, _ALIAS, _CITATION)
_CORRECTION = sa.table("correction", *_of(_NUMBER, "id"), *_of(PackedJson(), "changes"))


def upgrade() -> None:
    """folded texts go, long values are packed"""
    connection, found = op.get_bind(), False
    for ident in _ids(connection, _REVISION):
        _rewrite(connection, ident)
        found = True
    for ident in _ids(connection, _CORRECTION):
        _repack(connection, _CORRECTION, ident, "changes")
    op.drop_column("revision", "folded")
    if found and connection.dialect.name == "sqlite":
        op.execute(f"PRAGMA user_version = {SPACE_DUE}")


def _ids(connection: sa.Connection, table: sa.TableClause) -> Iterator[int]:
    last = 0
    query = sa.select(table.c.id).order_by(table.c.id).limit(_BATCH)
    while some := connection.execute(query.where(table.c.id > last)).scalars().all():
        yield from some
        last = some[-1]


def _rewrite(connection: sa.Connection, ident: int) -> None:
    """Pack the values of a revision and of its files, and make its digest without the folded text, if it is what was written.

    A row that was rewritten, or cannot be read, keeps the digest that it has: it fits no more than before, and verify still names the row.
    """
    mine = _REVISION.c.id == ident
    try:
        row = dict(connection.execute(sa.select(_REVISION).where(mine)).mappings().one())
        parts = [_parts(connection, table, ident) for table in _PARTS]
    except DamageFound:
        return
    values = {"text": row["text"], "anatomy": row["anatomy"], "folded": ""}
    if _digest(row, parts) == row["row_digest"]:
        del row["folded"]
        values["row_digest"] = _digest(row, parts)
    connection.execute(_REVISION.update().where(mine).values(values))
    for file in parts[0]:
        if len(str(file["text"])) >= LEAST_PACKED:
            connection.execute(_ATTACHMENT.update().where(_ATTACHMENT.c.id == file["id"]).values(text=file["text"]))


def _parts(connection: sa.Connection, table: sa.TableClause, revision_id: int) -> list[Row]:
    order = table.c.get("position", table.c.id)
    found = connection.execute(sa.select(table).where(table.c.revision_id == revision_id).order_by(order))
    return [dict(row) for row in found.mappings()]


def _digest(revision: Row, parts: Sequence[Sequence[Row]]) -> str:
    """As pipeline.sql.row_digest makes it at this migration."""
    values = _values(revision)
    later = {name: values.pop(name) for name in ("region", "region_provenance")}
    files, *rest = parts
    whole = [values, [_values(file) for file in files], *(sorted(_plain(_values(each)) for each in rows) for rows in rest)]
    return _sha256([_sha256(whole), later])


def _values(row: Row) -> dict[str, object]:
    return {name: value for name, value in row.items() if name not in ("id", "row_digest", "revision_id")}


def _sha256(value: object) -> str:
    return hashlib.sha256(_plain(value).encode("utf-8", "replace")).hexdigest()


def _plain(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=lambda day: day.isoformat())


def _repack(connection: sa.Connection, table: sa.TableClause, ident: int, name: str) -> None:
    """Write a value as it is written from now on; one that cannot be read stays."""
    mine = table.c.id == ident
    with suppress(DamageFound):
        value = connection.execute(sa.select(table.c[name]).where(mine)).scalar()
        connection.execute(table.update().where(mine).values({name: value}))
