"""What can be mended, and how: what stands to the right is derived anew from what stands to its left. Nothing is ever deleted.

Each remedy takes one finding of preservation.verify and returns what it did, or None when it could not. What no remedy covers
needs the bytes from elsewhere: a backup.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Engine, select, update
from sqlalchemy.orm import Session

from notices.capture import payload_digest
from notices.config import Config
from notices.errors import DamageFound
from notices.urls import url_key
from pipeline.ledger import snapshot_row
from pipeline.recovery import recover
from pipeline.sql import tables
from pipeline.sql.column_types import Day, Json
from pipeline.warc.series import QUARANTINE, scan, to_quarantine, warc_files
from preservation.reparse import Reader, again
from preservation.verify import Finding, key_of


@dataclass(frozen=True)
class Bench:
    """What a remedy works with; `suspect` are the WARC files that are themselves damaged, so that no row is changed after them."""

    database: Engine
    config: Config
    reader: Reader
    now: datetime
    suspect: frozenset[str]


Remedy = Callable[[Bench, Finding], str | None]


def remedy_for(finding: Finding) -> tuple[str, Remedy] | None:
    """What would be done about a finding in SQL or WARC, and the function that does it."""
    return _REMEDIES.get((finding.area, finding.kind))


def _take_up(bench: Bench, _finding: Finding) -> str | None:
    """Rows for the records that have none, in every file, sealed ones too."""
    taken = recover(bench.database, bench.config)
    for name in warc_files(bench.config.warc_dir):
        with Session(bench.database) as session, session.begin():
            known = set(session.scalars(select(tables.SnapshotRow.offset).where(tables.SnapshotRow.warc_file == name)))
            try:
                for stored, capture in scan(bench.config.warc_dir, name):
                    if stored.offset not in known:
                        note = {**capture.note, "taken_up": "by repair"}
                        session.add(snapshot_row(replace(capture, note=note), stored, None))
                        taken += 1
            except DamageFound:
                continue  # named by a finding of its own; what lies before the damage was taken up
    return f"{taken} records taken up into SQL"


def _quarantine(bench: Bench, finding: Finding) -> str | None:
    """A file that does not belong to the series goes to warc/quarantine/."""
    folder = bench.config.warc_dir
    path = folder / Path(finding.place.split(" offset ")[0]).name
    if not path.exists() or path.name == QUARANTINE:
        return None
    return f"moved to {QUARANTINE}/{to_quarantine(folder, path, bench.now)}"


def _mark(bench: Bench, finding: Finding) -> str | None:
    """The row of a record that cannot be read says so: it is never served as good."""
    with Session(bench.database) as session, session.begin():
        row = session.get_one(tables.SnapshotRow, finding.ref)
        if "damaged" not in row.note:
            row.note = {**row.note, "damaged": f"found {bench.now:%Y-%m-%d}: {finding.detail}"[:300]}
    return None


def _snapshot(bench: Bench, finding: Finding) -> str | None:
    """A snapshot's row is brought back to what its record says."""
    with Session(bench.database) as session, session.begin():
        row = session.get_one(tables.SnapshotRow, finding.ref)
        if row.warc_file in bench.suspect:
            return None
        for stored, capture in scan(bench.config.warc_dir, row.warc_file, row.offset):
            row.length, row.payload_digest, row.revisit = stored.length, stored.payload_digest, stored.revisit
            row.url, row.status, row.kind, row.fetched_at = capture.url, capture.status, capture.kind, capture.fetched_at
            return "the row says again what its record says"
    return None


def _revision(bench: Bench, finding: Finding) -> str | None:
    """A rewritten revision is read again from its bytes; what the row said meanwhile is kept as a correction."""
    if finding.ref is None:
        return None
    change = again(bench.database, bench.reader, finding.ref, bench.now)
    if change is not None and change.error:
        return None
    return f"read again from its bytes: {', '.join(change.fields) if change else 'no field of the text had changed'}"


def _attachment(bench: Bench, finding: Finding) -> str | None:
    """An attachment's digest is that of its snapshot's bytes."""
    with Session(bench.database) as session, session.begin():
        revision = session.get_one(tables.RevisionRow, finding.ref)
        for row in revision.attachments:
            if row.snapshot_id is None:
                continue
            capture = bench.reader.capture(session.get_one(tables.SnapshotRow, row.snapshot_id))
            row.digest, row.size = payload_digest(capture.body), len(capture.body)
    return _revision(bench, finding)


def _revisions(bench: Bench, finding: Finding) -> str | None:
    """A notice counts the revisions that it has, where none is missing between them."""
    with Session(bench.database) as session, session.begin():
        notice = session.get_one(tables.NoticeRow, finding.ref)
        held = list(
            session.scalars(select(tables.RevisionRow.n).where(tables.RevisionRow.notice_id == notice.id).order_by(tables.RevisionRow.n))
        )
        if not held or held != list(range(1, len(held) + 1)) or len(held) < notice.revisions:
            return None  # rows are gone: counting less would hide it
        notice.revisions = len(held)
        session.add(tables.OutboxRow(notice_id=notice.id, created_at=bench.now))
    return f"counts its {len(held)} revisions"


def _notice(bench: Bench, finding: Finding) -> str | None:
    """A notice's address and key are those of the page it was read from."""
    with Session(bench.database) as session, session.begin():
        notice = session.get_one(tables.NoticeRow, finding.ref)
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
        session.add(tables.OutboxRow(notice_id=notice.id, created_at=bench.now))
    return "address and key agree again"


def _unreadable(bench: Bench, finding: Finding) -> str | None:
    """Values that are no dates or no JSON are read again from the bytes."""
    if finding.place.startswith("snapshot "):
        return _unreadable_snapshot(bench, finding)
    emptied: dict[int, list[str]] = {}
    with Session(bench.database) as session, session.begin():
        mine = tables.RevisionRow.notice_id == finding.ref
        for ident in session.scalars(select(tables.RevisionRow.id).where(mine)).all() if finding.place.startswith("notice ") else ():
            emptied[ident] = _empty(session, tables.RevisionRow, ident)
    for ident in [ident for ident, names in emptied.items() if names]:
        if _revision(bench, replace(finding, ref=ident)) is None:
            return None
    names = [name for found in emptied.values() for name in found]
    return f"read again from the bytes: {', '.join(names)}" if names else None


def _empty(session: Session, model: type[tables.RevisionRow], ident: int) -> list[str]:
    """Take the unreadable dates and JSON values out of a row; the names of their columns."""
    names = []
    for column in model.__table__.columns:
        if isinstance(column.type, Day | Json) and not _reads(session, column, model.__table__.c.id == ident):
            session.execute(update(model).where(model.id == ident).values({column.name: None if column.nullable else {}}))
            names.append(column.name)
    return names


def _unreadable_snapshot(bench: Bench, finding: Finding) -> str | None:
    of = tables.SnapshotRow.id == finding.ref
    with Session(bench.database) as session, session.begin():
        name, offset = session.execute(select(tables.SnapshotRow.warc_file, tables.SnapshotRow.offset).where(of)).one()
        if name in bench.suspect:
            return None
        for _stored, capture in scan(bench.config.warc_dir, name, offset):
            said = {"fetched_at": capture.fetched_at, "note": capture.note}
            wrong = {key: value for key, value in said.items() if not _reads(session, tables.SnapshotRow.__table__.c[key], of)}
            session.execute(update(tables.SnapshotRow).where(of).values(wrong))
            return f"the row says again what its record says: {', '.join(wrong)}"
    return None


def _reads(session: Session, column: ColumnElement[Any], of: ColumnElement[bool]) -> bool:
    try:
        session.scalar(select(column).where(of))
    except DamageFound:
        return False
    return True


_REMEDIES: dict[tuple[str, str], tuple[str, Remedy]] = {
    ("warc", "orphan"): ("take the record up into SQL", _take_up),
    ("warc", "unsettled"): ("settle the file's end as after a crash", _take_up),
    ("warc", "extra"): ("move the file to quarantine", _quarantine),
    ("warc", "lost"): ("mark the row; the bytes must come from a backup", _mark),
    ("sql", "snapshot"): ("write the row again from its record", _snapshot),
    ("sql", "rewritten"): ("read the revision again from its bytes", _revision),
    ("sql", "unreadable"): ("read the value again from the bytes", _unreadable),
    ("sql", "attachment"): ("take the digest from the bytes", _attachment),
    ("sql", "revisions"): ("count the revisions that are there", _revisions),
    ("sql", "notice"): ("take address and key from the page", _notice),
}
