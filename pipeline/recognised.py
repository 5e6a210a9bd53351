"""Recognised text and the attached files that it belongs to: which wait for it, how it is kept, what a file reads as with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine, delete, or_, select
from sqlalchemy.orm import Session

from notices.attachment import ARCHIVES, AttachmentText
from notices.errors import DamageFound
from pipeline.sql import tables
from pipeline.sql.database import for_reading
from pipeline.sql.row_digest import recognition_digest

_SIGNS = ("%image%", "%scanned%", "%private codes%")  # in the detail of a file that has text and pages without


class Waiting(NamedTuple):
    """A file with pictures that were not all tried: its bytes are in the snapshot; `tried` of its `pictures` are done (0: not yet counted)."""

    digest: str
    name: str
    snapshot_id: int
    tried: int = 0
    pictures: int = 0


def waiting_files(database: Engine, recogniser: str | None = None) -> Iterator[Waiting]:
    """The files of newest revisions that wait to be recognised, each of equal bytes once; with a `recogniser`, what another one read too."""
    row, known = tables.AttachmentRow, tables.RecognitionRow
    has_pictures = or_(row.outcome == "scanned", *(row.detail.like(sign) for sign in _SIGNS))
    query = (
        select(row.digest, row.name, row.snapshot_id, known.id)
        .join(tables.RevisionRow, tables.RevisionRow.id == row.revision_id)
        .join(tables.NoticeRow, tables.NoticeRow.id == tables.RevisionRow.notice_id)
        .outerjoin(known, known.digest == row.digest)
        .where(tables.RevisionRow.n == tables.NoticeRow.revisions, row.digest.is_not(None), row.snapshot_id.is_not(None), has_pictures)
        .order_by(row.id)
    )
    seen: set[str] = set()
    with Session(for_reading(database)) as session, session.begin():
        for digest, name, snapshot_id, ident in session.execute(query).all():
            if digest is None or snapshot_id is None or digest in seen:
                continue
            seen.add(digest)
            found = _intact(session, ident)
            if found is None or (recogniser is not None and found.recogniser != recogniser):
                yield Waiting(digest, name, snapshot_id)
            elif found.tried < found.pictures:
                yield Waiting(digest, name, snapshot_id, found.tried, found.pictures)


def _intact(session: Session, ident: int | None) -> tables.RecognitionRow | None:
    try:
        row = None if ident is None else session.get(tables.RecognitionRow, ident)
    except DamageFound:
        return None
    return None if row is None or is_damaged(row) else row


def is_damaged(row: tables.RecognitionRow) -> bool:
    """Whether the row is not as it was written."""
    return row.row_digest != recognition_digest(row)


def damaged_recognitions(database: Engine) -> Iterator[tuple[int, str]]:
    """The id of each row that is not as it was written, and whose text it was."""
    with Session(for_reading(database)) as session, session.begin():
        ids = list(session.scalars(select(tables.RecognitionRow.id).order_by(tables.RecognitionRow.id)))
        for ident in ids:
            try:
                row = session.get_one(tables.RecognitionRow, ident)
                if is_damaged(row):
                    yield ident, f"text recognised in {row.digest} is not what was written"
                session.expunge(row)
            except DamageFound as error:
                yield ident, str(error)


class Tried(NamedTuple):
    """One picture of a file that was tried: the pages with a confidence in `text`, or why it has none."""

    picture: int
    pictures: int
    text: AttachmentText
    failure: str | None
    recogniser: str


def keep(session: Session, digest: str, tried: Tried, now: datetime) -> None:
    """Add what one picture gave; the first one replaces an earlier row."""
    mine = tables.RecognitionRow.digest == digest
    if tried.picture == 0:
        session.execute(delete(tables.RecognitionRow).where(mine))
        session.add(tables.RecognitionRow(digest=digest, recogniser="", made_at=now, pictures=0, tried=0, pages={}, failures={}))
    row = session.scalars(select(tables.RecognitionRow).where(mine)).one()
    pages = dict(row.pages)
    for number, page in enumerate(tried.text.pages):
        if (confidence := tried.text.confidence_of(number)) is not None:
            pages[str(number)] = [page, confidence]
    failures = dict(row.failures)
    if tried.failure is not None:
        failures[str(tried.picture)] = tried.failure
    row.recogniser, row.made_at, row.pictures, row.tried = tried.recogniser, now, tried.pictures, tried.picture + 1
    row.pages, row.failures = pages, failures
    row.row_digest = recognition_digest(row)


def queue_notices(session: Session, digest: str, now: datetime) -> int:
    """Tell the index of the notices whose newest revision has the file; their number."""
    query = (
        select(tables.NoticeRow.id)
        .join(tables.RevisionRow, tables.RevisionRow.notice_id == tables.NoticeRow.id)
        .join(tables.AttachmentRow, tables.AttachmentRow.revision_id == tables.RevisionRow.id)
        .where(tables.RevisionRow.n == tables.NoticeRow.revisions, tables.AttachmentRow.digest == digest)
        .distinct()
    )
    ids = list(session.scalars(query))
    session.add_all(tables.OutboxRow(notice_id=ident, created_at=now) for ident in ids)
    return len(ids)


def forget(session: Session, ident: int, now: datetime) -> bool:
    """Remove a row, so that its file waits again, and tell the index; false if the row does not exist."""
    digest = session.scalar(delete(tables.RecognitionRow).where(tables.RecognitionRow.id == ident).returning(tables.RecognitionRow.digest))
    if digest is not None:
        queue_notices(session, digest, now)
    return digest is not None


def recognised_pages(row: tables.RecognitionRow | None) -> Mapping[int, tuple[str, float]]:
    """The number of each recognised page (from 0), with its text and confidence; a damaged row has none."""
    if row is None or is_damaged(row):
        return {}
    found: dict[int, tuple[str, float]] = {}
    for number, value in row.pages.items():
        if isinstance(value, list) and len(value) == 2:
            found[int(number)] = str(value[0]), float(value[1])
    return found


def text_with_recognised(attachment: tables.AttachmentRow) -> AttachmentText:
    """The file's pages, recognised ones in their places with their confidence; the media type is that of an archive, or empty."""
    pages = attachment.text.split("\f") if attachment.text else []
    kind = attachment.media_type if attachment.media_type in ARCHIVES else ""
    found = recognised_pages(attachment.recognition)
    if not found:
        return AttachmentText(attachment.name, tuple(pages), media_type=kind)
    pages += [""] * (max(found) + 1 - len(pages))
    confidences: list[float | None] = [None] * len(pages)
    for number, (text, confidence) in found.items():
        pages[number], confidences[number] = text, confidence
    return AttachmentText(attachment.name, tuple(pages), media_type=kind, confidences=tuple(confidences))
