"""Copies of one instrument on several pages: found by shared keys, compared, and put into one group. No text is read for it."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from itertools import groupby, islice
from typing import NamedTuple, cast

from sqlalchemy import BindParameter, Connection, Delete, Row, Select, Table, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from pipeline.relations.duplicates import Fingerprint, Sketch, candidate_keys, fingerprint, same_instrument, sketch
from pipeline.sql import tables

_KEY, _SKETCH = cast(Table, tables.InstrumentKeyRow.__table__), cast(Table, tables.SketchRow.__table__)
_MOST_CANDIDATES = 20
_MOST_NAMED = 400  # ids in one statement


class Stored(NamedTuple):
    """A notice whose newest revision was just stored, its fingerprint, and when it was read."""

    notice_id: int
    print: Fingerprint
    at: datetime


def group_copies(session: Session, notice: tables.NoticeRow, revision: tables.RevisionRow) -> None:
    """Put the notice into the group of its copies, if it has any; every member waits for the index again."""
    group_all(session, [just_stored(notice.id, revision)])


def just_stored(notice_id: int, revision: tables.RevisionRow, sketched: Sketch | None = None) -> Stored:
    """A notice with the fingerprint of the revision that was just stored; `sketched`: the sketch of its text, if there is one."""
    return Stored(notice_id, _print(revision, sketched or sketch(revision.text)), revision.created_at)


def group_all(session: Session, stored: Sequence[Stored]) -> None:
    """Put each of these notices, in order of their ids, into the group of its copies among the others and those before it.

    A group bears the lowest id of its members. A notice that was edited out of likeness keeps its group: it was a copy once.
    """
    prints = {each.notice_id: each.print for each in stored}
    _note(session, prints)
    pairs = _candidates(session, prints)
    prints = _prints(session, {other for others in pairs.values() for other in others} - prints.keys()) | prints
    for each in stored:
        copies = [
            other for other in sorted(pairs.get(each.notice_id, ())) if other in prints and same_instrument(each.print, prints[other])
        ]
        if copies:
            _join(session, each, copies)


def _note(session: Session, prints: Mapping[int, Fingerprint]) -> None:
    """Write the keys and sketches of these notices, in place of those of earlier revisions."""
    connection = _connection(session)
    for statement in _forgetting():
        connection.execute(statement, {"those": list(prints)})
    keys = [{"notice_id": ident, "key": each} for ident, own in prints.items() for each in dict.fromkeys(candidate_keys(own))]
    if keys:
        connection.execute(insert(_KEY), keys)
    connection.execute(insert(_SKETCH), [_sketch_values(ident, own) for ident, own in prints.items()])


def _connection(session: Session) -> Connection:
    """The session's connection, after what waits in the session was written: statements on it cost a fifth of those that look for mapped objects."""
    session.flush()
    return session.connection()


@cache
def _forgetting() -> tuple[Delete, ...]:
    return tuple(delete(table).where(table.c.notice_id.in_(bindparam("those", expanding=True))) for table in (_KEY, _SKETCH))


def _sketch_values(ident: int, own: Fingerprint) -> dict[str, object]:
    hashes = {"shingles": _packed(own.shingles), "figures": _packed(own.figures)}
    return {"notice_id": ident, "written_date": own.written, "length": own.length, **hashes}


def _packed(hashes: Iterable[int]) -> bytes:
    """Hashes of 32 bits, little-endian."""
    numbers = array("I", hashes)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _unpacked(stored: bytes) -> tuple[int, ...]:
    numbers = array("I")
    numbers.frombytes(stored)
    if sys.byteorder == "big":
        numbers.byteswap()
    return tuple(numbers)


def _candidates(session: Session, prints: Mapping[int, Fingerprint]) -> dict[int, Collection[int]]:
    """For each notice those that share the most keys: a usual title (采购公告) is shared by thousands, the keys of a text by its copies.

    What was signed on another day is another instrument.
    """
    by_notice = groupby(_connection(session).execute(_sharing(), {"those": list(prints)}), key=lambda row: row[0])
    return {ident: [row[1] for row in islice(rows, _MOST_CANDIDATES)] for ident, rows in by_notice}


@cache
def _sharing() -> Select[int, int]:
    """The statement of _candidates; built once, as that costs more than its answer."""
    own, other, mine, its = _KEY.alias(), _KEY.alias(), _SKETCH.alias(), _SKETCH.alias()
    those: BindParameter[object] = bindparam("those", expanding=True)
    return (
        select(own.c.notice_id, other.c.notice_id)
        .join(other, other.c.key == own.c.key)
        .join(mine, mine.c.notice_id == own.c.notice_id)
        .outerjoin(its, its.c.notice_id == other.c.notice_id)
        .where(own.c.notice_id.in_(those), or_(other.c.notice_id.not_in(those), other.c.notice_id < own.c.notice_id))
        .where(other.c.notice_id != own.c.notice_id)
        .where(or_(mine.c.written_date.is_(None), its.c.written_date.is_(None), mine.c.written_date == its.c.written_date))
        .group_by(own.c.notice_id, other.c.notice_id)
        .order_by(own.c.notice_id, func.count().desc(), other.c.notice_id)
    )


def _prints(session: Session, idents: Collection[int]) -> dict[int, Fingerprint]:
    """The fingerprints of these notices. A text is read only where an earlier release left no sketch; then one is kept."""
    found: dict[int, Fingerprint] = {}
    for row in _rows(session, idents):
        if row.shingles is None:
            found[row.notice_id] = _print(row, sketch(_text(session, row.id)))
            session.execute(insert(tables.SketchRow), [_sketch_values(row.notice_id, found[row.notice_id])])
        else:
            found[row.notice_id] = _print(row, Sketch(row.length, _unpacked(row.shingles), _unpacked(row.figures)))
    return found


def _rows(session: Session, idents: Collection[int]) -> Iterator[Row[*tuple[object, ...]]]:
    wanted = sorted(idents)
    for start in range(0, len(wanted), _MOST_NAMED):
        yield from _connection(session).execute(_newest_with_sketch(), {"those": wanted[start : start + _MOST_NAMED]}).all()


@cache
def _newest_with_sketch() -> Select[*tuple[object, ...]]:
    revision, kept = tables.RevisionRow, tables.SketchRow
    columns = (
        revision.id, revision.notice_id, revision.title, revision.number_key, revision.issuer, revision.written_date, revision.published_date,
        kept.length, kept.shingles, kept.figures,
    )  # fmt: skip
    those: BindParameter[object] = bindparam("those", expanding=True)
    query = select(*columns).join(revision.notice).outerjoin(kept, kept.notice_id == revision.notice_id)
    return query.where(revision.n == tables.NoticeRow.revisions, tables.NoticeRow.id.in_(those))


def _print(row: Row[*tuple[object, ...]] | tables.RevisionRow, sketched: Sketch) -> Fingerprint:
    dates: tuple[date | None, date | None] = (row.written_date, row.published_date)
    return fingerprint(sketched, title=row.title, number_key=row.number_key, issuer=row.issuer, dates=dates)


def _text(session: Session, revision_id: int) -> str:
    return session.scalars(select(tables.RevisionRow.text).where(tables.RevisionRow.id == revision_id)).one()


def _join(session: Session, new: Stored, copies: Sequence[int]) -> None:
    notice = tables.NoticeRow
    known = session.execute(select(notice.id, notice.group_id).where(notice.id.in_((new.notice_id, *copies))))
    groups: dict[int, int | None] = {ident: group for ident, group in known}
    group = min(of or ident for ident, of in groups.items())
    merged = {of for of in groups.values() if of and of != group}
    session.execute(update(notice).where(notice.id.in_(groups)).values(group_id=group))
    if merged:
        session.execute(update(notice).where(notice.group_id.in_(merged)).values(group_id=group))
    changed = [ident for ident in copies if groups[ident] != group]
    if changed:
        session.execute(insert(tables.OutboxRow), [{"notice_id": ident, "created_at": new.at} for ident in changed])


def copies_of(session: Session, notice: tables.NoticeRow) -> list[tables.NoticeRow]:
    """The other notices of the group."""
    if notice.group_id is None:
        return []
    mine = tables.NoticeRow.group_id == notice.group_id, tables.NoticeRow.id != notice.id
    return list(session.scalars(select(tables.NoticeRow).where(*mine).order_by(tables.NoticeRow.id)))
