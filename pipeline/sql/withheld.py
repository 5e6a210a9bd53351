"""What was taken down: whole notices and passages that readers do not see. Bytes, rows and their digests stay as they are.

Whoever reads for others uses `reading`: a session that leaves out the notices and stars out the passages, whatever is selected as an entity.
A title or sentence that is selected as a column is not an entity: `Withheld.text` is for those.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, mapped_column, with_loader_criteria
from sqlalchemy.orm.attributes import set_committed_value

from notices.errors import TakenDown
from notices.hours import ZONE
from notices.text.display import masked
from notices.text.language import _
from pipeline.sql import tables
from pipeline.sql.base import Base, table_of
from pipeline.sql.database import for_reading

_KEPT = "withheld"  # where a session has it
_VISIBLE = re.compile(r"\S")
_shared: ContextVar[tuple[Engine, Session] | None] = ContextVar("shared", default=None)
FIELDS: Mapping[type[Base], tuple[str, ...]] = {
    tables.RevisionRow: ("title", "text", "issuer", "document_number", "index_number", "addressees", "anatomy"),
    tables.AttachmentRow: ("name", "detail", "text"),
    tables.RecognitionRow: ("pages",),
    tables.CitationRow: ("target_title", "target_number", "sentence"),
    tables.AliasRow: ("short", "long"),
}


class TakedownRow(Base):
    """One takedown of a notice, or of a `passage` of it in all its revisions; in force until `undone_at`. `key` is the notice's."""

    __tablename__ = "takedown"
    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(index=True)  # no foreign key: it is in force for a notice whose row is lost and restored
    key: Mapped[str]
    passage: Mapped[str | None]
    reason: Mapped[str]
    legal: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_reason: Mapped[str] = mapped_column(default="")


@dataclass(frozen=True, slots=True)
class Withheld:
    """The takedowns in force: of whole notices, and of passages, by the notice's id; and which rows are those notices' own."""

    whole: Mapping[int, TakedownRow] = field(default_factory=dict)
    passages: Mapping[int, re.Pattern[str]] = field(default_factory=dict)
    revisions: Mapping[int, int] = field(default_factory=dict)
    files: Mapping[str, int] = field(default_factory=dict)

    def text(self, notice_id: int, text: str) -> str:
        """The text without what was taken down of the notice."""
        found = self.passages.get(notice_id)
        return found.sub(lambda match: _VISIBLE.sub("█", match[0]), text) if found and text else text

    def value(self, notice_id: int, value: object) -> object:
        """A JSON value without it, in each of its strings. A fact in a list that was read from it, such as a period, is left out: its numbers tell it too."""
        if isinstance(value, str):
            return self.text(notice_id, value)
        if isinstance(value, Mapping):
            return {key: self.value(notice_id, each) for key, each in value.items()}
        if not isinstance(value, list | tuple):
            return value
        pairs = [(each, self.value(notice_id, each)) for each in value]
        return [shown for each, shown in pairs if shown == each or not isinstance(each, Mapping)]

    def hides(self, text: str) -> bool:
        """Whether the text contains a passage of any notice."""
        return any(found.search(text) for found in self.passages.values())

    def refuse(self, notice_id: int) -> None:
        """Raise TakenDown for a notice that was taken down."""
        if row := self.whole.get(notice_id):
            raise taken_down(row)


def taken_down(row: TakedownRow) -> TakenDown:
    """What readers are told in place of the notice."""
    told = _("notice {id} was taken down on {day}: {reason}")
    day = row.made_at.astimezone(ZONE).date()
    return TakenDown(told.format(id=row.notice_id, day=day, reason=masked(row.reason)), legal=row.legal)


def pattern(passage: str) -> str:
    """The regular expression of a passage, however its lines are broken."""
    return r"\s*".join(map(re.escape, _VISIBLE.findall(passage)))


def withheld(session: Session) -> Withheld:
    """The takedowns in force, read once in a session."""
    found = session.info.get(_KEPT)
    if not isinstance(found, Withheld):
        found = session.info[_KEPT] = _read(session)
    return found


def _read(session: Session) -> Withheld:
    rows = session.scalars(select(TakedownRow).where(TakedownRow.undone_at.is_(None)).order_by(TakedownRow.id)).all()
    if not rows:
        return Withheld()
    for row in rows:
        session.expunge(row)
    passages: dict[int, list[str]] = {}
    for row in rows:
        if row.passage is not None:
            passages.setdefault(row.notice_id, []).append(row.passage)
    own, files = dict[int, int](), dict[str, int]()
    if passages:
        revision, attachment = tables.RevisionRow, tables.AttachmentRow
        mine = revision.notice_id.in_(passages)
        own = {ident: notice for ident, notice in session.execute(select(revision.id, revision.notice_id).where(mine))}
        named = select(attachment.digest, revision.notice_id).join(revision, revision.id == attachment.revision_id)
        files = {digest: notice for digest, notice in session.execute(named.where(mine, attachment.digest.is_not(None))) if digest}
    longest_first = {ident: sorted(each, key=len, reverse=True) for ident, each in passages.items()}
    made = {ident: re.compile("|".join(map(pattern, each))) for ident, each in longest_first.items()}
    return Withheld({row.notice_id: row for row in rows if row.passage is None}, made, own, files)


def withhold(session: Session) -> Withheld:
    """Let this session leave out the notices and star out the passages that were taken down."""
    found = withheld(session)
    if found.whole:
        event.listen(session, "do_orm_execute", _leave_out)
    if found.passages:
        event.listen(session, "loaded_as_persistent", _star_out)
    return found


@contextmanager
def reading(database: Engine) -> Iterator[Session]:
    """A session in a transaction for what readers see: a consistent view that keeps no writer waiting, without what was taken down.

    Within `one_view` of the same database it is the session of that.
    """
    shared = _shared.get()
    if shared is not None and shared[0] is database:
        yield shared[1]
        return
    with Session(for_reading(database), expire_on_commit=False) as session, session.begin():
        withhold(session)
        yield session


@contextmanager
def one_view(database: Engine) -> Iterator[None]:
    """Whatever reads here for readers sees one state of the archive, and no row is asked for twice by its key."""
    with reading(database) as session:
        rows: list[object] = []  # the session itself forgets a row that nobody refers to
        event.listen(session, "loaded_as_persistent", lambda _session, row: rows.append(row))
        token = _shared.set((database, session))
        try:
            yield
        finally:
            _shared.reset(token)


def _leave_out(state: ORMExecuteState) -> None:
    if state.is_select and not state.is_column_load and not state.is_relationship_load:
        gone = select(TakedownRow.notice_id).where(TakedownRow.undone_at.is_(None), TakedownRow.passage.is_(None))
        state.statement = state.statement.options(
            with_loader_criteria(tables.NoticeRow, tables.NoticeRow.id.not_in(gone), include_aliases=True),
            with_loader_criteria(tables.RevisionRow, tables.RevisionRow.notice_id.not_in(gone), include_aliases=True),
        )


def _star_out(session: Session, row: object) -> None:
    found = withheld(session)
    notice: int | None = None
    if isinstance(row, tables.RevisionRow):
        notice = row.notice_id
    elif isinstance(row, tables.AttachmentRow | tables.CitationRow | tables.AliasRow):
        notice = found.revisions.get(row.revision_id)
    elif isinstance(row, tables.RecognitionRow):
        notice = found.files.get(row.digest)
    if notice is None or notice not in found.passages:
        return
    for name in FIELDS[type(row)]:  # type: ignore[index]  # one of those above
        if name in row.__dict__:  # it was read, and is not left for later
            set_committed_value(row, name, found.value(notice, row.__dict__[name]))


def withheld_count(session: Session) -> int:
    """How many notices that the archive contains were taken down."""
    row, notice = table_of(TakedownRow).c, table_of(tables.NoticeRow)
    ids = select(row.notice_id).where(row.undone_at.is_(None), row.passage.is_(None))
    return session.scalar(select(func.count()).select_from(notice).where(notice.c.id.in_(ids))) or 0
