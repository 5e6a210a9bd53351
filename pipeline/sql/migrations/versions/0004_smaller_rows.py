"""folded texts go, long values are packed"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from alembic import op

from notices.errors import DamageFound
from pipeline.sql.column_types import LEAST_PACKED, AnatomyJson, Day, Json, PackedJson, PackedText, Utc
from pipeline.sql.migrate import SPACE_DUE

revision = "0004"
down_revision = "0003"

_BATCH = 200
Row = Mapping[str, Any]


def _table(table: str, /, **columns: Any) -> sa.TableClause:
    return sa.table(table, *(sa.column(name, kind) for name, kind in columns.items()))


_NUMBER, _TEXT = sa.Integer(), sa.Text()
_REVISION = _table(
    "revision",
    id=_NUMBER, n=_NUMBER, created_at=Utc(), snapshot_id=_NUMBER, parser_version=_TEXT, content_digest=_TEXT, title=_TEXT, text=PackedText(),
    folded=_TEXT, published_date=Day(), written_date=Day(), effective_date=Day(), expiry_date=Day(), issuer=_TEXT, document_number=_TEXT,
    number_key=_TEXT, number_loose=_TEXT, index_number=_TEXT, kind=_TEXT, addressees=Json(), needs_ocr=sa.Boolean(), validity=_TEXT,
    row_digest=_TEXT, region=_TEXT, region_provenance=_TEXT, anatomy=AnatomyJson(), provenance=Json(),
)  # fmt: skip
_ATTACHMENT = _table(
    "attachment",
    id=_NUMBER, revision_id=_NUMBER, position=_NUMBER, name=_TEXT, url=_TEXT, media_type=_TEXT, digest=_TEXT, size=_NUMBER, outcome=_TEXT,
    detail=_TEXT, text=PackedText(), snapshot_id=_NUMBER,
)  # fmt: skip
_ALIAS = _table("alias", id=_NUMBER, revision_id=_NUMBER, short=_TEXT, long=_TEXT)
_CITATION = _table(
    "citation",
    id=_NUMBER, revision_id=_NUMBER, relation=_TEXT, target_title=_TEXT, target_number=_TEXT, target_key=_TEXT, sentence=_TEXT,
)  # fmt: skip
_PARTS = (_ATTACHMENT, _ALIAS, _CITATION)
_CORRECTION = _table("correction", id=_NUMBER, changes=PackedJson())


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
        if len(file["text"]) >= LEAST_PACKED:
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
