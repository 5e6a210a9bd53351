"""The SQL tables. Times are aware UTC; dates are Asia/Shanghai."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pipeline.sql.base import Base, Values
from pipeline.sql.column_types import AnatomyJson, PackedJson, PackedText


class ArchiveRow(Base):
    """The archive itself: its id, made once with the tables; every part of the archive names it (notices.archive_id)."""

    __tablename__ = "archive"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    made_at: Mapped[datetime]


class SourceRow(Base):
    """A site that is crawled, or a collection that was imported."""

    __tablename__ = "source"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    site: Mapped[str] = mapped_column(default="")
    publisher: Mapped[str] = mapped_column(default="")
    region: Mapped[str] = mapped_column(default="")
    paused_until: Mapped[datetime | None]


class RunRow(Base):
    """One run of a job. `outcome`: running, done, partial, failed, stopped or crashed; `reason` says why it ended."""

    __tablename__ = "run"
    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id"), index=True)
    kind: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="running")
    reason: Mapped[str] = mapped_column(default="")
    counts: Mapped[dict[str, object]] = mapped_column(default=dict)


class SnapshotRow(Base):
    """One record in a WARC file: the exact bytes that a server sent for one address at one time."""

    __tablename__ = "snapshot"
    __table_args__ = (UniqueConstraint("warc_file", "offset"), Index("ix_snapshot_payload_digest", "payload_digest"))
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id"), index=True)
    kind: Mapped[str]
    warc_file: Mapped[str]
    offset: Mapped[int]
    length: Mapped[int]
    url: Mapped[str] = mapped_column(index=True)
    status: Mapped[int]
    media_type: Mapped[str | None]
    fetched_at: Mapped[datetime]
    payload_digest: Mapped[str]
    revisit: Mapped[bool] = mapped_column(default=False)
    note: Mapped[dict[str, str]] = mapped_column(default=dict)


class ListingRow(Base):
    """One entry of a list page. `state`: pending, stored, failed, refused, blocked or gone."""

    __tablename__ = "listing"
    __table_args__ = (
        UniqueConstraint("source_id", "key"),
        Index("ix_listing_source_id_state", "source_id", "state"),
        Index("ix_listing_column", "source_id", "column_url", "last_listed_at", "listed_date"),
        Index("ix_listing_first_listed_at", "source_id", "first_listed_at", "state"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    key: Mapped[str]
    url: Mapped[str]
    title: Mapped[str]
    listed_date: Mapped[date | None]
    column_url: Mapped[str]
    column_kind: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="pending")
    tries: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(default="")
    first_listed_at: Mapped[datetime]
    last_listed_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    revisit_at: Mapped[datetime | None] = mapped_column("read_again_at", index=True)
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]


class ColumnWalkRow(Base):
    """Whether the lists of a column were once walked to their end; only then may a walk stop at known notices."""

    __tablename__ = "column_walk"
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), primary_key=True)
    column_url: Mapped[str] = mapped_column(primary_key=True)
    complete: Mapped[bool] = mapped_column(default=False)
    walked_at: Mapped[datetime]
    began_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]


class NoticeRow(Base):
    """One notice at one canonical address. `state`: listed, missing, withdrawn or back; `revisions` counts its revisions.

    `tallies`: what was written of it (pipeline.sql.tallies).
    """

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_source_id_first_seen_at", "source_id", "first_seen_at", "revisions"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    key: Mapped[str] = mapped_column(unique=True)
    url: Mapped[str]
    state: Mapped[str] = mapped_column(default="listed")
    revisions: Mapped[int] = mapped_column(default=0)
    group_id: Mapped[int | None] = mapped_column(index=True)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    tallies: Mapped[Values] = mapped_column(default=dict, server_default="{}")
    source: Mapped[SourceRow] = relationship()


class RevisionRow(Base):
    """One reading of a notice; only a correction changes it. `anatomy` and `provenance` are JSON of the model's fields.

    `region_provenance` says where the region's code is known from: source, issuer or page (notices.reference.regions.locate).
    """

    __tablename__ = "revision"
    __table_args__ = (
        UniqueConstraint("notice_id", "n"),
        Index("ix_revision_published", "notice_id", "n", "published_date", "parser_version"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"))
    n: Mapped[int]
    created_at: Mapped[datetime]
    snapshot_id: Mapped[int | None] = mapped_column(ForeignKey("snapshot.id"), index=True)
    parser_version: Mapped[str]
    content_digest: Mapped[str]
    title: Mapped[str]
    text: Mapped[str] = mapped_column(PackedText)
    published_date: Mapped[date | None]
    written_date: Mapped[date | None]
    effective_date: Mapped[date | None]
    expiry_date: Mapped[date | None]
    issuer: Mapped[str | None]
    document_number: Mapped[str | None]
    number_key: Mapped[str | None] = mapped_column(index=True)
    number_loose: Mapped[str | None]
    index_number: Mapped[str | None]
    kind: Mapped[str | None]
    addressees: Mapped[list[str]] = mapped_column(default=list)
    needs_ocr: Mapped[bool] = mapped_column(default=False)
    validity: Mapped[str] = mapped_column(default="unknown")
    row_digest: Mapped[str] = mapped_column(default="")
    region: Mapped[str | None]
    region_provenance: Mapped[str | None]
    theme: Mapped[str | None]
    anatomy: Mapped[Values] = mapped_column(AnatomyJson, default=dict)
    provenance: Mapped[dict[str, str]] = mapped_column(default=dict)
    notice: Mapped[NoticeRow] = relationship()
    attachments: Mapped[list[AttachmentRow]] = relationship(order_by="AttachmentRow.position", back_populates="revision")
    citations: Mapped[list[CitationRow]] = relationship()
    aliases: Mapped[list[AliasRow]] = relationship()


class AttachmentRow(Base):
    """A file that a revision names. `outcome` as in AttachmentText; pages are separated by form feeds."""

    __tablename__ = "attachment"
    __table_args__ = (UniqueConstraint("revision_id", "position"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"))
    position: Mapped[int]
    name: Mapped[str]
    url: Mapped[str | None]
    media_type: Mapped[str | None]
    digest: Mapped[str | None]
    size: Mapped[int | None]
    outcome: Mapped[str]
    detail: Mapped[str | None]
    text: Mapped[str] = mapped_column(PackedText, default="")
    snapshot_id: Mapped[int | None] = mapped_column(ForeignKey("snapshot.id"))
    revision: Mapped[RevisionRow] = relationship(back_populates="attachments")
    recognition: Mapped[RecognitionRow | None] = relationship(
        primaryjoin="foreign(AttachmentRow.digest) == RecognitionRow.digest", viewonly=True, uselist=False
    )


class RecognitionRow(Base):
    """Text recognised from the pictures of a file with these bytes: beside what was read from them, never in its place.

    `pages`: the number of a page (from 0) to its text and confidence. `recogniser` is the program with its version. The row is done once as
    many pictures as `pictures` counts were tried; `failures` are those that gave no text, with the reason. `row_digest` is over all of it.
    """

    __tablename__ = "recognition"
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    recogniser: Mapped[str]
    made_at: Mapped[datetime]
    pictures: Mapped[int]
    tried: Mapped[int]
    pages: Mapped[Values] = mapped_column(default=dict)
    failures: Mapped[Values] = mapped_column(default=dict)
    row_digest: Mapped[str] = mapped_column(default="")


class CitationRow(Base):
    """A relation to another document as the text states it; `target_id` once it is known which notice is meant.

    `title_key` is the key in InstrumentKeyRow of instruments with the target's title; None where it is too short to mean one.
    """

    __tablename__ = "citation"
    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"), index=True)
    relation: Mapped[str]
    target_title: Mapped[str | None]
    target_number: Mapped[str | None]
    target_key: Mapped[str | None] = mapped_column(index=True)
    target_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"))
    sentence: Mapped[str]
    title_key: Mapped[str | None] = mapped_column(index=True)


class AliasRow(Base):
    """A short form that a text defines for itself."""

    __tablename__ = "alias"
    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"), index=True)
    short: Mapped[str] = mapped_column(index=True)
    long: Mapped[str]


class OutboxRow(Base):
    """A notice whose newest state the index does not have yet."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"))
    created_at: Mapped[datetime]


class ChangeRow(Base):
    """One change of a notice, append-only (pipeline.sql.changes): `revision` is its newest then, `cause_id` the notice that repeals it."""

    __tablename__ = "change"
    __table_args__ = (Index("ix_change_news", "seq", sqlite_where=text("baseline IS 0"), postgresql_where=text("baseline IS false")),)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    notice_id: Mapped[int] = mapped_column(index=True)  # no foreign key: what was told stays told when a row is lost
    revision: Mapped[int]
    kind: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    run_id: Mapped[int | None]
    baseline: Mapped[bool]
    cause_id: Mapped[int | None]


class TickRow(Base):
    """One due moment of one scheduled job: the unique key lets only one scheduler take it."""

    __tablename__ = "tick"
    __table_args__ = (UniqueConstraint("job", "due_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str]
    due_at: Mapped[datetime]
    taken_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="running")


class CorrectionRow(Base):
    """A later reading of the same bytes: which fields of a revision changed, from what to what. The source did not change."""

    __tablename__ = "correction"
    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"), index=True)
    made_at: Mapped[datetime]
    from_parser: Mapped[str]
    to_parser: Mapped[str]
    changes: Mapped[Values] = mapped_column(PackedJson)


class ObservationRow(Base):
    """One later observation of an archived notice: "seen", or why not (pipeline.observe.presence); or that a list lost or regained it."""

    __tablename__ = "observation"
    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), index=True)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id"), index=True)
    observed_at: Mapped[datetime]
    evidence: Mapped[str]
    detail: Mapped[str] = mapped_column(default="")
    site_healthy: Mapped[bool] = mapped_column(default=True)


class CheckpointRow(Base):
    """A signed root of the Merkle log over all snapshots, in order of their ids, up to `last_snapshot_id`."""

    __tablename__ = "checkpoint"
    id: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    size: Mapped[int]
    last_snapshot_id: Mapped[int]
    root: Mapped[str]
    note: Mapped[str]
    timestamp_response: Mapped[str | None]


class InstrumentKeyRow(Base):
    """A key by which copies of one instrument find each other (pipeline.relations.duplicates.candidate_keys)."""

    __tablename__ = "instrument_key"
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True, index=True)


class SketchRow(Base):
    """What tells whether the newest text of a notice is like another's, without the text (pipeline.relations.duplicates.Sketch)."""

    __tablename__ = "sketch"
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), primary_key=True)
    written_date: Mapped[date | None]
    length: Mapped[int]
    shingles: Mapped[bytes]
    figures: Mapped[bytes]
