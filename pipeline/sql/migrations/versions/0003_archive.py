"""the archive's id"""

import uuid
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from pipeline.sql.column_types import Utc

revision = "0003"
down_revision = "0002"

_SNAPSHOT = sa.table("snapshot", *map(sa.column, ("id", "payload_digest", "url", "fetched_at")))


def upgrade() -> None:
    """the archive's id"""
    table = op.create_table(
        "archive",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_archive"),
    )
    op.bulk_insert(table, [{"id": str(_of_first_snapshot() or uuid.uuid4()), "made_at": datetime.now(UTC)}])


def _of_first_snapshot() -> uuid.UUID | None:
    """The id of an archive that was made before there were ids: of its first capture, so that the archive and its backups get the same."""
    found = op.get_bind().execute(sa.select(_SNAPSHOT.c.payload_digest, _SNAPSHOT.c.url).order_by(_SNAPSHOT.c.id).limit(1)).first()
    times = sa.select(sa.cast(_SNAPSHOT.c.fetched_at, sa.Text)).order_by(_SNAPSHOT.c.id).limit(1)
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{found[0]} {found[1]} {op.get_bind().execute(times).scalar()}") if found else None
