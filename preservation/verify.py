"""Verification of the whole archive: bytes against manifests, rows against bytes, rows against themselves, the signed log.

Nothing is changed. operations.preserve.verify_index compares SQL with the index.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from sqlalchemy import Engine, column, func, select, text
from sqlalchemy import table as sql_table
from sqlalchemy.orm import Session

from notices.config import Config
from notices.errors import DamageFound
from notices.text.language import _
from pipeline.recognised import damaged_recognitions
from pipeline.sql import tables
from pipeline.sql.database import database_errors, for_reading
from pipeline.warc.series import (
    BadMember,
    Member,
    lane_in_use,
    parse_name,
    read_member,
    reading,
    record_count,
    stored_alone,
    unsettled,
    verify_series,
    warc_date,
)
from preservation.accounting import unread_files, unread_pages
from preservation.change_log import check_changes
from preservation.disk_map import DiskMap
from preservation.findings import (
    DatabaseFile,
    Finding,
    NoticeSubject,
    RowSubject,
    SnapshotSubject,
    Subject,
    WarcPlace,
)
from preservation.following.notes import check_followed
from preservation.notice_rows import check_notices
from preservation.proofs.checkpoints import check_log
from preservation.takedowns import check_takedowns

_BATCH = 500
_SAMPLES = 20  # records of each file in a store, others each time
Row = TypeVar("Row", tables.SnapshotRow, tables.NoticeRow)


class RecordFacts(NamedTuple):
    """The facts on which a WARC record and its snapshot row must agree; `date` is as in the WARC header."""

    length: int
    payload_digest: str
    url: str
    date: str
    revisit: bool
    kind: str
    status: int
    note: str = "{}"


_ADDED = ("taken_up", "damaged")  # notes that recovery and repair add to a row; the record has none of them
_DISPLAYED = {"payload_digest": "payload digest", "date": "time"}


class Records:
    """Every intact capture in the WARC files: by file and offset, a digest of the facts on which its snapshot row must agree.

    Of the files in `unread`, which only a store has, some records are read when a row names them.
    """

    def __init__(self, folder: Path, unread: frozenset[str] = frozenset()) -> None:
        self._folder, self._map, self.unread = folder, DiskMap(), unread
        self._counts = dict[str, int]()

    def seen(self, name: str, member: Member) -> None:
        """Note an intact capture."""
        self._map.put(name, member.offset, _digest(facts_of_record(member)))

    def agrees(self, place: WarcPlace, facts: RecordFacts) -> bool | None:
        """Whether the record at the place has exactly these facts; None when no record is there. True for one that is in no sample."""
        if place.file in self.unread:
            found = self.read(place) if self._sampled(place.file) else facts
            return None if found is None else found == facts
        known = self._map.get(place.file, place.offset or 0)
        return None if known is None else known == _digest(facts)

    def _sampled(self, name: str) -> bool:
        if name not in self._counts:
            self._counts[name] = record_count(self._folder, name) or 1
        return random.random() * self._counts[name] < _SAMPLES  # noqa: S311  # a sample

    def files(self) -> list[str]:
        """Names of the files with intact captures."""
        return self._map.parts()

    def offsets(self, name: str) -> Iterator[int]:
        """Where a file's intact captures begin, in order."""
        return (offset for offset, _ in self._map.each(name))

    def read(self, place: WarcPlace) -> RecordFacts | None:
        """The record's facts, read once more from its file; None when it cannot be read now."""
        try:
            with reading(self._folder, place.file) as file:
                return facts_of_record(read_member(file, place.offset or 0))
        except (DamageFound, BadMember, OSError):
            return None

    def close(self) -> None:
        """Delete the map."""
        self._map.close()


def _digest(facts: RecordFacts) -> bytes:
    return blake2b(repr(facts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def verify_archive(
    database: Engine, config: Config, progress: Callable[[int], None] = lambda _: None, *, stored: bool = False
) -> Iterator[Finding]:
    """Every damage in the WARC series, in SQL and in the signed log; `progress` is given bytes of WARC as they are read.

    What a store has is read whole if `stored`, else samples of what nothing else has. Raises ServerAway while it is out of reach.
    """
    unread = frozenset(() if stored else stored_alone(config.warc_dir))
    with closing(Records(config.warc_dir, unread)) as records:
        yield from _verify(for_reading(database), config, records, progress, stored=stored)


def _verify(database: Engine, config: Config, records: Records, progress: Callable[[int], None], *, stored: bool) -> Iterator[Finding]:
    newest = _newest_snapshot(database)  # a row made later may name a record that was not there when its file was read
    for found in verify_series(config.warc_dir, progress, records.seen, None if stored else records.unread):
        yield Finding("warc", found.kind, WarcPlace(found.file, found.offset), found.detail)
    with database_errors(config.database):
        for found in unsettled(config.warc_dir):
            yield Finding("warc", found.kind, WarcPlace(found.file, found.offset), found.detail)
        yield from _database_file(database)
        yield from snapshots_against(database, records, newest)
        yield from _orphans(database, records, config.warc_dir)
        yield from _rows(database)
        yield from check_changes(database)
        yield from check_takedowns(database, config.state_paths().takedowns)
        for ident, detail in damaged_recognitions(database):
            yield Finding("sql", "recognised", RowSubject("recognition", ident), detail)
        yield from unread_pages(database, config, newest)
        yield from unread_files(database, config, newest)
        yield from check_log(database, config)
        yield from check_followed(database, config)


def facts_of_record(member: Member) -> RecordFacts:
    """The facts as the record states them."""
    record = member.record
    url, kind, status = (record.capture.url, record.capture.kind, record.capture.status) if record.capture else ("", "", 0)
    note = _note(record.capture.note if record.capture else {})
    return RecordFacts(member.length, record.payload_digest, url, record.date, record.type == "revisit", kind, status, note)


def facts_of_row(row: tables.SnapshotRow) -> RecordFacts:
    """The facts as the snapshot row states them."""
    note = _note({name: value for name, value in row.note.items() if name not in _ADDED})
    return RecordFacts(row.length, row.payload_digest, row.url, warc_date(row.fetched_at), row.revisit, row.kind, row.status, note)


def _note(note: Mapping[str, str]) -> str:
    return json.dumps(dict(note), ensure_ascii=False, sort_keys=True)


def _database_file(database: Engine) -> Iterator[Finding]:
    """What SQLite's own checks report about its file."""
    if database.dialect.name != "sqlite":
        return
    with database.connect() as connection:
        for (line,) in connection.execute(text("pragma integrity_check(100)")):
            if line != "ok":
                yield Finding("sql", "integrity", DatabaseFile(str(database.url.database)), str(line))
        for kind, name in connection.execute(text("select type, name from sqlite_master where type in ('trigger', 'view') order by name")):
            yield Finding(
                "sql",
                "schema",
                DatabaseFile(str(database.url.database)),
                _("a {kind} {name!r} that this program did not make").format(kind=kind, name=name),
            )
        for table, row, parent, number in connection.execute(text("pragma foreign_key_check")).all():
            keys = connection.execute(text(f"pragma foreign_key_list('{table}')"))
            name = next(key[3] for key in keys.all() if key[0] == number)  # id, seq, table, from, ...
            named = connection.execute(select(column(name)).select_from(sql_table(table)).where(column("rowid") == row)).scalar()
            yield Finding(
                "sql",
                "reference",
                RowSubject(table, row),
                _("its {name} names {parent} {named}, which does not exist").format(name=name, parent=parent, named=named),
            )


def _newest_snapshot(database: Engine) -> int:
    with Session(database) as session, session.begin():
        return session.scalar(select(func.max(tables.SnapshotRow.id))) or 0


def snapshots_against(database: Engine, records: Records, newest: int) -> Iterator[Finding]:
    """Snapshot rows up to the newest given that have no record, or disagree with it."""
    for batch in _batches(database, tables.SnapshotRow, SnapshotSubject):
        yield from batch.unreadable
        for row in batch.rows:
            if row.id > newest:
                return
            place = WarcPlace(row.warc_file, row.offset)
            agrees = records.agrees(place, facts_of_row(row))
            if agrees is None:
                yield Finding(
                    "warc", "lost", SnapshotSubject(row.id, place), _("no intact record is there; the row names {url}").format(url=row.url)
                )
            elif not agrees:
                facts = records.read(place)
                detail = (
                    _difference(facts_of_row(row), facts) if facts else _("the record differs from the row, and cannot be read any more")
                )
                yield Finding("sql", "snapshot", SnapshotSubject(row.id, place), detail)


def _difference(row: RecordFacts, record: RecordFacts) -> str:
    pairs = zip(RecordFacts._fields, row, record, strict=True)
    return "; ".join(f"{_DISPLAYED.get(name, name)}: row {ours!r}, record {theirs!r}" for name, ours, theirs in pairs if ours != theirs)


def _orphans(database: Engine, records: Records, folder: Path) -> Iterator[Finding]:
    """Records that no row names. A file that is being written is left out: its run may be between record and row."""
    for name in records.files():
        entry = parse_name(name)
        if entry and lane_in_use(folder, entry.lane):
            continue
        with Session(database) as session, session.begin():
            known = set(session.scalars(select(tables.SnapshotRow.offset).where(tables.SnapshotRow.warc_file == name)))
        for offset in [offset for offset in records.offsets(name) if offset not in known]:
            place = WarcPlace(name, offset)
            facts = records.read(place)
            yield Finding("warc", "orphan", place, _("no snapshot row names this record of {url}").format(url=facts.url if facts else "?"))


def _rows(database: Engine) -> Iterator[Finding]:
    """Revisions rewritten, missing or out of order; notices under a foreign key; attachments that differ from their snapshots."""
    for batch in _batches(database, tables.NoticeRow, NoticeSubject):
        yield from batch.unreadable
        yield from check_notices(database, [notice.id for notice in batch.rows])


class _Batch(NamedTuple, Generic[Row]):
    rows: list[Row]
    unreadable: list[Finding]


def _batches(database: Engine, model: type[Row], subject: Callable[[int], Subject]) -> Iterator[_Batch[Row]]:
    """All rows of a table by id, and a finding for each that cannot be read."""
    last = 0
    while True:
        with Session(database, expire_on_commit=False) as session, session.begin():
            ids = list(session.scalars(select(model.id).where(model.id > last).order_by(model.id).limit(_BATCH)))
            if not ids:
                return
            try:
                batch = _Batch(list(session.scalars(select(model).where(model.id.in_(ids)).order_by(model.id))), list[Finding]())
            except DamageFound:
                batch = _one_by_one(session, model, subject, ids)
            session.expunge_all()
        yield batch
        last = ids[-1]


def _one_by_one(session: Session, model: type[Row], subject: Callable[[int], Subject], ids: list[int]) -> _Batch[Row]:
    rows, unreadable = list[Row](), list[Finding]()
    for ident in ids:
        try:
            rows.append(session.get_one(model, ident))
        except DamageFound as error:
            unreadable.append(Finding("sql", "unreadable", subject(ident), str(error)))
    return _Batch(rows, unreadable)
