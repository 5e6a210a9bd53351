"""indexes that answer counts alone, and sketches of texts"""

import sqlalchemy as sa
from alembic import op

from pipeline.sql.column_types import NUMBER, Day

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """indexes that answer counts alone, and sketches of texts"""
    op.drop_index("ix_notice_source_id", "notice")
    op.create_index("ix_notice_source_id_first_seen_at", "notice", ["source_id", "first_seen_at", "revisions"])
    op.create_index("ix_revision_published", "revision", ["notice_id", "n", "published_date", "parser_version"])
    op.create_index("ix_listing_column", "listing", ["source_id", "column_url", "last_listed_at", "listed_date"])
    op.create_index("ix_listing_first_listed_at", "listing", ["source_id", "first_listed_at", "state"])
    op.create_index("ix_observation_run_id", "observation", ["run_id"])
    op.create_table(
        "sketch",
        sa.Column("notice_id", NUMBER, nullable=False),
        sa.Column("written_date", Day(), nullable=True),
        sa.Column("length", NUMBER, nullable=False),
        sa.Column("shingles", sa.LargeBinary(), nullable=False),
        sa.Column("figures", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_sketch_notice_id_notice")),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_sketch")),
    )
