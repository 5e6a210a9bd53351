"""Pages of another program's collection into the archive: their records into WARC, byte for byte, their notices into SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from notices.attachment import StoredAttachment
from notices.capture import Capture, Listed, ListEntry, listed_note, payload_digest
from notices.model import Notice
from notices.urls import url_key
from pipeline.crawled import validator
from pipeline.ledger import listing_row
from pipeline.observe.presence import next_reading
from pipeline.snapshots import earlier_payload, snapshot_row
from pipeline.sql import tables
from pipeline.sql.database import database_errors
from pipeline.store import Reading, store_reading
from pipeline.warc.series import SnapshotWriter


@dataclass(frozen=True, slots=True)
class TakenFile:
    """A file of a page: as it was read, and the answer it was read from; None for a link without one."""

    read: StoredAttachment
    answer: Capture | None = None


@dataclass(frozen=True, slots=True)
class TakenPage:
    """A page that is a notice, with its files, ready to be stored."""

    capture: Capture
    source: str
    notice: Notice
    files: Sequence[TakenFile]


def page_note(entry: ListEntry, source: str, place: str) -> dict[str, str]:
    """The notes of an imported page: what its reading takes from outside its bytes, and where it came from."""
    return {**listed_note(Listed(entry, ""), source), "imported": place}


class PageStore:
    """Stores pages for one run of an import; each batch is whole or not at all."""

    def __init__(self, database: Engine, writer: SnapshotWriter, run_id: int, revisit_days: Sequence[int]) -> None:
        self._engine, self._writer, self._run_id, self._days = database, writer, run_id, tuple(revisit_days)
        self._earlier = earlier_payload(database)
        self._adopted = set[int]()

    def is_known(self, url: str, at: datetime | None, body: bytes | None = None) -> bool:
        """Whether an earlier import took this answer, by its address and time; by its address and bytes where nobody noted the time."""
        row = tables.SnapshotRow
        same = row.fetched_at == at if at is not None else row.payload_digest == payload_digest(body or b"")
        query = select(row.id).where(row.url == url, row.kind == "detail", same, row.run_id.is_not(None)).limit(1)
        with Session(self._engine) as session, session.begin():
            return session.scalar(query) is not None

    def has_file(self, url: str, at: datetime | None) -> bool:
        """Whether an earlier page took this answer as its file."""
        row = tables.SnapshotRow
        query = select(row.id).where(row.url == url, row.kind == "attachment", row.fetched_at == at).limit(1)
        with Session(self._engine) as session, session.begin():
            return session.scalar(query) is not None

    def has_later(self, url: str, at: datetime) -> bool:
        """Whether the archive has a reading of the notice that is later: revisions are only added at the end."""
        row = tables.NoticeRow
        with Session(self._engine) as session, session.begin():
            return session.scalar(select(row.id).where(row.key == url_key(url), row.last_seen_at > at)) is not None

    def store(self, pages: Sequence[TakenPage], source_ids: dict[str, int]) -> list[str]:
        """Keep the records of the pages and of their files, then store all notices in one transaction; "new", "revised" or "unchanged" for each.

        Before that their addresses are noted as pending: a kill leaves a record that verify knows to be awaited.
        """
        self._note_pending(pages, source_ids)
        kept = [(self._row(page.capture), [self._row(each.answer) if each.answer else None for each in page.files]) for page in pages]
        outcomes = list[str]()
        with database_errors(str(self._engine.url)), Session(self._engine) as session, session.begin():
            for page, (row, rows) in zip(pages, kept, strict=True):
                source = session.get_one(tables.SourceRow, source_ids[page.source])
                snapshot = self._add(session, row)
                files = [
                    file.read._replace(snapshot_id=self._add(session, each)) if each is not None else file.read
                    for file, each in zip(page.files, rows, strict=True)
                ]
                reading = Reading(page.notice, files, snapshot, page.capture.fetched_at)
                outcomes.append(store_reading(session, source.id, reading))
                self._settle(session, source.id, page)
        return outcomes

    def _note_pending(self, pages: Sequence[TakenPage], source_ids: dict[str, int]) -> None:
        with database_errors(str(self._engine.url)), Session(self._engine) as session, session.begin():
            for page in pages:
                self._listing(session, source_ids[page.source], page)

    def _row(self, capture: Capture) -> tables.SnapshotRow:
        """The row of the capture's record, which is written unless a run that was killed wrote it."""
        found = self._orphan(capture)
        if found is not None:
            return found
        if capture.kind == "attachment" and capture.original is not None and self._earlier(payload_digest(capture.body)):
            capture = replace(capture, original=None)  # its record is kept: it is linked from another page too
        return snapshot_row(capture, self._writer.write(capture), self._run_id)

    def _orphan(self, capture: Capture) -> tables.SnapshotRow | None:
        row = tables.SnapshotRow
        same = row.url == capture.url, row.kind == capture.kind, row.payload_digest == payload_digest(capture.body)
        time = () if capture.note.get("fetched_at") == "unknown" else (row.fetched_at == capture.fetched_at,)
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            for found in session.scalars(select(row).where(*same, *time, row.run_id.is_(None))):
                if found.id not in self._adopted:
                    self._adopted.add(found.id)
                    return found
        return None

    def _add(self, session: Session, row: tables.SnapshotRow) -> int:
        row.run_id = self._run_id
        row = session.merge(row) if row.id is not None else row
        session.add(row)
        session.flush()
        return row.id

    def _listing(self, session: Session, source_id: int, page: TakenPage) -> tables.ListingRow:
        url = page.notice.url
        mine = tables.ListingRow.source_id == source_id, tables.ListingRow.key == url_key(url)
        row = session.scalar(select(tables.ListingRow).where(*mine))
        if row is None:
            row = listing_row(source_id, url_key(url), Listed(ListEntry("", url), ""), page.capture.fetched_at)
            session.add(row)
            session.flush()
        return row

    def _settle(self, session: Session, source_id: int, page: TakenPage) -> None:
        """Note in the page's list entry that it was read, so that a crawl of the source revisits it and does not fetch it as new."""
        row, answer = self._listing(session, source_id, page), page.capture
        notice = session.scalar(select(tables.NoticeRow).where(tables.NoticeRow.key == row.key))
        row.state, row.reason, row.read_at = "stored", "", answer.fetched_at
        if notice is not None:
            row.revisit_at = next_reading(notice.first_seen_at, answer.fetched_at, self._days)
        row.etag, row.last_modified = validator(answer, "etag"), validator(answer, "last-modified")
        session.flush()
