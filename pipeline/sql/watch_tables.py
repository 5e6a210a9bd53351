"""The tables of saved searches: what is watched, what was hit, and what is to be delivered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.sql.base import Base


class WatchRow(Base):
    """A saved search. `every` is a cron line, "" for at once; changes up to `matched_seq` have been matched."""

    __tablename__ = "watch"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    query: Mapped[str]
    channels: Mapped[list[str]] = mapped_column(default=list)
    every: Mapped[str] = mapped_column(default="")
    paused: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime]
    matched_seq: Mapped[int]
    bundled_at: Mapped[datetime | None]


class WatchHitRow(Base):
    """One change that a watch is told of, once. `delivery_key` names the message that contains it, None until there is one."""

    __tablename__ = "watch_hit"
    __table_args__ = (UniqueConstraint("watch_id", "seq"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    watch_id: Mapped[int] = mapped_column(ForeignKey("watch.id"))
    seq: Mapped[int]
    event: Mapped[str]
    delivery_key: Mapped[str | None] = mapped_column(String(36), index=True)


class DeliveryRow(Base):
    """One message to one channel. `state`: pending, leased, sent, failed or dead; `body` is JSON and the same in every try."""

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("key", "channel"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(36))
    watch: Mapped[str]
    channel: Mapped[str]
    body: Mapped[str]
    state: Mapped[str] = mapped_column(default="pending", index=True)
    tries: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime]
    due_at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(default="")
