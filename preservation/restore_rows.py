"""Lost rows from a backup's SQL: only rows that agree with the WARC bytes, with their own digest or with their signature.

Rows of these tables are only ever added; a row that the backup contains and the archive does not was lost. Derived rows (citations, aliases, files
of a revision) are restored with their revision, whose digest covers them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import Column, Engine, Table, func, select
from sqlalchemy.exc import IntegrityError, NoResultFound
from sqlalchemy.orm import Session

from notices.config import Config
from notices.errors import BadInput, DamageFound, NoticesError
from notices.text.language import _
from pipeline.observe.observations import presence_of
from pipeline.sql import tables
from pipeline.sql.base import Base
from pipeline.sql.database import archive_id
from pipeline.sql.postgresql import BACKEND, set_sequences
from pipeline.sql.row_digest import row_digest
from pipeline.sql.tallies import Row, tally, values_of, written
from pipeline.warc.series import BadMember, read_member, reading
from preservation.findings import Finding, NoticeSubject, RevisionSubject
from preservation.notice_rows import ADDED, added_rows, key_of
from preservation.proofs.checkpoints import note_of, public_key
from preservation.verify import facts_of_record, facts_of_row

Model = type[Base]
_ONLY_ADDED: tuple[Model, ...] = (
    *(tables.SourceRow, tables.RunRow, tables.SnapshotRow, tables.NoticeRow, tables.RevisionRow),
    *(tables.CorrectionRow, tables.ObservationRow, tables.ChangeRow, tables.CheckpointRow),
)
_OF_A_REVISION = (tables.AttachmentRow, tables.AliasRow, tables.CitationRow)


@dataclass(frozen=True)
class RestoredRow:
    """A row that was restored, or why it was not: the `problem`."""

    table: str
    id: int
    problem: str = ""


@dataclass(frozen=True)
class Backup:
    """The archive's database and the backup's, with the archive's configuration; `now` is written where a time is."""

    archive: Engine
    backup: Engine
    config: Config
    now: datetime


@dataclass(frozen=True)
class WrongRows:
    """Ids of rows that are present but not as they were written: revisions with another digest, notices with unreadable values.

    `added`: the notices whose observations or corrections are not those that were written, with the name of these rows.
    """

    revisions: frozenset[int] = field(default_factory=frozenset)
    notices: frozenset[int] = field(default_factory=frozenset)
    added: frozenset[tuple[int, str]] = field(default_factory=frozenset)

    @staticmethod
    def of(found: Sequence[Finding]) -> WrongRows:
        """Those that the findings name."""
        rewritten = {f.subject.id for f in found if f.kind == "rewritten" and isinstance(f.subject, RevisionSubject)}
        unreadable = {f.subject.id for f in found if f.kind == "unreadable" and f.area == "sql" and isinstance(f.subject, NoticeSubject)}
        added = {(f.subject.id, f.kind) for f in found if f.kind in ADDED and f.area == "sql" and isinstance(f.subject, NoticeSubject)}
        added |= {(ident, name) for ident in unreadable for name in ADDED}
        return WrongRows(frozenset(rewritten), frozenset(unreadable), frozenset(added))


def check_same_archive(both: Backup) -> None:
    """Raise BadInput for a backup of another archive: most snapshots that both contain must be the same."""
    ids = archive_id(both.archive), archive_id(both.backup)
    if ids[0] != ids[1]:
        raise BadInput(
            _("not a backup of this archive: it is of archive {backup}, this is archive {archive}").format(backup=ids[1], archive=ids[0])
        )
    columns = tables.SnapshotRow.id, tables.SnapshotRow.payload_digest, tables.SnapshotRow.url
    with Session(both.archive) as mine, Session(both.backup) as theirs:
        here = {row[0]: tuple(row[1:]) for row in mine.execute(select(*columns).limit(10_000))}
        there = {row[0]: tuple(row[1:]) for row in theirs.execute(select(*columns).limit(10_000))}
    common = here.keys() & there.keys()
    same = sum(here[ident] == there[ident] for ident in common)
    if (there and here and same * 10 < len(common) * 9) or (here and there and not common):
        raise BadInput(
            _("not a backup of this archive: of {count} snapshots with the same number {same} are the same").format(
                count=len(common), same=same
            )
        )


def restore_rows(both: Backup, wrong: WrongRows, *, apply: bool) -> list[RestoredRow]:
    """Restore the lost rows and the wrong ones in one transaction, which is rolled back without `apply`.

    A wrong row that the backup cannot restore is left out: it may be read again from its bytes.
    """
    with Session(both.archive) as mine, Session(both.backup) as theirs:
        restoration = _Restoration(both, mine, theirs, wrong.revisions)
        found = [each for model in _ONLY_ADDED for each in restoration.lost(model)]
        for ident in sorted(wrong.revisions):
            if _problem(mine, partial(restoration.revision_as_written, ident)) is None:
                found.append(RestoredRow(tables.RevisionRow.__tablename__, ident))
        for ident in sorted(wrong.notices):
            if _problem(mine, partial(restoration.readable_notice, ident)) is None:
                found.append(RestoredRow(tables.NoticeRow.__tablename__, ident))
        for ident, name in sorted(wrong.added):
            rows = restoration.rows_as_written(ident, name)
            found += [RestoredRow(name.removesuffix("s"), each) for each in rows]
        _bring_up_to_date(mine, [each for each in found if not each.problem], both.now)
        if apply:
            if both.archive.dialect.name == BACKEND:
                set_sequences(mine.connection())
            mine.commit()
        else:
            mine.rollback()
    return found


def _problem(session: Session, restore: Callable[[], None]) -> str | None:
    """Why a row could not be restored; then nothing of it was written."""
    try:
        with session.begin_nested():
            restore()
            session.flush()
    except IntegrityError as error:
        return _("another row has its place: {orig}").format(orig=error.orig)
    except NoticesError as error:
        return str(error)
    return None


@dataclass(frozen=True)
class _Restoration:
    """Two sessions, the archive's and the backup's; `rewritten` are the revisions that are not as they were written."""

    both: Backup
    mine: Session
    theirs: Session
    rewritten: frozenset[int]

    def lost(self, model: Model) -> Iterator[RestoredRow]:
        """Restore the rows of a table that the archive lacks."""
        ident = _id_of(model)
        present = set(self.mine.scalars(select(ident)))
        for each in [each for each in self.theirs.scalars(select(ident).order_by(ident)) if each not in present]:
            yield RestoredRow(model.__tablename__, each, _problem(self.mine, partial(self._lost_row, model, each)) or "")

    def _lost_row(self, model: Model, ident: int) -> None:
        self._check_attested(model, ident)
        self._copy(model, ident)
        if model is tables.RevisionRow:
            self._restore_parts(ident)

    def _check_attested(self, model: Model, ident: int) -> None:
        """Raise DamageFound when the backup's row disagrees with its record, its address or its signature."""
        row = self.theirs.get_one(model, ident)
        if isinstance(row, tables.SnapshotRow):
            with reading(self.both.config.warc_dir, row.warc_file) as file:
                try:
                    facts = facts_of_record(read_member(file, row.offset))
                except BadMember as error:
                    raise DamageFound(_("its record cannot be read: {error}").format(error=error)) from error
            if facts != facts_of_row(row):
                raise DamageFound(
                    _("the record at {warc_file} offset {offset} is another").format(warc_file=row.warc_file, offset=row.offset)
                )
        elif isinstance(row, tables.NoticeRow) and row.key != key_of(row.url):
            raise DamageFound(_("its key {key} is not that of its address {url}").format(key=row.key, url=row.url))
        elif isinstance(row, tables.CheckpointRow):
            note_of(row, public_key(self.both.config, row.note))

    def _copy(self, model: Model, ident: int) -> None:
        table, mine = _table_of(model), _id_of(model) == ident
        row = dict(self.theirs.execute(select(table).where(mine)).mappings().one())
        if self.mine.scalar(select(_id_of(model)).where(mine)) is None:
            self.mine.execute(table.insert().values(row))
        else:
            self.mine.execute(table.update().where(mine).values(row))

    def revision_as_written(self, ident: int) -> None:
        """Replace a rewritten revision by the backup's, when both state the same digest of the row as it was written."""
        there = self.theirs.get(tables.RevisionRow, ident)
        stated = self.mine.scalar(select(tables.RevisionRow.row_digest).where(tables.RevisionRow.id == ident))
        if there is None or there.row_digest != stated:
            raise DamageFound(_("the backup contains another state of it"))
        self._copy(tables.RevisionRow, ident)
        self._restore_parts(ident)

    def readable_notice(self, ident: int) -> None:
        """Replace a notice's row that has unreadable values by the backup's with the same key."""
        try:
            self.mine.get(tables.NoticeRow, ident)
        except DamageFound:
            self.mine.expire_all()
        else:
            raise DamageFound(_("the row itself can be read"))
        there = self.theirs.get(tables.NoticeRow, ident)
        if there is None or self.mine.scalar(select(tables.NoticeRow.key).where(tables.NoticeRow.id == ident)) != there.key:
            raise DamageFound(_("the backup contains another notice under its number"))
        self._copy(tables.NoticeRow, ident)

    def rows_as_written(self, notice_id: int, name: str) -> list[int]:
        """Replace a notice's observations or corrections by the backup's, when they are then those that were written; the ids of those replaced."""
        changed = []
        try:
            here, there = self._readable(notice_id, name), added_rows(self.theirs, notice_id, name)
            with self.mine.begin_nested():
                for each in there:
                    same = [row for row in here if row.id == each.id and values_of(row) == values_of(each)]
                    if not same:
                        self._copy(type(each), each.id)
                        changed.append(each.id)
                self.mine.expire_all()
                notice = self.mine.get_one(tables.NoticeRow, notice_id)
                if tally(map(values_of, added_rows(self.mine, notice_id, name))) != written(notice, name):
                    raise DamageFound(_("with the backup's rows it is not what was written either"))
        except (IntegrityError, NoResultFound, NoticesError):
            return []  # verify goes on to tell of them
        return changed

    def _readable(self, notice_id: int, name: str) -> Sequence[Row]:
        try:
            return added_rows(self.mine, notice_id, name)
        except DamageFound:
            return ()

    def _restore_parts(self, ident: int) -> None:
        """Restore a revision's files, aliases and citations. Raises DamageFound when the revision still disagrees with its digest."""
        if self._is_as_written(ident):
            return
        for model in _OF_A_REVISION:
            for child in self.theirs.scalars(select(model.id).where(model.revision_id == ident)).all():
                owner = self.mine.scalar(select(model.revision_id).where(model.id == child))
                if owner not in (None, ident) and owner not in self.rewritten:
                    raise DamageFound(
                        _("the {table} row {child} belongs to another revision now").format(table=model.__tablename__, child=child)
                    )
                self._copy(model, child)
        if not self._is_as_written(ident):
            raise DamageFound(_("with the backup's rows it is not what was written either"))

    def _is_as_written(self, ident: int) -> bool:
        self.mine.expire_all()
        row = self.mine.get_one(tables.RevisionRow, ident)
        return row_digest(row) == row.row_digest


def _table_of(model: Model) -> Table:
    table = model.__table__
    assert isinstance(table, Table)  # no model maps a join or an alias
    return table


def _id_of(model: Model) -> Column[int]:
    (key,) = _table_of(model).primary_key
    return key


def _bring_up_to_date(session: Session, restored: list[RestoredRow], now: datetime) -> None:
    """Count the revisions of notices that were restored in whole or in part, judge their presence, and put them into the outbox."""
    notices = {row.id for row in restored if row.table == tables.NoticeRow.__tablename__}
    revisions = [row.id for row in restored if row.table == tables.RevisionRow.__tablename__]
    notices |= {session.get_one(tables.RevisionRow, ident).notice_id for ident in revisions}
    for ident in sorted(notices):
        notice = session.get(tables.NoticeRow, ident)
        if notice is not None:
            last = select(func.max(tables.RevisionRow.n)).where(tables.RevisionRow.notice_id == ident)
            notice.revisions = max(notice.revisions, session.scalar(last) or 0)
            notice.state = presence_of(session, ident).state
            session.add(tables.OutboxRow(notice_id=ident, created_at=now))
