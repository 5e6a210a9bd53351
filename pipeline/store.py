"""A read notice into SQL: notice, revision, attachments, relations and outbox row, in one transaction."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.attachment import AttachmentText, StoredAttachment
from notices.model import Anatomy, Citation, Notice
from notices.text.passing import lasting
from notices.urls import canonical_url, same_resource, url_key
from notices.version import PARSER
from pipeline.relations.citations import repealed_by, title_key
from pipeline.relations.copies import group_copies
from pipeline.relations.duplicates import Sketch
from pipeline.sql import tables
from pipeline.sql.changes import Occasion, note_change, note_repeals
from pipeline.sql.row_digest import row_digest
from pipeline.sql.tallies import note_revision

_FEW_BYTES = 4096
"""So much, or a fiftieth, the size of a file may change that a server made again: times, ids, compression; a picture has more."""
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Reading:
    """A notice with its files, ready to be stored, and the snapshot that it was read from."""

    notice: Notice
    attached: Sequence[StoredAttachment]
    snapshot_id: int | None
    read_at: datetime
    sketched: Sketch | None = None
    """The sketch of its text, if whoever read it made that too."""


_BASELINE = Occasion()


def store_reading(session: Session, source_id: int, reading: Reading, occasion: Occasion = _BASELINE) -> str:
    """Add what is new: "new" for a first revision, "revised" for a further one, "unchanged" when the content is the same.

    The change log tells of it: as part of the baseline, unless the occasion says that it is news.
    """
    row = _notice_row(session, source_id, reading)
    digest = content_digest(reading.notice, reading.attached)
    newest = _newest(session, row)
    if newest is not None and (
        newest.content_digest == digest or _same_bytes(session, newest, reading) or _shows_the_same(newest, reading)
    ):
        return "unchanged"
    row.revisions += 1
    revision = revision_row(row, digest, reading)
    revision.row_digest = row_digest(revision)
    note_revision(row, revision)
    session.add(revision)
    group_copies(session, row, revision)
    session.add(tables.OutboxRow(notice_id=row.id, created_at=reading.read_at))
    session.flush()
    note_change(session, "new" if row.revisions == 1 else "edited", row, reading.read_at, occasion)
    note_repeals(session, row, repealed_by(session, revision), reading.read_at, occasion)
    return "new" if row.revisions == 1 else "revised"


def content_digest(notice: Notice, attached: Sequence[StoredAttachment]) -> str:
    """The digest of what a revision contains: over title, number, text and files; boilerplate and layout blanks do not count."""
    files = [[a.text.name, a.digest or a.url] for a in attached]
    parts = [_squashed(notice.title), _squashed(notice.document_number), _squashed(notice.text), files]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()


def _squashed(text: str | None) -> str:
    return _BLANKS.sub("", text or "")


def _notice_row(session: Session, source_id: int, reading: Reading) -> tables.NoticeRow:
    key = url_key(reading.notice.url)
    row = session.scalar(select(tables.NoticeRow).where(tables.NoticeRow.key == key))
    if row is None:
        row = tables.NoticeRow(
            source_id=source_id, key=key, url=canonical_url(reading.notice.url), revisions=0, state="listed", first_seen_at=reading.read_at
        )
        session.add(row)
    row.last_seen_at = reading.read_at
    session.flush()
    return row


def _newest(session: Session, row: tables.NoticeRow) -> tables.RevisionRow | None:
    if not row.revisions:
        return None
    mine = tables.RevisionRow.notice_id == row.id, tables.RevisionRow.n == row.revisions
    return session.scalar(select(tables.RevisionRow).where(*mine))


def _same_bytes(session: Session, newest: tables.RevisionRow, reading: Reading) -> bool:
    """Whether page and files are byte for byte those of the newest revision: a difference is then our reading (`notices reparse`)."""
    if newest.snapshot_id is None or reading.snapshot_id is None:
        return False
    pages = [session.get_one(tables.SnapshotRow, n).payload_digest for n in (newest.snapshot_id, reading.snapshot_id)]
    return pages[0] == pages[1] and [a.digest for a in newest.attachments] == [a.digest for a in reading.attached]


def _shows_the_same(newest: tables.RevisionRow, reading: Reading) -> bool:
    """Whether people read the same as in the newest revision: servers count visits on a page and make a file again for each request."""
    files = list(zip(newest.attachments, reading.attached, strict=False))
    same_count = len(newest.attachments) == len(reading.attached)
    return same_count and shown(newest) == shown(reading.notice) and all(is_same_file(row, file) for row, file in files)


def shown(source: Notice | tables.RevisionRow) -> tuple[str, str, str]:
    """What of a notice, but for its files, makes another revision when it changes."""
    return _squashed(source.title), _squashed(source.document_number), lasting(source.text)


def is_same_file(row: tables.AttachmentRow, file: StoredAttachment) -> bool:
    """Whether a file has the same bytes, or the same text in about as many bytes: pictures in it may differ where those do."""
    if row.name != file.text.name or (row.digest is None) != (file.digest is None):
        return False
    if row.digest == file.digest:
        return row.digest is not None or same_resource(row.url, file.url)
    text = _squashed("".join(file.text.pages))
    if not text or (row.outcome, file.text.outcome) != ("ok", "ok") or row.size is None or file.size is None:
        return False
    return abs(row.size - file.size) <= max(_FEW_BYTES, row.size // 50) and text == _squashed(row.text)


def revision_row(row: tables.NoticeRow, digest: str, reading: Reading) -> tables.RevisionRow:
    """The newest revision of a notice with what belongs to it, without its digest; in no session."""
    return tables.RevisionRow(
        notice_id=row.id,
        n=row.revisions,
        created_at=reading.read_at,
        snapshot_id=reading.snapshot_id,
        parser_version=PARSER,
        content_digest=digest,
        attachments=[_attachment_row(n, a) for n, a in enumerate(reading.attached)],
        citations=citation_rows(reading.notice),
        aliases=alias_rows(reading.notice),
        **revision_values(reading.notice),
    )


def revision_values(notice: Notice) -> dict[str, object]:
    """The columns of a revision that its notice gives, by name."""
    anatomy = notice.anatomy
    number = anatomy.document_number
    return {
        "title": notice.title or "",
        "text": notice.text,
        "published_date": notice.published_date,
        "written_date": notice.written_date,
        "effective_date": notice.effective_date,
        "expiry_date": notice.expiry_date,
        "issuer": notice.issuer,
        "document_number": notice.document_number,
        "number_key": number.key if number else None,
        "number_loose": number.loose if number else None,
        "index_number": notice.index_number,
        "theme": notice.theme,
        "kind": notice.kind,
        "addressees": list(notice.addressees),
        "needs_ocr": notice.needs_ocr,
        "validity": anatomy.validity,
        "region": notice.region,
        "region_provenance": notice.region_provenance,
        "anatomy": _json(anatomy),
        "provenance": dict(notice.provenance),
    }


def citation_rows(notice: Notice) -> list[tables.CitationRow]:
    """Rows for the relations that a notice states."""
    return [_citation_row(c) for c in notice.anatomy.citations]


def alias_rows(notice: Notice) -> list[tables.AliasRow]:
    """Rows for the short forms that a notice defines."""
    return [tables.AliasRow(short=a.short, long=a.long) for a in notice.anatomy.aliases]


def _json(anatomy: Anatomy) -> dict[str, object]:
    made: dict[str, object] = msgspec.to_builtins(anatomy)
    return made


def stored_attachment(row: tables.AttachmentRow, name: str) -> StoredAttachment:
    """The archived file as a value, under the name by which a page links to it now."""
    pages = tuple(row.text.split("\f")) if row.text else ()
    text = AttachmentText(name, pages, row.outcome, row.media_type or "", row.detail)
    return StoredAttachment(row.url, text, row.digest, row.size, row.snapshot_id)


def _attachment_row(position: int, attached: StoredAttachment) -> tables.AttachmentRow:
    text = attached.text
    return tables.AttachmentRow(
        position=position,
        name=text.name,
        url=attached.url,
        media_type=text.media_type,
        digest=attached.digest,
        size=attached.size,
        outcome=text.outcome,
        detail=text.detail,
        text="\f".join(text.pages),
        snapshot_id=attached.snapshot_id,
    )


def _citation_row(citation: Citation) -> tables.CitationRow:
    return tables.CitationRow(
        relation=citation.relation,
        target_title=citation.target_title,
        target_number=citation.target_number,
        target_key=citation.target_key,
        sentence=citation.sentence,
        title_key=title_key(citation.target_title),
    )
