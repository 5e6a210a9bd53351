"""New notices into SQL: the same rows as pipeline.store writes, for a fraction of the time; of many at once still less for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import NamedTuple, cast

from sqlalchemy import Insert, Select, Table, bindparam, func, insert, select
from sqlalchemy.orm import Session

from notices.capture import Capture
from notices.urls import canonical_url, url_key
from pipeline.relations.citations import repealed_by
from pipeline.relations.copies import group_all, just_stored
from pipeline.relations.duplicates import Sketch
from pipeline.snapshots import snapshot_row
from pipeline.sql import tables
from pipeline.sql.base import Base
from pipeline.sql.changes import Occasion, note_repeals
from pipeline.sql.row_digest import row_digest
from pipeline.sql.tallies import note_revision
from pipeline.store import Reading, content_digest, revision_row, store_reading
from pipeline.warc.series import Stored as Record

Values = dict[str, object]


class _New(NamedTuple):
    """The rows of a new notice, in no session; `revision` has those of its files, citations and short forms."""

    notice: tables.NoticeRow
    revision: tables.RevisionRow
    sketched: Sketch | None


def store_snapshots(session: Session, captures: Sequence[Capture], records: Sequence[Record], run_id: int | None) -> Sequence[int]:
    """Note the records of captures; return the ids of their rows, in their order."""
    return add_snapshots(session, [snapshot_row(capture, record, run_id) for capture, record in zip(captures, records, strict=True)])


def add_snapshots(session: Session, rows: Sequence[tables.SnapshotRow]) -> Sequence[int]:
    """Write rows of snapshots that are in no session; return their ids, in their order."""
    if not rows:
        return []
    if not gives_ids(session):
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]
    first = _next_id(session, tables.SnapshotRow)
    _insert(session, tables.SnapshotRow, [_values(row) | {"id": ident} for ident, row in enumerate(rows, first)])
    return range(first, first + len(rows))


def gives_ids(session: Session) -> bool:
    """Whether ids can be given here: on PostgreSQL a sequence gives them, and would give them again."""
    return session.get_bind().dialect.name == "sqlite"


def known_keys(session: Session, keys: Iterable[str]) -> set[str]:
    """Those of the keys whose notices are archived."""
    return set(session.connection().execute(_known(), {"those": list(keys)}).scalars())


@cache
def _known() -> Select[str]:
    return select(tables.NoticeRow.key).where(tables.NoticeRow.key.in_(bindparam("those", expanding=True)))


def store_new(session: Session, readings: Sequence[tuple[int, Reading]], occasion: Occasion) -> None:
    """Store notices that the archive does not have, each with the id of its source; no two may be of one address.

    The ids are given here: the transaction is the only one that writes. A text that repeals another of the same batch finds it, whichever comes first.
    """
    notice_id, revision_id = _next_id(session, tables.NoticeRow), _next_id(session, tables.RevisionRow)
    new = [_new(notice_id + n, revision_id + n, source, reading) for n, (source, reading) in enumerate(readings)]
    _insert(session, tables.NoticeRow, [_values(each.notice) for each in new])
    _insert(session, tables.RevisionRow, [_values(each.revision) for each in new])
    for name, table in (("attachments", tables.AttachmentRow), ("citations", tables.CitationRow), ("aliases", tables.AliasRow)):
        belonging = [(each.revision.id, row) for each in new for row in getattr(each.revision, name)]
        _insert(session, table, [_values(row, without=("id",)) | {"revision_id": ident} for ident, row in belonging])
    group_all(session, [just_stored(each.notice.id, each.revision, each.sketched) for each in new])
    _insert(session, tables.OutboxRow, [{"notice_id": each.notice.id, "created_at": each.revision.created_at} for each in new])
    first = _next_id(session, tables.ChangeRow)
    _insert(session, tables.ChangeRow, [_change(seq, each, occasion) for seq, each in enumerate(new, first)])
    for each in new:
        note_repeals(session, each.notice, repealed_by(session, each.revision), each.revision.created_at, occasion)


def store_some(session: Session, source_id: int, readings: Sequence[tuple[Reading, Occasion]]) -> list[str]:
    """Store readings in their order as store_reading does, no two of one address; those that the archive does not have together, by the shorter way.

    What became of each.
    """
    keys = [url_key(reading.notice.url) for reading, _occasion in readings]
    known = known_keys(session, keys) if gives_ids(session) else set(keys)
    outcomes = list[str]()
    for (is_known, occasion), some in groupby(zip(keys, readings, strict=True), key=lambda each: (each[0] in known, each[1][1])):
        together = [reading for _key, (reading, _occasion) in some]
        if is_known:
            outcomes += [store_reading(session, source_id, reading, occasion) for reading in together]
        else:
            store_new(session, [(source_id, reading) for reading in together], occasion)
            outcomes += ["new"] * len(together)
    return outcomes


def _next_id(session: Session, table: type[Base]) -> int:
    """The number after the last one of a table."""
    return (session.connection().execute(_last_id(table)).scalar() or 0) + 1


@cache
def _last_id(table: type[Base]) -> Select[int]:
    (key,) = table.__table__.primary_key
    return select(func.max(key))


def _new(notice_id: int, revision_id: int, source: int, reading: Reading) -> _New:
    notice = tables.NoticeRow(
        id=notice_id, source_id=source, key=url_key(reading.notice.url), url=canonical_url(reading.notice.url), revisions=1, state="listed",
        first_seen_at=reading.read_at, last_seen_at=reading.read_at,
    )  # fmt: skip
    revision = revision_row(notice, content_digest(reading.notice, reading.attached), reading)
    revision.id, revision.row_digest = revision_id, row_digest(revision)
    note_revision(notice, revision)
    return _New(notice, revision, reading.sketched)


def _change(seq: int, new: _New, occasion: Occasion) -> Values:
    return {
        "seq": seq, "notice_id": new.notice.id, "revision": 1, "kind": "new", "at": new.revision.created_at,
        "run_id": occasion.run_id, "baseline": occasion.baseline, "cause_id": None,
    }  # fmt: skip


def _values(row: Base, without: Sequence[str] = ()) -> Values:
    """A row's columns, by name."""
    return {name: getattr(row, key) for name, key in _columns(type(row)) if key not in without}


@cache
def _columns(table: type[Base]) -> tuple[tuple[str, str], ...]:
    """The names of a table's columns, and of its rows' attributes."""
    names = {each.columns[0].name: each.key for each in table.__mapper__.column_attrs}
    return tuple((column.name, names[column.name]) for column in table.__table__.columns)


@cache
def _into(table: type[Base]) -> Insert:
    return insert(cast(Table, table.__table__))


def _insert(session: Session, table: type[Base], rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        session.connection().execute(_into(table), rows)
