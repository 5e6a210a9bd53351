"""the region of a revision, and where it is known from"""

import hashlib
import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from notices.reference.regions import region_of
from pipeline.sql.column_types import Utc

revision = "0002"
down_revision = "0001"

_BATCH = 500
_REVISION = sa.table(
    "revision", *map(sa.column, ("id", "notice_id", "n", "issuer", "anatomy", "row_digest", "region", "region_provenance"))
)
_NOTICE = sa.table("notice", *map(sa.column, ("id", "source_id", "revisions")))
_SOURCE = sa.table("source", *map(sa.column, ("id", "region")))
_OUTBOX = sa.table("outbox", sa.column("notice_id"), sa.column("created_at", Utc()))


def upgrade() -> None:
    """the region of a revision, and where it is known from"""
    op.add_column("revision", sa.Column("region", sa.Text(), nullable=True))
    op.add_column("revision", sa.Column("region_provenance", sa.Text(), nullable=True))
    connection, last = op.get_bind(), 0
    query = (
        sa.select(
            _REVISION.c.id, _REVISION.c.notice_id, _REVISION.c.n, _REVISION.c.issuer, _REVISION.c.row_digest,
            sa.cast(_REVISION.c.anatomy, sa.Text).label("anatomy"), _SOURCE.c.region.label("source_region"), _NOTICE.c.revisions,
        )
        .select_from(_REVISION.join(_NOTICE, _NOTICE.c.id == _REVISION.c.notice_id).join(_SOURCE, _SOURCE.c.id == _NOTICE.c.source_id))
        .order_by(_REVISION.c.id)
        .limit(_BATCH)
    )  # fmt: skip
    while rows := connection.execute(query.where(_REVISION.c.id > last)).all():
        for row in rows:
            short = region_of(row.issuer or "")
            region, provenance = _located(row.source_region, short or region_of(_issuer_full(row.anatomy)))
            digest = _chained(row.row_digest, region, provenance)
            values = {"region": region, "region_provenance": provenance, "row_digest": digest}
            connection.execute(_REVISION.update().where(_REVISION.c.id == row.id).values(**values))
            if row.n == row.revisions and (region or "") != (row.source_region or short):
                # Until now the index was given the region of the source or of the issuer's short name.
                connection.execute(_OUTBOX.insert().values(notice_id=row.notice_id, created_at=datetime.now(UTC)))
        last = rows[-1].id


def _located(source_region: str, of_issuer: str) -> tuple[str | None, str | None]:
    if source_region:
        return source_region, "source"
    return (of_issuer, "issuer") if of_issuer else (None, None)


def _issuer_full(anatomy: str | None) -> str:
    """The issuer's full name in a stored anatomy; empty if the value is damaged (verify reports it)."""
    try:
        found = json.loads(anatomy or "{}").get("issuer_full")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return found if isinstance(found, str) else ""


def _chained(before: str, region: str | None, provenance: str | None) -> str:
    """As pipeline.sql.row_digest makes it from these columns on. The old digest is not recomputed: a row that was rewritten stays found."""
    later = json.dumps([before, {"region": region, "region_provenance": provenance}], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(later.encode("utf-8", "replace")).hexdigest()
