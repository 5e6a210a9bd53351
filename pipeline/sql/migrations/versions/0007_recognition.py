"""text recognised from pictures"""

import sqlalchemy as sa
from alembic import op

from pipeline.sql.column_types import NUMBER, Json, Utc

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """text recognised from pictures"""
    op.create_table(
        "recognition",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("recogniser", sa.Text(), nullable=False),
        sa.Column("made_at", Utc(timezone=True), nullable=False),
        sa.Column("pictures", NUMBER, nullable=False),
        sa.Column("tried", NUMBER, nullable=False),
        sa.Column("pages", Json(), nullable=False),
        sa.Column("failures", Json(), nullable=False),
        sa.Column("row_digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recognition")),
        sa.UniqueConstraint("digest", name=op.f("uq_recognition_digest")),
    )
