"""The change log against the rows that it tells of: numbers without gaps, and every revision told."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from notices.text.language import _
from pipeline.sql import tables
from pipeline.sql.changes import lost_numbers, unlogged_revisions
from preservation.findings import Finding, RevisionSubject, RowSubject


def check_changes(database: Engine) -> Iterator[Finding]:
    """Rows that the log has lost."""
    with Session(database) as session, session.begin():
        lost, untold = lost_numbers(session), [RevisionSubject(r.notice_id, r.n, r.id) for r in unlogged_revisions(session)]
    for seq in lost[len(untold) :]:
        yield Finding("sql", "changes", RowSubject("change", seq), _("the change log has lost this row; only a backup has it"))
    for subject in untold:
        yield Finding("sql", "changes", subject, _("no row of the change log tells of it"))


def log_revision(session: Session, ident: int) -> str | None:
    """Tell of a revision again, under the first number that was lost; it belongs to the baseline: nobody is told twice."""
    revision = next((each for each in unlogged_revisions(session) if each.id == ident), None)
    if revision is None:
        return None
    newest = session.query(tables.ChangeRow.seq).order_by(tables.ChangeRow.seq.desc()).limit(1).scalar() or 0
    seq = next(iter(lost_numbers(session, 1)), newest + 1)
    kind = "new" if revision.n == 1 else "edited"
    session.add(
        tables.ChangeRow(seq=seq, notice_id=revision.notice_id, revision=revision.n, kind=kind, at=revision.created_at, baseline=True)
    )
    return _("told again as change {seq}").format(seq=seq)
