"""Verification of the whole archive: bytes against manifests, rows against bytes, rows against themselves, the signed log.

Nothing is changed. What the index holds is compared by the command that joins the two (cli.verbs.preserve.verify).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine, column, func, select, text
from sqlalchemy import table as sql_table
from sqlalchemy.orm import Session

from notices.config import Config
from notices.errors import DamageFound
from notices.urls import url_key
from pipeline.sql import tables
from pipeline.sql.database import database_errors, for_reading
from pipeline.sql.row_digest import row_digest
from pipeline.warc.series import BadMember, Member, lane_in_use, parse_name, read_member, reading, unsettled, verify_series, warc_date
from preservation.disk_map import Aside
from preservation.proofs.checkpoints import check_log

_BATCH = 500
Row = TypeVar("Row", tables.SnapshotRow, tables.NoticeRow)
Said = tuple[int, str, str, str, bool, str, int]  # in the order of _FIELDS


@dataclass(frozen=True, slots=True)
class Finding:
    """One damage. `area` is warc, sql, log or index; `place` says which file, row or document; `ref` is the row's id where there is one."""

    area: str
    kind: str
    place: str
    detail: str
    ref: int | None = None


class Records:
    """What the WARC files hold: for the offset of each sound capture a digest of what a snapshot row must say of it."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._kept = folder, Aside()

    def seen(self, name: str, member: Member) -> None:
        """Note a sound capture."""
        self._kept.put(name, member.offset, _digest(said_by(member)))

    def says(self, name: str, offset: int, said: Said) -> bool | None:
        """Whether the record there says just that; None when there is none."""
        held = self._kept.get(name, offset)
        return None if held is None else held == _digest(said)

    def files(self) -> list[str]:
        """Names of the files with sound captures."""
        return self._kept.parts()

    def offsets(self, name: str) -> Iterator[int]:
        """Where a file's sound captures begin, in order."""
        return (offset for offset, _ in self._kept.each(name))

    def read(self, name: str, offset: int) -> Said | None:
        """What the record says, read once more; None when it cannot be read now."""
        try:
            with reading(self._folder, name) as fd:
                return said_by(read_member(fd, offset))
        except (DamageFound, BadMember, OSError):
            return None

    def close(self) -> None:
        """Forget all of it."""
        self._kept.close()


def _digest(said: Said) -> bytes:
    return blake2b(repr(said).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def verify_archive(database: Engine, config: Config, progress: Callable[[int], None] = lambda _: None) -> Iterator[Finding]:
    """Every damage in the WARC series, in SQL and in the signed log; `progress` is told bytes of WARC as they are read."""
    with closing(Records(config.warc_dir)) as records:
        yield from _verify(for_reading(database), config, records, progress)


def _verify(database: Engine, config: Config, records: Records, progress: Callable[[int], None]) -> Iterator[Finding]:
    newest = _newest_snapshot(database)  # a row made later may name a record that was not there when its file was read
    for found in verify_series(config.warc_dir, progress, records.seen):
        yield Finding("warc", found.kind, f"{found.file}{'' if found.offset is None else f' offset {found.offset}'}", found.detail)
    with database_errors(config.database):
        for found in unsettled(config.warc_dir):
            yield Finding("warc", found.kind, f"{found.file} offset {found.offset}", found.detail)
        yield from _database_file(database)
        yield from snapshots_against(database, records, newest)
        yield from _orphans(database, records, config.warc_dir)
        yield from _rows(database)
        try:
            yield from (Finding("log", kind, place, detail) for kind, place, detail in check_log(database, config))
        except DamageFound as error:
            yield Finding("log", "unreadable", "checkpoints", str(error))


def said_by(member: Member) -> Said:
    """What a snapshot row must say of a record, in the order of _FIELDS."""
    record = member.record
    url, kind, status = (record.capture.url, record.capture.kind, record.capture.status) if record.capture else ("", "", 0)
    return member.length, record.payload_digest, url, record.date, record.type == "revisit", kind, status


def said_of(row: tables.SnapshotRow) -> Said:
    """What a snapshot row says of its record."""
    return row.length, row.payload_digest, row.url, warc_date(row.fetched_at), row.revisit, row.kind, row.status


def _database_file(database: Engine) -> Iterator[Finding]:
    """What SQLite itself finds wrong with its file."""
    if database.dialect.name != "sqlite":
        return
    with database.connect() as connection:
        for (line,) in connection.execute(text("pragma integrity_check(100)")):
            if line != "ok":
                yield Finding("sql", "integrity", str(database.url.database), str(line))
        for table, row, parent, number in connection.execute(text("pragma foreign_key_check")).all():
            keys = connection.execute(text(f"pragma foreign_key_list('{table}')"))
            name = next(key[3] for key in keys.all() if key[0] == number)  # id, seq, table, from, ...
            named = connection.execute(select(column(name)).select_from(sql_table(table)).where(column("rowid") == row)).scalar()
            yield Finding("sql", "reference", f"{table} {row}", f"its {name} names {parent} {named}, which does not exist")


def _newest_snapshot(database: Engine) -> int:
    with Session(database) as session, session.begin():
        return session.scalar(select(func.max(tables.SnapshotRow.id))) or 0


def snapshots_against(database: Engine, records: Records, newest: int) -> Iterator[Finding]:
    """Rows up to the newest given without their record, and rows that say something else than it."""
    for rows, unreadable in _batches(database, tables.SnapshotRow, "snapshot"):
        yield from unreadable
        for row in rows:
            if row.id > newest:
                return
            agrees = records.says(row.warc_file, row.offset, said_of(row))
            place = f"snapshot {row.id} ({row.warc_file} offset {row.offset})"
            if agrees is None:
                yield Finding("warc", "lost", place, f"no sound record there; it held {row.url}", row.id)
            elif not agrees:
                said = records.read(row.warc_file, row.offset)
                detail = _difference(said_of(row), said) if said else "the record says something else, and cannot be read any more"
                yield Finding("sql", "snapshot", place, detail, row.id)


_FIELDS = ("length", "payload digest", "url", "time", "revisit", "kind", "status")


def _difference(row: tuple[object, ...], record: tuple[object, ...]) -> str:
    said = (f"{name}: row {r!r}, record {b!r}" for name, r, b in zip(_FIELDS, row, record, strict=True) if r != b)
    return "; ".join(said)


def _orphans(database: Engine, records: Records, folder: Path) -> Iterator[Finding]:
    """Records that no row names. A file that is being written is left out: its run may be between record and row."""
    for name in records.files():
        entry = parse_name(name)
        if entry and lane_in_use(folder, entry.lane):
            continue
        with Session(database) as session, session.begin():
            known = set(session.scalars(select(tables.SnapshotRow.offset).where(tables.SnapshotRow.warc_file == name)))
        for offset in [offset for offset in records.offsets(name) if offset not in known]:
            said = records.read(name, offset)
            yield Finding("warc", "orphan", f"{name} offset {offset}", f"no snapshot row names this record of {said[2] if said else '?'}")


def _rows(database: Engine) -> Iterator[Finding]:
    """Revisions rewritten, missing or out of order; notices under a foreign key; files that are not their snapshots'."""
    for notices, unreadable in _batches(database, tables.NoticeRow, "notice"):
        yield from unreadable
        for notice in notices:
            with Session(database) as session, session.begin():
                try:
                    yield from list(_notice(session, session.get_one(tables.NoticeRow, notice.id)))  # as it is beside its revisions now
                except DamageFound as error:
                    yield Finding("sql", "unreadable", f"notice {notice.id}", f"a row of it: {error}", notice.id)


def _batches(database: Engine, model: type[Row], name: str) -> Iterator[tuple[list[Row], list[Finding]]]:
    """All rows of a table by id, and those that cannot be read."""
    last = 0
    while True:
        with Session(database, expire_on_commit=False) as session, session.begin():
            ids = list(session.scalars(select(model.id).where(model.id > last).order_by(model.id).limit(_BATCH)))
            if not ids:
                return
            try:
                batch = list(session.scalars(select(model).where(model.id.in_(ids)).order_by(model.id))), list[Finding]()
            except DamageFound:
                batch = _one_by_one(session, model, name, ids)
            session.expunge_all()
        yield batch
        last = ids[-1]


def _one_by_one(session: Session, model: type[Row], name: str, ids: list[int]) -> tuple[list[Row], list[Finding]]:
    rows, found = list[Row](), list[Finding]()
    for ident in ids:
        try:
            rows.append(session.get_one(model, ident))
        except DamageFound as error:
            found.append(Finding("sql", "unreadable", f"{name} {ident} ", str(error), ident))
    return rows, found


def _notice(session: Session, notice: tables.NoticeRow) -> Iterator[Finding]:
    if notice.key != key_of(notice.url):
        yield Finding("sql", "notice", f"notice {notice.id}", f"its key {notice.key} is not that of its address {notice.url}", notice.id)
    mine = tables.RevisionRow.notice_id == notice.id
    revisions = list(session.scalars(select(tables.RevisionRow).where(mine).order_by(tables.RevisionRow.n)))
    if not revisions or [r.n for r in revisions] != list(range(1, notice.revisions + 1)):
        held = ", ".join(str(r.n) for r in revisions) or "none"
        yield Finding("sql", "revisions", f"notice {notice.id}", f"it counts {notice.revisions} revisions, there are: {held}", notice.id)
    for revision in revisions:
        yield from _revision(session, revision)


def key_of(url: str) -> str | None:
    """The key of an address; None for what is none."""
    try:
        return url_key(url)
    except ValueError:
        return None


def _revision(session: Session, revision: tables.RevisionRow) -> Iterator[Finding]:
    place = f"revision {revision.n} of notice {revision.notice_id}"
    if row_digest(revision) != revision.row_digest:
        yield Finding("sql", "rewritten", place, "the row, its attachments, aliases or citations are not what was written", revision.id)
    for attachment in revision.attachments:
        snapshot = session.get(tables.SnapshotRow, attachment.snapshot_id) if attachment.snapshot_id else None
        if snapshot is not None and attachment.digest != snapshot.payload_digest:
            detail = f"digest {attachment.digest}, its snapshot {snapshot.id} holds {snapshot.payload_digest}"
            yield Finding("sql", "attachment", f"{place}, attachment {attachment.position}", detail, revision.id)
