"""Copies of one instrument on several pages: found by shared keys, compared, and put into one group."""

from __future__ import annotations

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from pipeline.relations.duplicates import Fingerprint, candidate_keys, fingerprint, same_instrument
from pipeline.sql import tables

_MOST_CANDIDATES = 20


def group_copies(session: Session, notice: tables.NoticeRow, revision: tables.RevisionRow) -> None:
    """Put the notice into the group of its copies, if it has any; every member waits for the index again.

    A group bears the lowest id of its members. A notice that was edited out of likeness keeps its group: it was a copy once.
    """
    own = _fingerprint(revision)
    keys = candidate_keys(own)
    session.execute(delete(tables.InstrumentKeyRow).where(tables.InstrumentKeyRow.notice_id == notice.id))
    session.add_all(tables.InstrumentKeyRow(notice_id=notice.id, key=key) for key in dict.fromkeys(keys))
    copies = [other for other in _candidates(session, notice.id, own, keys) if same_instrument(own, _fingerprint(other))]
    if copies:
        _join(session, notice, [other.notice for other in copies], revision)


def _fingerprint(revision: tables.RevisionRow) -> Fingerprint:
    dates = (revision.written_date, revision.published_date)
    return fingerprint(revision.text, title=revision.title, number_key=revision.number_key, issuer=revision.issuer, dates=dates)


def _candidates(session: Session, notice_id: int, own: Fingerprint, keys: tuple[str, ...]) -> list[tables.RevisionRow]:
    """Newest revisions of the notices that share the most keys: a usual title (采购公告) is shared by thousands, the keys of a text by its copies."""
    key, revision, notice = tables.InstrumentKeyRow, tables.RevisionRow, tables.NoticeRow
    query = (
        select(revision.id)
        .join(notice, (notice.id == revision.notice_id) & (notice.revisions == revision.n))
        .join(key, key.notice_id == notice.id)
        .where(key.key.in_(keys), notice.id != notice_id)
        .group_by(revision.id, notice.id)
        .order_by(func.count().desc(), notice.id)
    )
    if own.written:  # what was signed on another day is another instrument
        query = query.where(revision.written_date.is_(None) | (revision.written_date == own.written))
    idents = session.scalars(query.limit(_MOST_CANDIDATES)).all()
    return list(session.scalars(select(revision).where(revision.id.in_(idents)).order_by(revision.notice_id))) if idents else []


def _join(session: Session, notice: tables.NoticeRow, copies: list[tables.NoticeRow], revision: tables.RevisionRow) -> None:
    members = [notice, *copies]
    group = min(m.group_id or m.id for m in members)
    merged = {m.group_id for m in members if m.group_id and m.group_id != group}
    changed = [m for m in copies if m.group_id != group]
    for member in members:
        member.group_id = group
    if merged:
        session.execute(update(tables.NoticeRow).where(tables.NoticeRow.group_id.in_(merged)).values(group_id=group))
    session.add_all(tables.OutboxRow(notice_id=m.id, created_at=revision.created_at) for m in changed)


def copies_of(session: Session, notice: tables.NoticeRow) -> list[tables.NoticeRow]:
    """The other notices of the group."""
    if notice.group_id is None:
        return []
    mine = tables.NoticeRow.group_id == notice.group_id, tables.NoticeRow.id != notice.id
    return list(session.scalars(select(tables.NoticeRow).where(*mine).order_by(tables.NoticeRow.id)))
