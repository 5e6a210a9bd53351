"""Rows that are gone, from a backup's SQL: only those that still agree with the bytes, with themselves or with their signature.

Rows of these tables are only ever added; one that the backup holds and the archive does not was lost. Derived rows (citations, aliases, files of a
revision) come back with their revision, whose digest covers them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from notices.config import Config
from notices.errors import BadInput, DamageFound, NoticesError
from pipeline.observe.observations import presence_of
from pipeline.sql import tables
from pipeline.sql.row_digest import row_digest
from pipeline.warc.series import BadMember, read_member, reading
from preservation.proofs.checkpoints import note_of, public_key
from preservation.verify import key_of, said_by, said_of

Table = type[tables.Base]
_GONE: tuple[Table, ...] = (
    *(tables.SourceRow, tables.RunRow, tables.SnapshotRow, tables.NoticeRow, tables.RevisionRow),
    *(tables.CorrectionRow, tables.ObservationRow, tables.CheckpointRow),
)
_OF_A_REVISION: tuple[Table, ...] = (tables.AttachmentRow, tables.AliasRow, tables.CitationRow)


@dataclass(frozen=True)
class Regained:
    """A row that was taken, or `problem`: why it was not."""

    place: str
    problem: str = ""


@dataclass(frozen=True)
class Backup:
    """Two databases and the archive's configuration; `now` is written where a time is."""

    archive: Engine
    backup: Engine
    config: Config
    now: datetime


def check_kinship(both: Backup) -> None:
    """Raise BadInput for a backup of another archive: most snapshots that both hold must be the same."""
    columns = tables.SnapshotRow.id, tables.SnapshotRow.payload_digest, tables.SnapshotRow.url
    with Session(both.archive) as mine, Session(both.backup) as theirs:
        here = {row[0]: tuple(row[1:]) for row in mine.execute(select(*columns).limit(10_000))}
        there = {row[0]: tuple(row[1:]) for row in theirs.execute(select(*columns).limit(10_000))}
    common = here.keys() & there.keys()
    same = sum(here[ident] == there[ident] for ident in common)
    if (there and here and same * 10 < len(common) * 9) or (here and there and not common):
        raise BadInput(f"not a backup of this archive: of {len(common)} snapshots with the same number {same} are the same")


def lost_rows(both: Backup, rewritten: Collection[int], unreadable: Collection[int], *, apply: bool) -> list[Regained]:
    """Take the rows that are gone, the `rewritten` revisions and the `unreadable` notices (their ids) in one transaction.

    Without `apply` it is taken back. What the backup cannot mend of the latter two is left out: it may be read again from its bytes.
    """
    found: list[Regained] = []
    with Session(both.archive) as mine, Session(both.backup) as theirs:
        for table in _GONE:
            found += _table(both, (mine, theirs), table, set(rewritten))
        changed = [("revision", ident, partial(_as_written, mine, theirs, ident, set(rewritten))) for ident in sorted(rewritten)]
        changed += [("notice", ident, partial(_as_it_read, mine, theirs, ident)) for ident in sorted(unreadable)]
        found += [Regained(f"{table} row {ident}") for table, ident, take in changed if _tried(mine, take) is None]
        _bring_up_to_date(both, mine, [r for r in found if not r.problem])
        if apply:
            mine.commit()
        else:
            mine.rollback()
    return found


def _tried(mine: Session, take: Callable[[], None]) -> str | None:
    """Why a row could not be taken: then nothing of it was."""
    try:
        with mine.begin_nested():
            take()
            mine.flush()
    except IntegrityError as error:
        return f"another row has its place: {error.orig}"
    except NoticesError as error:
        return str(error)
    return None


def _table(both: Backup, sessions: tuple[Session, Session], table: Table, rewritten: set[int]) -> Iterator[Regained]:
    mine, theirs = sessions
    ident: Any = table.__table__.c.id
    held = set(mine.scalars(select(ident)))
    for each in [each for each in theirs.scalars(select(ident).order_by(ident)) if each not in held]:

        def take(each: int = each) -> None:
            _refuse(both, theirs, table, each)
            _copy(mine, theirs, table, each)
            if table is tables.RevisionRow:
                _whole(mine, theirs, each, rewritten)

        yield Regained(f"{table.__tablename__} row {each}", _tried(mine, take) or "")


def _refuse(both: Backup, theirs: Session, table: Table, ident: int) -> None:
    """Raise DamageFound when the backup's row does not agree with what vouches for it."""
    row: Any = theirs.get_one(table, ident)
    if isinstance(row, tables.SnapshotRow):
        with reading(both.config.warc_dir, row.warc_file) as fd:
            try:
                said = said_by(read_member(fd, row.offset))
            except BadMember as error:
                raise DamageFound(f"its record cannot be read: {error}") from error
        if said != said_of(row):
            raise DamageFound(f"the record at {row.warc_file} offset {row.offset} is another")
    elif isinstance(row, tables.NoticeRow) and row.key != key_of(row.url):
        raise DamageFound(f"its key {row.key} is not that of its address {row.url}")
    elif isinstance(row, tables.CheckpointRow):
        note_of(row, public_key(both.config, row.note))


def _copy(mine: Session, theirs: Session, table: Table, ident: int) -> None:
    columns = table.__table__
    row = dict(theirs.execute(select(columns).where(columns.c.id == ident)).mappings().one())
    if mine.scalar(select(columns.c.id).where(columns.c.id == ident)) is None:
        mine.execute(columns.insert().values(row))  # type: ignore[attr-defined]
    else:
        mine.execute(columns.update().where(columns.c.id == ident).values(row))  # type: ignore[attr-defined]


def _as_written(mine: Session, theirs: Session, ident: int, rewritten: set[int]) -> None:
    """A rewritten revision as the backup holds it, when both state the same digest of what was written."""
    there = theirs.get(tables.RevisionRow, ident)
    stated = mine.scalar(select(tables.RevisionRow.row_digest).where(tables.RevisionRow.id == ident))
    if there is None or there.row_digest != stated:
        raise DamageFound("the backup holds another state of it")
    _copy(mine, theirs, tables.RevisionRow, ident)
    _whole(mine, theirs, ident, rewritten)


def _as_it_read(mine: Session, theirs: Session, ident: int) -> None:
    """A notice's row with values that are none, as the backup holds it under the same address."""
    try:
        mine.get(tables.NoticeRow, ident)
    except DamageFound:
        mine.expire_all()
    else:
        raise DamageFound("the row itself can be read")
    there = theirs.get(tables.NoticeRow, ident)
    if there is None or mine.scalar(select(tables.NoticeRow.key).where(tables.NoticeRow.id == ident)) != there.key:
        raise DamageFound("the backup holds another notice under its number")
    _copy(mine, theirs, tables.NoticeRow, ident)


def _whole(mine: Session, theirs: Session, ident: int, rewritten: set[int]) -> None:
    """Bring a revision's files, aliases and citations back. Raises DamageFound when it is not what was written even so."""
    if _is_whole(mine, ident):
        return
    for table in _OF_A_REVISION:
        columns = table.__table__.c
        for child in theirs.scalars(select(columns.id).where(columns.revision_id == ident)).all():
            owner = mine.scalar(select(columns.revision_id).where(columns.id == child))
            if owner not in (None, ident) and owner not in rewritten:
                raise DamageFound(f"the {table.__tablename__} row {child} belongs to another revision now")
            _copy(mine, theirs, table, child)
    if not _is_whole(mine, ident):
        raise DamageFound("with the backup's rows it is not what was written either")


def _is_whole(mine: Session, ident: int) -> bool:
    mine.expire_all()
    row = mine.get_one(tables.RevisionRow, ident)
    return row_digest(row) == row.row_digest


def _bring_up_to_date(both: Backup, mine: Session, taken: list[Regained]) -> None:
    """Notices that came back, or whose revisions did: counted, judged by all that was seen of them, and on their way to the index."""
    ids = [(place.split(" ")[0], int(place.rpartition(" ")[2])) for place in (r.place for r in taken)]
    notices = {ident for table, ident in ids if table == "notice"}
    for table, ident in ids:
        if table == "revision":
            notices.add(mine.get_one(tables.RevisionRow, ident).notice_id)
    for ident in sorted(notices):
        notice = mine.get(tables.NoticeRow, ident)
        if notice is not None:
            last = select(func.max(tables.RevisionRow.n)).where(tables.RevisionRow.notice_id == ident)
            notice.revisions = max(notice.revisions, mine.scalar(last) or 0)
            notice.state = presence_of(mine, ident).state
            mine.add(tables.OutboxRow(notice_id=ident, created_at=both.now))
