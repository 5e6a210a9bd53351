"""The revisions of a notice, each as its readers see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, joinedload, selectinload

from notices.errors import UnknownName
from notices.text.display import masked
from notices.text.language import _
from operations.read.notice_views import NoticeView, view_of
from pipeline.sql import tables
from pipeline.sql.withheld import reading, withheld

_LOADED = (
    joinedload(tables.RevisionRow.notice).joinedload(tables.NoticeRow.source),
    selectinload(tables.RevisionRow.attachments),
)


@dataclass(frozen=True, slots=True)
class RevisionLine:
    """A revision in a line. `parser` is the version of the program that read it."""

    n: int
    created_at: datetime
    title: str
    content_digest: str
    parser: str


@dataclass(frozen=True, slots=True)
class AttachedText:
    """What was read from an attached file of a revision; `pages` in order. `outcome` as in AttachmentText."""

    notice: int
    revision: int
    position: int
    name: str
    url: str | None
    outcome: str
    detail: str | None
    media_type: str | None
    digest: str | None
    size: int | None
    pages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CopyLine:
    """A notice that is a copy of another, in a line."""

    id: int
    source: str
    title: str
    published_date: date | None
    state: str


def copy_lines(database: Engine, ids: Sequence[int]) -> tuple[CopyLine, ...]:
    """The newest revisions of these notices, by id; without those that were taken down."""
    row, notice = tables.RevisionRow, tables.NoticeRow
    query = (
        select(notice.id, tables.SourceRow.name, row.title, row.published_date, notice.state)
        .join(row, row.notice_id == notice.id)
        .join(tables.SourceRow, tables.SourceRow.id == notice.source_id)
        .where(row.n == notice.revisions, notice.id.in_(ids))
        .order_by(notice.id)
    )
    if not ids:
        return ()
    with reading(database) as session:
        hidden = withheld(session)
        found = session.execute(query).all()
        return tuple(CopyLine(i, source, masked(hidden.text(i, title)), day, state) for i, source, title, day, state in found)


def revision_view(database: Engine, notice_id: int, n: int | None = None) -> NoticeView:
    """The notice as revision `n` shows it (default: the newest). Raises UnknownName or TakenDown."""
    with reading(database) as session:
        return view_of(session, _revision(session, notice_id, n))


def revision_lines(database: Engine, notice_id: int) -> tuple[RevisionLine, ...]:
    """All revisions, the newest first; none for a notice that does not exist."""
    row = tables.RevisionRow
    query = (
        select(row.n, row.created_at, row.title, row.content_digest, row.parser_version)
        .where(row.notice_id == notice_id)
        .order_by(row.n.desc())
    )
    with reading(database) as session:
        hidden = withheld(session)
        found = session.execute(query)
        return tuple(RevisionLine(n, at, masked(hidden.text(notice_id, title)), digest, parser) for n, at, title, digest, parser in found)


def attached_text(database: Engine, notice_id: int, n: int, position: int) -> AttachedText:
    """The text of the file at a position of a revision. Raises UnknownName or TakenDown."""
    with reading(database) as session:
        revision = _revision(session, notice_id, n)
        found = next((a for a in revision.attachments if a.position == position), None)
        if found is None:
            raise UnknownName(
                _("revision {n} of notice {notice_id} has no attachment {position}").format(n=n, notice_id=notice_id, position=position)
            )
        return AttachedText(
            notice=notice_id,
            revision=n,
            position=position,
            name=masked(found.name),
            url=found.url,
            outcome=found.outcome,
            detail=masked(found.detail) if found.detail else None,
            media_type=found.media_type,
            digest=found.digest,
            size=found.size,
            pages=tuple(map(masked, found.text.split("\f"))) if found.text else (),
        )


def notices_numbered(database: Engine, key: str) -> Sequence[int]:
    """The ids of the notices whose newest revision has this document number (a DocumentNumber's `key`)."""
    newest = tables.RevisionRow.n == tables.NoticeRow.revisions
    query = select(tables.NoticeRow.id).join(tables.RevisionRow, tables.RevisionRow.notice_id == tables.NoticeRow.id)
    with reading(database) as session:
        return session.scalars(query.where(newest, tables.RevisionRow.number_key == key).order_by(tables.NoticeRow.id)).all()


def _revision(session: Session, notice_id: int, n: int | None) -> tables.RevisionRow:
    withheld(session).refuse(notice_id)
    wanted = tables.RevisionRow.n == (tables.NoticeRow.revisions if n is None else n)
    query = select(tables.RevisionRow).join(tables.RevisionRow.notice).where(tables.RevisionRow.notice_id == notice_id, wanted)
    found = session.scalar(query.options(*_LOADED)) if notice_id < 1 << 62 and (n or 0) < 1 << 62 else None
    if found is None:
        if n is None:
            raise UnknownName(_("the archive contains no notice {id}").format(id=notice_id))
        raise UnknownName(_("the archive contains no revision {n} of notice {id}").format(n=n, id=notice_id))
    return found
