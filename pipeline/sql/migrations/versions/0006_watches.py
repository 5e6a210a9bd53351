"""saved searches, their hits and deliveries"""

import sqlalchemy as sa
from alembic import op

from pipeline.sql.column_types import NUMBER, Json, Utc

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """saved searches, their hits and deliveries"""
    op.create_table(
        "watch",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("channels", Json(), nullable=False),
        sa.Column("every", sa.Text(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("made_at", Utc(timezone=True), nullable=False),
        sa.Column("matched_seq", NUMBER, nullable=False),
        sa.Column("bundled_at", Utc(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch")),
        sa.UniqueConstraint("name", name=op.f("uq_watch_name")),
    )
    op.create_table(
        "watch_hit",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("watch_id", NUMBER, nullable=False),
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("delivery_key", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["watch_id"], ["watch.id"], name=op.f("fk_watch_hit_watch_id_watch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_hit")),
        sa.UniqueConstraint("watch_id", "seq", name=op.f("uq_watch_hit_watch_id_seq")),
    )
    op.create_index(op.f("ix_watch_hit_delivery_key"), "watch_hit", ["delivery_key"])
    op.create_table(
        "delivery",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("watch", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", NUMBER, nullable=False),
        sa.Column("made_at", Utc(timezone=True), nullable=False),
        sa.Column("due_at", Utc(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("key", "channel", name=op.f("uq_delivery_key_channel")),
    )
    op.create_index(op.f("ix_delivery_state"), "delivery", ["state"])
