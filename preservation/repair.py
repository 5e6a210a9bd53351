"""Repairs from the archive's own truth: SQL from WARC bytes. Nothing is ever deleted.

remedy_for(finding) names the repair of one finding of preservation.verify. A finding without a remedy needs bytes or rows from a backup.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import ColumnElement, Engine, func, select, update
from sqlalchemy.orm import Session

from notices.capture import payload_digest
from notices.config import Config
from notices.errors import DamageFound
from notices.text.language import N_, _
from notices.urls import url_key
from pipeline.recognised import forget
from pipeline.recovery import fits_sql, recover
from pipeline.snapshots import snapshot_row
from pipeline.sql import tables
from pipeline.sql.column_types import Day, Json, PackedText
from pipeline.sql.locks import STORE_LOCK, hold
from pipeline.sql.row_digest import row_digest
from pipeline.store import Reading, store_reading
from pipeline.warc.series import QUARANTINE, scan, store_again, to_quarantine, warc_files
from preservation.accounting import keys_of_row
from preservation.change_log import log_revision
from preservation.findings import AttachmentSubject, Finding, NoticeSubject, RevisionSubject, RowSubject, SnapshotSubject, WarcPlace
from preservation.notice_rows import key_of
from preservation.reparse import Reader, reparse_revision
from preservation.takedowns import take_over


@dataclass(frozen=True)
class RepairContext:
    """The archive under repair. `suspect` names the WARC files that are damaged themselves: no row is changed to agree with them."""

    database: Engine
    config: Config
    reader: Reader
    now: datetime
    suspect: frozenset[str]


@dataclass(frozen=True)
class Remedy:
    """A repair of one finding: `plan` says what it does; `apply` does it and returns what was done, or None when it could not be done."""

    plan: str
    apply: Callable[[RepairContext], str | None]


def remedy_for(finding: Finding) -> Remedy | None:
    """The repair of a finding in SQL or WARC, or None when there is none."""
    return _warc_remedy(finding) if finding.area == "warc" else _sql_remedy(finding) if finding.area == "sql" else None


def _warc_remedy(finding: Finding) -> Remedy | None:
    match finding.kind, finding.subject:
        case "orphan", _:
            return Remedy(N_("register the record in SQL"), _register_orphans)
        case "unsettled", _:
            return Remedy(N_("settle the file's end as after a crash"), _register_orphans)
        case "extra", WarcPlace(file, _):
            return Remedy(N_("move the file to quarantine"), partial(_quarantine, file))
        case "lost", SnapshotSubject(ident, _):
            return Remedy(N_("mark the row; the bytes must come from a backup"), partial(_mark, ident, finding.detail))
        case "stored", WarcPlace(file, _):
            return Remedy(N_("store the file again from its local copy"), partial(_store_again, file))
    return None


def _store_again(name: str, context: RepairContext) -> str:
    with hold(context.config.locks_dir, STORE_LOCK):
        store_again(context.config.warc_dir, name)
    return "stored again and read back"


def _sql_remedy(finding: Finding) -> Remedy | None:  # noqa: C901, PLR0911 (one line for each kind)
    match finding.kind, finding.subject:
        case "unread", SnapshotSubject(ident, _):
            return Remedy(N_("read the notice from the bytes"), partial(_store_page, ident))
        case "unread", NoticeSubject(_, int(page)):
            return Remedy(N_("read the revision from the bytes, if no later one was stored"), partial(_store_page, page))
        case "snapshot", SnapshotSubject(ident, _):
            return Remedy(N_("write the row again from its record"), partial(_rewrite_snapshot, ident))
        case "rewritten", RevisionSubject(_, _, ident):
            return Remedy(N_("read the revision again from its bytes"), partial(_reread_revision, ident))
        case "changes", RevisionSubject(_, _, ident):
            return Remedy(N_("tell of it in the change log"), partial(_log_revision, ident))
        case "unreadable", SnapshotSubject(ident, _):
            return Remedy(N_("read the value again from the bytes"), partial(_reread_snapshot, ident))
        case "unreadable", NoticeSubject(ident):
            return Remedy(N_("read the value again from the bytes"), partial(_reread_values, ident))
        case "attachment", AttachmentSubject(RevisionSubject(_, _, ident), _):
            return Remedy(N_("take the digest from the bytes"), partial(_redigest_attachments, ident))
        case "revisions", NoticeSubject(ident):
            return Remedy(N_("count the revisions that are there"), partial(_recount_revisions, ident))
        case "takedowns", RowSubject(_row, ident) if ident:
            return Remedy(N_("write the takedown again from the log, or into it"), partial(_take_down_again, ident))
        case "recognised", RowSubject(_row, ident):
            return Remedy(N_("remove the text; notices ocr recognises it again"), partial(_forget_recognised, ident))
        case "notice", NoticeSubject(ident):
            return Remedy(N_("take address and key from the page"), partial(_rewrite_address, ident))
    return None


def _register_orphans(context: RepairContext) -> str | None:
    """Add rows for the records that have none, in every file, sealed ones too."""
    registered = recover(context.database, context.config)
    for name in warc_files(context.config.warc_dir):
        with Session(context.database) as session, session.begin():
            known = set(session.scalars(select(tables.SnapshotRow.offset).where(tables.SnapshotRow.warc_file == name)))
            try:
                for stored, capture in scan(context.config.warc_dir, name):
                    if stored.offset not in known and fits_sql(stored, capture):
                        note = {**capture.note, "taken_up": "by repair"}
                        session.add(snapshot_row(replace(capture, note=note), stored, None))
                        registered += 1
            except DamageFound:
                continue  # it has a finding of its own; the records before the damage are registered
    return _("{registered} records registered in SQL").format(registered=registered)


def _quarantine(file: str, context: RepairContext) -> str | None:
    """Move a file that does not belong to the series to warc/quarantine/."""
    folder = context.config.warc_dir
    path = folder / Path(file).name
    if not path.exists() or path.name == QUARANTINE:
        return None
    return _("moved to {folder}/{name}").format(folder=QUARANTINE, name=to_quarantine(folder, path, context.now))


def _mark(ident: int, detail: str, context: RepairContext) -> str | None:
    """Mark the row of a record that cannot be read, so that it is never served as intact."""
    with Session(context.database) as session, session.begin():
        row = session.get_one(tables.SnapshotRow, ident)
        if "damaged" not in row.note:
            row.note = {**row.note, "damaged": f"found {context.now:%Y-%m-%d}: {detail}"[:300]}
    return None


def _rewrite_snapshot(ident: int, context: RepairContext) -> str | None:
    """Bring a snapshot row into agreement with its record."""
    with Session(context.database) as session, session.begin():
        row = session.get_one(tables.SnapshotRow, ident)
        if row.warc_file in context.suspect:
            return None
        for stored, capture in scan(context.config.warc_dir, row.warc_file, row.offset):
            row.length, row.payload_digest, row.revisit = stored.length, stored.payload_digest, stored.revisit
            row.url, row.status, row.kind, row.fetched_at = capture.url, capture.status, capture.kind, capture.fetched_at
            row.note = {**{k: v for k, v in row.note.items() if k in ("taken_up", "damaged")}, **capture.note}
            return _("the row agrees with its record again")
    return None


def _take_down_again(ident: int, context: RepairContext) -> str:
    with Session(context.database) as session, session.begin():
        notices = take_over(session, context.config.state_paths().takedowns, ident)
        session.add_all(tables.OutboxRow(notice_id=notice, created_at=context.now) for notice in notices)
    return _("takedown {id} is as the log tells it").format(id=ident)


def _forget_recognised(ident: int, context: RepairContext) -> str | None:
    """Remove recognised text that is not as it was written, from the index too."""
    with Session(context.database) as session, session.begin():
        return _("removed") if forget(session, ident, context.now) else None


def _reread_revision(ident: int, context: RepairContext) -> str | None:
    """Read a rewritten revision again from its bytes; the values it had meanwhile are kept as a correction."""
    if _own_snapshot(ident, context):
        return _("it names its own snapshot again, and is as it was written")
    change = reparse_revision(context.database, context.reader, ident, context.now)
    if change is not None and change.error:
        return None
    return _("read again from its bytes: {names}").format(
        names=", ".join(change.fields) if change else _("no field of the text had changed")
    )


def _own_snapshot(ident: int, context: RepairContext) -> bool:
    """Give a revision the snapshot of its notice with which it is what was written; False without such a snapshot, or when it has the right one."""
    with Session(context.database) as session, session.begin():
        revision = session.get_one(tables.RevisionRow, ident)
        row = tables.SnapshotRow
        before, key = revision.snapshot_id, revision.notice.key
        named = session.get(row, before) if before else None
        if named is not None and key in keys_of_row(named):
            return False
        hosts = row.url.contains(key.lstrip("/").split("/")[0], autoescape=True)
        for each in session.scalars(select(row).where(row.kind.in_(("detail", "import")), hosts)):
            if key in keys_of_row(each):
                revision.snapshot_id = each.id
                if row_digest(revision) == revision.row_digest:
                    return True
        revision.snapshot_id = before
    return False


def _store_page(ident: int, context: RepairContext) -> str | None:
    """Store the notice that an archived page or line contains and SQL lacks, as it was stored when it came."""
    with Session(context.database) as session, session.begin():
        snapshot = session.get_one(tables.SnapshotRow, ident)
        reading, source = context.reader.stored_reading(session, snapshot)
        notice = session.scalar(select(tables.NoticeRow).where(tables.NoticeRow.key == url_key(reading.notice.url)))
        counted = notice.revisions if notice else 0
        if notice is not None:
            if not _follows(session, notice, reading):
                return None  # revisions are numbered in their order: one that was lost between others comes from a backup
            notice.revisions = _present(session, notice)
        outcome = store_reading(session, source.id, reading)
        if notice is not None:
            notice.revisions = max(notice.revisions, counted)  # a lower count would hide a revision that is still missing
    return _("stored from its bytes: {outcome}").format(outcome=outcome) if outcome != "unchanged" else None


def _follows(session: Session, notice: tables.NoticeRow, reading: Reading) -> bool:
    """Whether a reading is of a later snapshot than every revision of the notice, and none is missing between these."""
    newest = select(func.max(tables.RevisionRow.snapshot_id), func.max(tables.RevisionRow.n)).where(
        tables.RevisionRow.notice_id == notice.id
    )
    snapshot, n = session.execute(newest).one()
    return (snapshot or 0) <= (reading.snapshot_id or 0) and (n or 0) == _present(session, notice)


def _present(session: Session, notice: tables.NoticeRow) -> int:
    return session.scalar(select(func.count()).where(tables.RevisionRow.notice_id == notice.id)) or 0


def _log_revision(ident: int, context: RepairContext) -> str | None:
    """Tell of a revision in the change log."""
    with Session(context.database) as session, session.begin():
        return log_revision(session, ident)


def _redigest_attachments(ident: int, context: RepairContext) -> str | None:
    """Take the digests of a revision's attachments from their snapshots' bytes."""
    with Session(context.database) as session, session.begin():
        revision = session.get_one(tables.RevisionRow, ident)
        for row in revision.attachments:
            if row.snapshot_id is None:
                continue
            capture = context.reader.capture(session.get_one(tables.SnapshotRow, row.snapshot_id))
            row.digest, row.size = payload_digest(capture.body), len(capture.body)
    return _reread_revision(ident, context)


def _recount_revisions(ident: int, context: RepairContext) -> str | None:
    """Set a notice's count to the revisions that it has, if none is missing between them."""
    with Session(context.database) as session, session.begin():
        notice = session.get_one(tables.NoticeRow, ident)
        query = select(tables.RevisionRow.n).where(tables.RevisionRow.notice_id == notice.id).order_by(tables.RevisionRow.n)
        present = list(session.scalars(query))
        if not present or present != list(range(1, len(present) + 1)) or len(present) < notice.revisions:
            return None  # rows are missing: a lower count would hide it
        notice.revisions = len(present)
        session.add(tables.OutboxRow(notice_id=notice.id, created_at=context.now))
    return _("counts its {count} revisions").format(count=len(present))


def _rewrite_address(ident: int, context: RepairContext) -> str | None:
    """Take a notice's address and key from the page it was read from."""
    with Session(context.database) as session, session.begin():
        notice = session.get_one(tables.NoticeRow, ident)
        mine = tables.RevisionRow.notice_id == notice.id
        snapshot = session.scalar(
            select(tables.SnapshotRow).join(tables.RevisionRow, tables.RevisionRow.snapshot_id == tables.SnapshotRow.id).where(mine)
        )
        if snapshot is None:
            return None
        if url_key(snapshot.url) == notice.key:
            notice.url = snapshot.url
        elif url_key(snapshot.url) == key_of(notice.url):
            notice.key = url_key(notice.url)
        else:
            return None
        session.add(tables.OutboxRow(notice_id=notice.id, created_at=context.now))
    return _("address and key agree again")


def _reread_values(notice_id: int, context: RepairContext) -> str | None:
    """Read dates, texts and JSON values of a notice's revisions again from the bytes, where the columns contain something else."""
    emptied: dict[int, list[str]] = {}
    with Session(context.database) as session, session.begin():
        for ident in session.scalars(select(tables.RevisionRow.id).where(tables.RevisionRow.notice_id == notice_id)).all():
            emptied[ident] = _empty_unreadable(session, ident)
    for ident in [ident for ident, names in emptied.items() if names]:
        if _reread_revision(ident, context) is None:
            return None
    names = [name for found in emptied.values() for name in found]
    return _("read again from the bytes: {names}").format(names=", ".join(names)) if names else None


def _empty_unreadable(session: Session, revision_id: int) -> list[str]:
    """Take the unreadable dates, texts and JSON values out of a revision's row and out of those of its files; the names of their columns."""
    files = session.scalars(select(tables.AttachmentRow.id).where(tables.AttachmentRow.revision_id == revision_id)).all()
    names = _empty_columns(session, tables.RevisionRow, revision_id)
    return names + [name for ident in files for name in _empty_columns(session, tables.AttachmentRow, ident)]


def _empty_columns(session: Session, model: type[tables.RevisionRow | tables.AttachmentRow], ident: int) -> list[str]:
    names, mine = [], model.id == ident
    for column in model.__table__.columns:
        if isinstance(column.type, Day | Json | PackedText) and not _can_read(session, column, mine):
            of_type: dict[str, object] | str = "" if isinstance(column.type, PackedText) else {}
            values = {column.name: None if column.nullable else of_type}
            session.execute(update(model).where(mine).values(values))
            names.append(column.name)
    return names


def _reread_snapshot(ident: int, context: RepairContext) -> str | None:
    """Read a snapshot row's unreadable values again from its record."""
    mine = tables.SnapshotRow.id == ident
    with Session(context.database) as session, session.begin():
        name, offset = session.execute(select(tables.SnapshotRow.warc_file, tables.SnapshotRow.offset).where(mine)).one()
        if name in context.suspect:
            return None
        for _stored, capture in scan(context.config.warc_dir, name, offset):
            stated = {"fetched_at": capture.fetched_at, "note": capture.note}
            wrong = {key: value for key, value in stated.items() if not _can_read(session, tables.SnapshotRow.__table__.c[key], mine)}
            session.execute(update(tables.SnapshotRow).where(mine).values(wrong))
            return _("the row agrees with its record again: {names}").format(names=", ".join(wrong))
    return None


def _can_read(session: Session, column: ColumnElement[object], where: ColumnElement[bool]) -> bool:
    try:
        session.scalar(select(column).where(where))
    except DamageFound:
        return False
    return True
