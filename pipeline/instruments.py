"""Copies of one instrument on several pages: found by shared keys, compared, and put into one group."""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from pipeline import models
from pipeline.duplicates import Fingerprint, candidate_keys, fingerprint, same_instrument

_MOST_CANDIDATES = 20


def group_copies(session: Session, notice: models.Notice, revision: models.Revision) -> None:
    """Put the notice into the group of its copies, if it has any; every member waits for the index anew.

    A group bears the lowest id of its members. A notice that was edited out of likeness keeps its group: it was a copy once.
    """
    own = _fingerprint(revision)
    keys = candidate_keys(own)
    session.execute(delete(models.InstrumentKey).where(models.InstrumentKey.notice_id == notice.id))
    session.add_all(models.InstrumentKey(notice_id=notice.id, key=key) for key in dict.fromkeys(keys))
    copies = [other for other in _candidates(session, notice.id, keys) if same_instrument(own, _fingerprint(other))]
    if copies:
        _join(session, notice, [other.notice for other in copies], revision)


def _fingerprint(revision: models.Revision) -> Fingerprint:
    dates = (revision.written_date, revision.published_date)
    return fingerprint(revision.text, title=revision.title, number_key=revision.number_key, issuer=revision.issuer, dates=dates)


def _candidates(session: Session, notice_id: int, keys: tuple[str, ...]) -> list[models.Revision]:
    """Newest revisions of other notices that share a key."""
    sharing = select(models.InstrumentKey.notice_id).where(models.InstrumentKey.key.in_(keys), models.InstrumentKey.notice_id != notice_id)
    newest = models.Revision.n == models.Notice.revisions
    query = select(models.Revision).join(models.Revision.notice).where(newest, models.Notice.id.in_(sharing)).order_by(models.Notice.id)
    return list(session.scalars(query.limit(_MOST_CANDIDATES)))


def _join(session: Session, notice: models.Notice, copies: list[models.Notice], revision: models.Revision) -> None:
    members = [notice, *copies]
    group = min(m.group_id or m.id for m in members)
    merged = {m.group_id for m in members if m.group_id and m.group_id != group}
    changed = [m for m in copies if m.group_id != group]
    for member in members:
        member.group_id = group
    if merged:
        session.execute(update(models.Notice).where(models.Notice.group_id.in_(merged)).values(group_id=group))
    session.add_all(models.Outbox(notice_id=m.id, created_at=revision.created_at) for m in changed)


def copies_of(session: Session, notice: models.Notice) -> list[models.Notice]:
    """The other notices of the group."""
    if notice.group_id is None:
        return []
    mine = models.Notice.group_id == notice.group_id, models.Notice.id != notice.id
    return list(session.scalars(select(models.Notice).where(*mine).order_by(models.Notice.id)))
