"""Taking the other's changes with the rows that they brought, in order; a change waits until the entries that its rows were read from are taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from notices.errors import DamageFound
from notices.text.language import _
from notices.urls import url_key
from operations.follow.row_shapes import row_of_values
from operations.follow.shapes import Change, NoticeRows, RevisionParts, Subject
from pipeline.relations.citations import title_key
from pipeline.relations.copies import group_copies
from pipeline.sql import tables
from pipeline.sql.base import Base
from pipeline.sql.changes import KINDS
from pipeline.sql.row_digest import recognition_digest, row_digest
from pipeline.sql.tallies import note_added, note_revision
from pipeline.sql.withheld import TakedownRow

Row = TypeVar("Row", bound=Base)
_OF_A_REVISION = (tables.AttachmentRow, tables.CitationRow, tables.AliasRow)


@dataclass(slots=True)
class Rows:
    """Takes rows for one run. `withheld` are the snapshots without bytes: a row that was read from one names none."""

    database: Engine
    run_id: int
    upto: int
    withheld: frozenset[int]
    taken: int = 0
    in_part: int = 0
    problems: list[str] = field(default_factory=list)

    def newest(self) -> int:
        """The number of the newest change that is taken."""
        with Session(self.database) as session, session.begin():
            return session.scalar(select(func.max(tables.ChangeRow.seq))) or 0

    def take(self, changes: Sequence[Change], restored: Mapping[int, NoticeRows]) -> bool:
        """Take a page of changes in one transaction, up to the first that must wait; whether one does. Raises DamageFound: nothing of it is taken then.

        `restored` are the notices that are shown again, by their numbers, with all their revisions.
        """
        for each in changes:
            if each.kind not in KINDS:
                told = _("change {seq}: {kind!r} is not a kind of change that this version knows")
                raise DamageFound(told.format(seq=each.seq, kind=each.kind))
        with Session(self.database) as session, session.begin():
            for each in changes:
                if any(ident > self.upto for part in _parts(each, restored) for ident in _snapshots(part)):
                    return True
                self._change(session, each, restored.get(each.notice))
                self.taken += 1
        return False

    def take_again(self, changes: Sequence[Change]) -> None:
        """Take the revisions once more that changes brought which are taken: rows that came in part, where more of them is handed out now."""
        with Session(self.database) as session, session.begin():
            for each in changes:
                notice = session.get(tables.NoticeRow, each.notice)
                if notice is not None and each.row is not None and self._revision(session, notice, each.row):
                    session.add(tables.OutboxRow(notice_id=notice.id, created_at=each.at))

    def _change(self, session: Session, change: Change, restored: NoticeRows | None) -> None:
        notice = session.get(tables.NoticeRow, change.notice)
        if change.subject is not None:
            notice = self._notice(session, change.notice, change.subject)
        if notice is not None:
            parts = restored.rows if change.kind == "restored" and restored is not None else [change.row] if change.row else []
            for part in parts:
                self._revision(session, notice, part)
            session.add(tables.OutboxRow(notice_id=notice.id, created_at=change.at))
        session.add(
            tables.ChangeRow(
                seq=change.seq, notice_id=change.notice, revision=change.revision, kind=change.kind, at=change.at, run_id=self.run_id,
                baseline=change.baseline, cause_id=change.by,
            )
        )  # fmt: skip
        session.flush()

    def _notice(self, session: Session, ident: int, subject: Subject) -> tables.NoticeRow:
        stated, source = _row(tables.NoticeRow, subject.notice), _row(tables.SourceRow, subject.source)
        if stated.id != ident or stated.key != _key(stated.url):
            raise DamageFound(_("notice {id}: its key is not that of its address {url}").format(id=ident, url=stated.url[:200]))
        row = session.scalar(select(tables.SourceRow).where(tables.SourceRow.name == source.name))
        if row is None:
            row = source
            session.add(row)
        row.site, row.publisher, row.region = source.site, source.publisher, source.region
        session.flush()
        notice = session.get(tables.NoticeRow, ident)
        if notice is None:
            notice = stated
            notice.revisions, notice.tallies = 0, {}
            session.add(notice)
        elif notice.key != stated.key:
            raise DamageFound(_("notice {id} was of {before}, and is of {now} now").format(id=ident, before=notice.key, now=stated.key))
        notice.source_id, notice.state = row.id, stated.state
        notice.first_seen_at, notice.last_seen_at = stated.first_seen_at, stated.last_seen_at
        session.flush()
        return notice

    def _revision(self, session: Session, notice: tables.NoticeRow, parts: RevisionParts) -> bool:
        """A revision with what belongs to it, new or in place of an earlier state of it; whether it was written."""
        stated = self._read(notice, parts)
        known = session.get(tables.RevisionRow, stated.id)
        if known is not None and (known.notice_id, known.n) != (notice.id, stated.n):
            raise DamageFound(_("revision {n} of notice {id} has the number of another revision").format(n=stated.n, id=notice.id))
        is_new = known is None or (
            known.row_digest != stated.row_digest and (parts.complete or not _has_hidden_passage(session, notice.id))
        )
        if is_new:
            if known is not None:
                for model in _OF_A_REVISION:
                    session.execute(delete(model).where(model.revision_id == known.id))
                session.expire(known)
            stated = session.merge(stated)
            notice.revisions = max(notice.revisions, stated.n)
            note_revision(notice, stated)
            session.flush()
            if stated.n == notice.revisions:
                group_copies(session, notice, stated)
        self._corrections(session, notice, stated.id, parts)
        for each in parts.recognitions:
            _recognition(session, each, complete=parts.complete)
        return is_new

    def _read(self, notice: tables.NoticeRow, parts: RevisionParts) -> tables.RevisionRow:
        """The revision as a row in no session, its digest checked. What was read from an entry without bytes, or is shown in part, gets a digest of its own."""
        stated = _row(tables.RevisionRow, parts.revision)
        stated.attachments = [_row(tables.AttachmentRow, each) for each in parts.attachments]
        stated.citations = [_row(tables.CitationRow, each) for each in parts.citations]
        stated.aliases = [_row(tables.AliasRow, each) for each in parts.aliases]
        what = _("revision {n} of notice {id}").format(n=stated.n, id=notice.id)
        if stated.notice_id != notice.id or stated.n < 1:
            raise DamageFound(_("{what}: it came with notice {id}").format(what=what, id=stated.notice_id))
        if parts.complete and row_digest(stated) != stated.row_digest:
            raise DamageFound(_("{what}: the row is not what its digest says").format(what=what))
        named: list[tables.RevisionRow | tables.AttachmentRow] = [stated, *stated.attachments]
        for each in named:
            if each.snapshot_id in self.withheld:
                each.snapshot_id = None
        if not parts.complete or any(each.snapshot_id is None for each in named):
            digest = row_digest(stated)
            self.in_part += digest != stated.row_digest
            stated.row_digest = digest
        for cited in stated.citations:
            cited.title_key = title_key(cited.target_title)
        return stated

    def _corrections(self, session: Session, notice: tables.NoticeRow, revision_id: int, parts: RevisionParts) -> None:
        row = tables.CorrectionRow
        known = session.scalar(select(func.count()).where(row.revision_id == revision_id)) or 0
        for each in parts.corrections[known:]:
            made = _row(row, each)
            made.revision_id = revision_id
            session.add(made)
            note_added(notice, made)


def _has_hidden_passage(session: Session, notice_id: int) -> bool:
    """Whether a takedown hides a passage of the notice here: its rows stay as they are, and the other shows stars in their place."""
    row = TakedownRow
    mine = row.notice_id == notice_id, row.undone_at.is_(None), row.passage.is_not(None)
    return session.scalar(select(row.id).where(*mine).limit(1)) is not None


def _recognition(session: Session, values: Mapping[str, object], *, complete: bool) -> None:
    stated = _row(tables.RecognitionRow, values)
    if complete and recognition_digest(stated) != stated.row_digest:
        raise DamageFound(_("text recognised in {digest} is not what was written").format(digest=stated.digest[:80]))
    stated.row_digest = recognition_digest(stated)
    session.execute(delete(tables.RecognitionRow).where(tables.RecognitionRow.digest == stated.digest))
    session.add(stated)
    session.flush()


def _parts(change: Change, restored: Mapping[int, NoticeRows]) -> Iterator[RevisionParts]:
    if change.row is not None:
        yield change.row
    if change.kind == "restored" and change.notice in restored:
        yield from restored[change.notice].rows


def _snapshots(parts: RevisionParts) -> Iterator[int]:
    """The snapshots that a revision was read from."""
    for values in (parts.revision, *parts.attachments):
        ident = values.get("snapshot_id")
        if isinstance(ident, int):
            yield ident


def _row(model: type[Row], values: Mapping[str, object]) -> Row:
    try:
        return row_of_values(model, values)
    except ValueError as error:
        told = _("a row of {table} that this version does not know: {error}")
        raise DamageFound(told.format(table=model.__tablename__, error=str(error)[:300])) from error


def _key(url: str) -> str | None:
    try:
        return url_key(url)
    except ValueError:
        return None
