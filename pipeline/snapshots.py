"""The SQL rows of WARC records, and look-ups of records by their payload."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache

from sqlalchemy import Engine, Select, bindparam, select

from notices.capture import Capture
from pipeline.sql import tables
from pipeline.sql.database import for_reading
from pipeline.warc.series import Stored


def earlier_payload(engine: Engine) -> Callable[[str], tuple[str, datetime] | None]:
    """A look-up for SnapshotWriter: address and time of the first capture of a payload, so that a repeat is a revisit record."""
    reading = for_reading(engine)

    def find(digest: str) -> tuple[str, datetime] | None:
        with reading.connect() as connection:
            row = connection.execute(_first_of_payload(), {"digest": digest}).first()
            return (row.url, row.fetched_at) if row else None

    return find


def payload_place(engine: Engine) -> Callable[[str], tuple[str, int] | None]:
    """A look-up for read_capture: file and offset of the record with a payload."""

    def find(digest: str) -> tuple[str, int] | None:
        with engine.begin() as connection:
            row = connection.execute(_first_of_payload(), {"digest": digest}).first()
            return (row.warc_file, row.offset) if row else None

    return find


@cache
def _first_of_payload() -> Select[str, datetime, str, int]:
    row = tables.SnapshotRow
    query = select(row.url, row.fetched_at, row.warc_file, row.offset)
    return query.where(row.payload_digest == bindparam("digest"), row.revisit.is_(False)).order_by(row.id).limit(1)


def snapshot_row(capture: Capture, stored: Stored, run_id: int | None) -> tables.SnapshotRow:
    """The SQL row for a WARC record."""
    return tables.SnapshotRow(
        run_id=run_id,
        kind=capture.kind,
        warc_file=stored.warc_file,
        offset=stored.offset,
        length=stored.length,
        url=capture.url,
        status=capture.status,
        media_type=capture.header("content-type"),
        fetched_at=capture.fetched_at,
        payload_digest=stored.payload_digest,
        revisit=stored.revisit,
        note=dict(capture.note),
    )
