"""The rows of notices against one another: what was removed, rewritten, or is not what was written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, selectinload

from notices.errors import DamageFound
from notices.text.language import _
from notices.urls import url_key
from pipeline.sql import tables
from pipeline.sql.row_digest import row_digest
from pipeline.sql.tallies import CORRECTIONS, OBSERVATIONS, Row, is_digest_as_written, tally, values_of, written
from preservation.accounting import keys_of_row
from preservation.findings import AttachmentSubject, Finding, NoticeSubject, RevisionSubject

ADDED = (OBSERVATIONS, CORRECTIONS)
_TOGETHER = 50  # notices whose rows are in memory at once: a text may have megabytes
_MOST_NAMED = 400  # ids in one statement


def check_notices(database: Engine, idents: Sequence[int]) -> Iterator[Finding]:
    """What is wrong with the rows of these notices, read a few notices at a time; each alone where a row cannot be read."""
    for start in range(0, len(idents), _TOGETHER):
        some = idents[start : start + _TOGETHER]
        try:
            found = _checked(database, some)
        except DamageFound:
            found = [each for ident in some for each in _checked_alone(database, ident)]
        yield from found


def _checked_alone(database: Engine, ident: int) -> list[Finding]:
    try:
        return _checked(database, (ident,))
    except DamageFound as error:
        return [Finding("sql", "unreadable", NoticeSubject(ident), _("a row of it: {error}").format(error=error))]


def _checked(database: Engine, idents: Sequence[int]) -> list[Finding]:
    """The findings of some notices, in the order of their ids. Raises DamageFound for a row that cannot be read."""
    with Session(database) as session, session.begin():
        rows = _read(session, idents)
        return [each for notice in rows.notices for each in _notice(session, notice, rows)]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Notices with what belongs to them, by their ids; the snapshots are there because a session forgets what nobody keeps."""

    notices: Sequence[tables.NoticeRow]
    revisions: Mapping[int, Sequence[tables.RevisionRow]]
    added: Mapping[str, Mapping[int, Sequence[Row]]]
    snapshots: Sequence[tables.SnapshotRow]


def _read(session: Session, idents: Sequence[int]) -> _Rows:
    revision, notice, snapshot = tables.RevisionRow, tables.NoticeRow, tables.SnapshotRow
    notices = session.scalars(select(notice).where(notice.id.in_(idents)).order_by(notice.id)).all()
    belonging = (selectinload(each) for each in (revision.attachments, revision.aliases, revision.citations))
    query = select(revision).where(revision.notice_id.in_(idents)).order_by(revision.notice_id, revision.n)
    revisions = session.scalars(query.options(*belonging)).all()
    named = {each.snapshot_id for each in revisions} | {file.snapshot_id for each in revisions for file in each.attachments}
    wanted = sorted(
        ident for ident in named if isinstance(ident, int)
    )  # SQLite takes any value in any column: a damaged one is not read ahead
    parts = (wanted[start : start + _MOST_NAMED] for start in range(0, len(wanted), _MOST_NAMED))
    snapshots = [row for some in parts for row in session.scalars(select(snapshot).where(snapshot.id.in_(some)))]
    return _Rows(
        notices,
        {ident: list(rows) for ident, rows in groupby(revisions, lambda row: row.notice_id)},
        {name: _added(session, idents, name) for name in ADDED},
        snapshots,
    )


def _added(session: Session, idents: Sequence[int], name: str) -> Mapping[int, Sequence[Row]]:
    observation, correction, revision = tables.ObservationRow, tables.CorrectionRow, tables.RevisionRow
    found: dict[int, list[Row]] = {}
    if name == OBSERVATIONS:
        for seen in session.scalars(select(observation).where(observation.notice_id.in_(idents)).order_by(observation.id)):
            found.setdefault(seen.notice_id, []).append(seen)
        return found
    query = select(correction, revision.notice_id).join(revision, revision.id == correction.revision_id)
    for row, ident in session.execute(query.where(revision.notice_id.in_(idents)).order_by(correction.id)):
        found.setdefault(ident, []).append(row)
    return found


def _notice(session: Session, notice: tables.NoticeRow, rows: _Rows) -> Iterator[Finding]:
    subject = NoticeSubject(notice.id)
    if notice.key != key_of(notice.url):
        yield Finding("sql", "notice", subject, _("its key {key} is not that of its address {url}").format(key=notice.key, url=notice.url))
    revisions = rows.revisions.get(notice.id, ())
    if not revisions or [r.n for r in revisions] != list(range(1, notice.revisions + 1)):
        present = ", ".join(str(r.n) for r in revisions) or "none"
        yield Finding(
            "sql",
            "revisions",
            subject,
            _("it counts {revisions} revisions, there are: {present}").format(revisions=notice.revisions, present=present),
        )
    for revision in revisions:
        yield from _revision(session, revision)
    for name in ADDED:
        yield from _check_added(notice, name, rows.added[name].get(notice.id, ()))


def key_of(url: str) -> str | None:
    """The key of an address; None if it is not an address."""
    try:
        return url_key(url)
    except ValueError:
        return None


def _revision(session: Session, revision: tables.RevisionRow) -> Iterator[Finding]:
    subject = RevisionSubject(revision.notice_id, revision.n, revision.id)
    snapshot = session.get(tables.SnapshotRow, revision.snapshot_id) if revision.snapshot_id else None
    if snapshot is not None and revision.notice.key not in keys_of_row(snapshot):
        yield Finding(
            "sql",
            "rewritten",
            subject,
            _("its snapshot {id} is of {url}, which is not its notice's address").format(id=snapshot.id, url=snapshot.url),
        )
    elif row_digest(revision) != revision.row_digest:
        yield Finding("sql", "rewritten", subject, _("the row, its attachments, aliases or citations are not what was written"))
    elif not is_digest_as_written(revision.notice, revision):
        yield Finding("sql", "rewritten", subject, _("the row was rewritten together with its digest"))
    for attachment in revision.attachments:
        snapshot = session.get(tables.SnapshotRow, attachment.snapshot_id) if attachment.snapshot_id else None
        if snapshot is not None and attachment.digest != snapshot.payload_digest:
            detail = _("digest {digest}, its snapshot {id} has {payload_digest}").format(
                digest=attachment.digest, id=snapshot.id, payload_digest=snapshot.payload_digest
            )
            yield Finding("sql", "attachment", AttachmentSubject(subject, attachment.position), detail)


def _check_added(notice: tables.NoticeRow, name: str, rows: Iterable[Row]) -> Iterator[Finding]:
    """A finding where not exactly the observations or corrections are there that were written."""
    expected, present = written(notice, name), tally(map(values_of, rows))
    if present == expected:
        return
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
