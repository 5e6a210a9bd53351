"""takedowns of notices and of passages"""

import sqlalchemy as sa
from alembic import op

from pipeline.sql.column_types import NUMBER, Utc

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """takedowns of notices and of passages"""
    op.create_table(
        "takedown",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("notice_id", NUMBER, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("passage", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("legal", sa.Boolean(), nullable=False),
        sa.Column("made_at", Utc(timezone=True), nullable=False),
        sa.Column("undone_at", Utc(timezone=True), nullable=True),
        sa.Column("undone_reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takedown")),
    )
    op.create_index(op.f("ix_takedown_notice_id"), "takedown", ["notice_id"])
