"""Copies of one instrument on several pages: found by shared keys, compared, and put into one group."""

from __future__ import annotations

from sqlalchemy import delete, select, update
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
    copies = [other for other in _candidates(session, notice.id, keys) if same_instrument(own, _fingerprint(other))]
    if copies:
        _join(session, notice, [other.notice for other in copies], revision)


def _fingerprint(revision: tables.RevisionRow) -> Fingerprint:
    dates = (revision.written_date, revision.published_date)
    return fingerprint(revision.text, title=revision.title, number_key=revision.number_key, issuer=revision.issuer, dates=dates)


def _candidates(session: Session, notice_id: int, keys: tuple[str, ...]) -> list[tables.RevisionRow]:
    """Newest revisions of other notices that share a key."""
    sharing = select(tables.InstrumentKeyRow.notice_id).where(
        tables.InstrumentKeyRow.key.in_(keys), tables.InstrumentKeyRow.notice_id != notice_id
    )
    newest = tables.RevisionRow.n == tables.NoticeRow.revisions
    query = (
        select(tables.RevisionRow)
        .join(tables.RevisionRow.notice)
        .where(newest, tables.NoticeRow.id.in_(sharing))
        .order_by(tables.NoticeRow.id)
    )
    return list(session.scalars(query.limit(_MOST_CANDIDATES)))


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
