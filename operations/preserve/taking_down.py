"""Taking a notice or a passage of it out of everything that readers see, and undoing it. Bytes, rows and proofs stay valid."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from notices.archive_id import read_followed
from notices.config import Config
from notices.errors import BadInput, UnknownName
from notices.text.language import _
from operations.indexing import drain
from pipeline.sql import tables
from pipeline.sql.changes import Occasion, note_change
from pipeline.sql.database import database_errors, for_reading
from pipeline.sql.locks import hold
from pipeline.sql.watch_tables import DeliveryRow, WatchHitRow
from pipeline.sql.withheld import TakedownRow, Withheld, pattern
from preservation.takedowns import append, line_of

SHORTEST, LONGEST = 2, 20_000  # characters of a passage without blanks
_LONGEST_REASON = 500
_NEVER_TOLD = "taken down"  # in place of the key of a message
_TITLE = "〔已下架 taken down〕"
_UNSENT = ("pending", "leased", "failed", "dead")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be taken down: a notice, or a `passage` of it. `legal`: the law asks for it. Readers see the reason."""

    notice: int
    reason: str
    passage: str | None = None
    legal: bool = False


@dataclass(frozen=True, slots=True)
class Takedown:
    """A takedown as maintainers see it."""

    id: int
    notice: int
    key: str
    passage: str | None
    reason: str
    legal: bool
    made_at: datetime
    undone_at: datetime | None
    undone_reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: the takedown, and the ids of the instrument's other copies, which stay."""

    takedown: Takedown
    copies: tuple[int, ...]


def passage_at(database: Engine, notice: int, start: int, end: int) -> str:
    """The characters [start, end) of the newest text, as `show --json` counts them before anything is starred out. Raises BadInput."""
    row = tables.RevisionRow
    query = select(row.text).where(row.notice_id == notice).order_by(row.n.desc()).limit(1)
    with Session(for_reading(database)) as session, session.begin():
        text = session.scalar(query) or ""
    if not 0 <= start < end <= len(text):
        raise BadInput(_("--span {start}:{end}: the text has {length} characters").format(start=start, end=end, length=len(text)))
    return text[start:end]


def take_down(config: Config, database: Engine, wanted: Wanted) -> Done:
    """Take it down everywhere, the index included. Raises BadInput for a passage that the notice does not contain, or without a reason."""
    reason = wanted.reason.strip()
    if not 0 < len(reason) <= _LONGEST_REASON:
        raise BadInput(_("--reason: give a reason of at most {most} characters; readers see it").format(most=_LONGEST_REASON))
    now = datetime.now(UTC)
    with hold(config.locks_dir, "takedown", wait=60.0), database_errors(config.database):
        with Session(database, expire_on_commit=False) as session, session.begin():
            notice = session.get_one(tables.NoticeRow, wanted.notice)
            if wanted.passage is not None:
                _check_passage(session, notice.id, wanted.passage)
            row = TakedownRow(
                notice_id=notice.id, key=notice.key, passage=wanted.passage, reason=reason, legal=wanted.legal, made_at=now, undone_reason=""
            )  # fmt: skip
            _refuse_repeat(session, row)
            _note(config, session, notice, "taken_down", now)
            put_in_force(config, session, row)
            copies = _copies(session, notice)
        drain(config, database, whole=True)
    return Done(_view(row), copies)


def undo_takedown(config: Config, database: Engine, ident: int, reason: str = "") -> Takedown:
    """Show it again, everywhere. Raises UnknownName for a takedown that does not exist or is undone already."""
    now = datetime.now(UTC)
    with hold(config.locks_dir, "takedown", wait=60.0), database_errors(config.database):
        with Session(database, expire_on_commit=False) as session, session.begin():
            row = session.get(TakedownRow, ident)
            if row is None or row.undone_at is not None:
                raise UnknownName(_("no takedown {id} is in force; notices takedown list lists them").format(id=ident))
            row.undone_at, row.undone_reason = now, reason.strip()[:_LONGEST_REASON]
            notice = session.get(tables.NoticeRow, row.notice_id)
            if notice is not None:
                _note(config, session, notice, "restored", now)
            end(config, session, row)
        drain(config, database, whole=True)
    return _view(row)


def put_in_force(config: Config, session: Session, row: TakedownRow) -> None:
    """Let a takedown be in force, in the caller's transaction: it is logged beside SQL before the commit, so a crash leaves too much withheld, never too little."""
    session.add(row)
    _stop_messages(session, row)
    session.flush()
    append(config.state_paths().takedowns, line_of(row))


def end(config: Config, session: Session, row: TakedownRow) -> None:
    """Note that a takedown is undone, in the caller's transaction."""
    session.flush()
    append(config.state_paths().takedowns, line_of(row, undone=True))


def takedowns(database: Engine, *, past: bool = False) -> Sequence[Takedown]:
    """Those in force, or all that ever were, in order."""
    query = select(TakedownRow).order_by(TakedownRow.id)
    with Session(for_reading(database)) as session, session.begin():
        return [_view(row) for row in session.scalars(query if past else query.where(TakedownRow.undone_at.is_(None)))]


def newest_takedowns(database: Engine, before: int | None, limit: int) -> Sequence[Takedown]:
    """So many of all that ever were, the newest first, those before a number."""
    query = select(TakedownRow).order_by(TakedownRow.id.desc()).limit(limit)
    with Session(for_reading(database)) as session, session.begin():
        return [_view(row) for row in session.scalars(query if before is None else query.where(TakedownRow.id < before))]


def _view(row: TakedownRow) -> Takedown:
    return Takedown(
        row.id, row.notice_id, row.key, row.passage, row.reason, row.legal, row.made_at, row.undone_at, row.undone_reason
    )  # fmt: skip


def _check_passage(session: Session, notice_id: int, passage: str) -> None:
    length = len("".join(passage.split()))
    if not SHORTEST <= length <= LONGEST:
        raise BadInput(_("a passage has {least} to {most} characters without blanks").format(least=SHORTEST, most=LONGEST))
    wanted = re.compile(pattern(passage))
    if not any(wanted.search(text) for text in _texts(session, notice_id)):
        raise BadInput(_("no revision of notice {id} contains this passage").format(id=notice_id))


def _texts(session: Session, notice_id: int) -> Iterator[str]:
    for revision in session.scalars(select(tables.RevisionRow).where(tables.RevisionRow.notice_id == notice_id)):
        yield from (revision.title, revision.text, revision.issuer or "", *revision.addressees)
        for file in revision.attachments:
            yield from (file.name, file.text, json.dumps(file.recognition.pages, ensure_ascii=False) if file.recognition else "")


def _refuse_repeat(session: Session, row: TakedownRow) -> None:
    same = TakedownRow.notice_id == row.notice_id, TakedownRow.undone_at.is_(None), TakedownRow.passage.is_not_distinct_from(row.passage)
    if (known := session.scalar(select(TakedownRow.id).where(*same))) is not None:
        raise BadInput(_("takedown {id} has taken it down already").format(id=known))


def _note(config: Config, session: Session, notice: tables.NoticeRow, kind: str, now: datetime) -> None:
    """The change log tells of it, unless it is another archive's; the index waits for it; other copies are ranked and counted again with it."""
    if read_followed(config.state_paths().following) is None:
        note_change(session, kind, notice, now, Occasion(baseline=False))
    session.add(tables.OutboxRow(notice_id=notice.id, created_at=now))


def _copies(session: Session, notice: tables.NoticeRow) -> tuple[int, ...]:
    if notice.group_id is None:
        return ()
    others = tables.NoticeRow.group_id == notice.group_id, tables.NoticeRow.id != notice.id
    return tuple(session.scalars(select(tables.NoticeRow.id).where(*others).order_by(tables.NoticeRow.id)))


def _stop_messages(session: Session, row: TakedownRow) -> None:
    """Hits of a notice that nobody was told of are told to nobody; messages that were not sent lose its title, or the passage."""
    mine = select(tables.ChangeRow.seq).where(tables.ChangeRow.notice_id == row.notice_id)
    if row.passage is None:
        waiting = WatchHitRow.delivery_key.is_(None), WatchHitRow.seq.in_(mine)
        session.execute(update(WatchHitRow).where(*waiting).values(delivery_key=_NEVER_TOLD))
    hidden = Withheld(passages={row.notice_id: re.compile(pattern(row.passage))}) if row.passage is not None else None
    for letter in session.scalars(select(DeliveryRow).where(DeliveryRow.state.in_(_UNSENT))):
        body = json.loads(letter.body)
        own = [item for item in body["events"] if item["notice"] == row.notice_id]
        for item in own:
            title = item["title"]
            item["title"] = hidden.text(row.notice_id, title) if hidden else _TITLE
            item["url"] = item["url"] if hidden else ""
            body["subject"] = body["subject"].replace(title, item["title"]) if title else body["subject"]
        if own:
            letter.body = json.dumps(body, ensure_ascii=False)
