"""Observations and corrections against the tallies of their notice: what was removed, or is not what was written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.text.language import _
from pipeline.sql import tables
from pipeline.sql.tallies import CORRECTIONS, OBSERVATIONS, Row, tally, values_of, written
from preservation.findings import Finding, NoticeSubject

ADDED = (OBSERVATIONS, CORRECTIONS)


def check_added_rows(session: Session, notice: tables.NoticeRow) -> Iterator[Finding]:
    """A finding for each kind of row of which not exactly those are there that were written. Raises DamageFound for one that cannot be read."""
    for name in ADDED:
        expected, present = written(notice, name), tally(map(values_of, added_rows(session, notice.id, name)))
        if present == expected:
            continue
        if present.rows < expected.rows:
            detail = _("{written} were written, {present} are there").format(written=expected.rows, present=present.rows)
        else:
            detail = _("the {present} that are there are not those that were written").format(present=present.rows)
        yield Finding("sql", name, NoticeSubject(notice.id), detail)


def added_rows(session: Session, notice_id: int, name: str) -> Sequence[Row]:
    """A notice's observations or corrections, in the order in which they were written."""
    if name == OBSERVATIONS:
        observation = tables.ObservationRow
        return session.scalars(select(observation).where(observation.notice_id == notice_id).order_by(observation.id)).all()
    correction, revision = tables.CorrectionRow, tables.RevisionRow
    of_notice = select(correction).join(revision, revision.id == correction.revision_id).where(revision.notice_id == notice_id)
    return session.scalars(of_notice.order_by(correction.id)).all()
