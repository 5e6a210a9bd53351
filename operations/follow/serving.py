"""What an archive serves to those that follow it: its log, its records byte for byte, its changes with their rows. Nothing that was taken down is in it.

Whoever is not `entitled` (web.access) gets no bytes in which personal data was found, and rows with it starred out, as readers do.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, Select, func, select
from sqlalchemy.orm import Session, selectinload

from notices.archive_id import read_followed
from notices.config import Config
from notices.errors import DamageFound, UnknownName
from notices.text.display import masked
from notices.text.language import _
from operations.follow.row_shapes import Values, values_of_row
from operations.follow.shapes import FORMAT
from pipeline.sql import tables
from pipeline.sql.base import Base
from pipeline.sql.changes import changes_after, check_cursor, newest_change
from pipeline.sql.database import archive_id, for_reading
from pipeline.sql.withheld import FIELDS, TakedownRow, Withheld, reading, withheld
from pipeline.warc.series import Member, member_bytes, warc_date
from preservation.accounting import keys_of_row
from preservation.following.notes import newest_note
from preservation.proofs import checkpoints, merkle

MOST_ENTRIES, MOST_CHANGES = 1000, 200
MOST_BYTES = 8 << 20  # of records or rows in one answer, beside the last of them
_ENCODINGS = ("utf-8", "gb18030", "latin-1")
_NOTHING_SIGNED = "this archive has signed no checkpoint of that kind yet"


@dataclass(frozen=True, slots=True)
class Served:
    """The archive that is served, and whether the one who asks may have personal data."""

    config: Config
    database: Engine
    entitled: bool = False


def identity(served: Served) -> Values:
    """What names the archive: its id, its public key, how far it is signed and told. Raises UnknownName before its first checkpoint."""
    row = checkpoints.newest(served.database)
    if row is None:
        raise UnknownName(_NOTHING_SIGNED)
    return {
        "format": FORMAT, "archive": archive_id(served.database), "public_key": checkpoints.public_key(served.config, row.note), "size": row.size,
        "changes": newest_change(served.database),
    }  # fmt: skip


def signed_note(database: Engine, after: int | None) -> str:
    """The newest checkpoint's signed note, or the first one of a log with more than so many entries. Raises UnknownName without one."""
    row = tables.CheckpointRow
    query = (
        select(row.note).order_by(row.id.desc()) if after is None else select(row.note).where(row.size > after).order_by(row.size, row.id)
    )
    with reading(database) as session:
        note = session.scalar(query.limit(1))
    if note is None:
        raise UnknownName(_NOTHING_SIGNED)
    return note


def shown_note(served: Served) -> str:
    """The newest signed note of this archive, or, where it follows another, the other's newest one that it cosigned. Raises UnknownName without one."""
    if read_followed(served.config.state_paths().following) is None:
        return signed_note(served.database, None)
    note = newest_note(served.config, cosigned=True)
    if note is None:
        raise UnknownName(_NOTHING_SIGNED)
    return note.text


def entries(served: Served, after: int, limit: int) -> Values:
    """The entries of the log after a snapshot, in order. Of one that was taken down only its hash."""
    with reading(served.database) as session:
        rows, hidden = _snapshots(session, after, limit), _Hidden(session)
        found = [hidden.entry(row) for row in rows]
    return {"entries": found, "next": rows[-1].id if rows else after}


def _snapshots(session: Session, after: int, limit: int) -> Sequence[tables.SnapshotRow]:
    row = tables.SnapshotRow
    return session.scalars(select(row).where(row.id > after).order_by(row.id).limit(limit)).all()


class _Hidden:
    """Which snapshots contain what was taken down: those of the notice's addresses, and whatever has the bytes of its pages and files."""

    def __init__(self, session: Session) -> None:
        gone = withheld(session)
        ids = [*gone.whole, *gone.passages]
        takedown, revision, file, snapshot = TakedownRow, tables.RevisionRow, tables.AttachmentRow, tables.SnapshotRow
        self._keys, self._digests = set[str](), set[str]()
        if not ids:
            return
        plain = Session(session.get_bind())  # one that leaves nothing out
        with plain, plain.begin():
            self._keys = set(plain.scalars(select(takedown.key).where(takedown.undone_at.is_(None))))
            pages = select(snapshot.payload_digest).join(revision, revision.snapshot_id == snapshot.id).where(revision.notice_id.in_(ids))
            files = select(file.digest).join(revision, revision.id == file.revision_id).where(revision.notice_id.in_(ids))
            self._digests = {*plain.scalars(pages), *(each for each in plain.scalars(files) if each)}

    def has(self, row: tables.SnapshotRow) -> bool:
        return row.payload_digest in self._digests or (bool(self._keys) and not self._keys.isdisjoint(keys_of_row(row)))

    def entry(self, row: tables.SnapshotRow) -> Values:
        if self.has(row):
            return {"snapshot": row.id, "leaf": merkle.leaf(row.payload_digest, row.url, row.fetched_at).hex()}
        return {
            "snapshot": row.id, "url": row.url, "fetched_at": warc_date(row.fetched_at), "payload_digest": row.payload_digest,
            "length": row.length,
        }  # fmt: skip


def records(served: Served, after: int, limit: int) -> Iterator[bytes]:
    """For each entry after a snapshot a line of JSON and, unless it says why not, the record's bytes as they are in the series; at most MOST_BYTES and one more."""
    with reading(served.database) as session:
        rows, hidden = _snapshots(session, after, limit), _Hidden(session)
        gone = {row.id for row in rows if hidden.has(row)}
        personal = frozenset[str]() if served.entitled else _personal_payloads(session, {row.payload_digest for row in rows})
    sent = 0
    for row in rows:
        if sent >= MOST_BYTES:
            return
        why, data = _record(served, row, personal) if row.id not in gone else ("taken_down", b"")
        sent += len(data)
        yield json.dumps({"snapshot": row.id, "withheld": why} if why else {"snapshot": row.id, "length": len(data)}).encode() + b"\n"
        yield data


def _record(served: Served, row: tables.SnapshotRow, personal: Collection[str]) -> tuple[str, bytes]:
    """Why the record is not handed out, or its bytes."""
    try:
        data, member = member_bytes(served.config.warc_dir, row.warc_file, row.offset)
    except DamageFound:
        return "unreadable", b""
    if not served.entitled and (row.payload_digest in personal or _is_personal(member)):
        return "personal", b""
    return "", data


def _is_personal(member: Member) -> bool:
    capture = member.record.capture
    if capture is None:
        return False
    texts = [*(capture.body.decode(encoding, "replace") for encoding in _ENCODINGS), *capture.note.values(), capture.url]
    return any(masked(text) != text for text in texts)


def _personal_payloads(session: Session, digests: Collection[str]) -> frozenset[str]:
    """Those of these payloads in whose text, as it was read, personal data occurs: a page may divide a number, and a file is no text."""
    revision, file, snapshot = tables.RevisionRow, tables.AttachmentRow, tables.SnapshotRow
    pages = select(snapshot.payload_digest, revision.text).join(revision, revision.snapshot_id == snapshot.id)
    found = {digest for digest, text in session.execute(pages.where(snapshot.payload_digest.in_(digests))) if masked(text) != text}
    files = select(file.digest, file.text).where(file.digest.in_(digests))
    return frozenset(found | {digest for digest, text in session.execute(files) if digest and masked(text) != text})


def changed_rows(served: Served, since: int, limit: int) -> Values:
    """The changes after a number with the rows that they brought, as these are now. Raises StaleCursor."""
    check_cursor(served.database, since)
    found, size = list[Values](), 0
    with reading(served.database) as session:
        shown = _Shown(session, withheld(session), served.entitled)
        for row in changes_after(session, since, limit):
            revision = shown.revision(row.notice_id, row.revision) if row.kind in ("new", "edited", "corrected") else None
            found.append(
                {
                    "seq": row.seq, "kind": row.kind, "notice": row.notice_id, "revision": row.revision, "at": row.at.isoformat(),
                    "baseline": row.baseline, "by": row.cause_id, "subject": shown.notice(row.notice_id), "row": revision,
                }
            )  # fmt: skip
            size += len(str(revision))
            if size > MOST_BYTES:
                break
    return {"changes": found, "newest": newest_change(served.database)}


def notice_rows(served: Served, notice_id: int) -> Values:
    """A notice with all its revisions, as readers see them now. Raises UnknownName or TakenDown."""
    with reading(served.database) as session:
        hidden = withheld(session)
        hidden.refuse(notice_id)
        shown = _Shown(session, hidden, served.entitled)
        subject = shown.notice(notice_id)
        if subject is None:
            raise UnknownName(_("the archive contains no notice {id}").format(id=notice_id))
        count = session.scalar(select(func.max(tables.RevisionRow.n)).where(tables.RevisionRow.notice_id == notice_id)) or 0
        return {"subject": subject, "rows": [shown.revision(notice_id, n) for n in range(1, count + 1)]}


def takedowns_in_force(database: Engine) -> Values:
    """The takedowns in force, in order; of a passage only that there is one."""
    row = TakedownRow
    with Session(for_reading(database)) as session, session.begin():
        found = session.scalars(select(row).where(row.undone_at.is_(None)).order_by(row.id)).all()
        return {
            "takedowns": [
                {
                    "id": each.id, "notice": each.notice_id, "whole": each.passage is None, "reason": masked(each.reason), "legal": bool(each.legal),
                    "made_at": each.made_at.isoformat(),
                }
                for each in found
            ]
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Shown:
    """Rows as the one who asks may have them, in a session that leaves out what was taken down."""

    session: Session
    hidden: Withheld
    entitled: bool

    def notice(self, ident: int) -> Values | None:
        row = self.session.scalar(select(tables.NoticeRow).where(tables.NoticeRow.id == ident))
        return None if row is None else {"notice": values_of_row(row), "source": values_of_row(row.source)}

    def revision(self, notice_id: int, n: int) -> Values | None:
        """A revision with what belongs to it. `complete`: it is as it was written, so that its digest can be checked."""
        row = tables.RevisionRow
        query = select(row).where(row.notice_id == notice_id, row.n == n)
        found = self.session.scalar(query.options(selectinload(row.attachments), selectinload(row.citations), selectinload(row.aliases)))
        if found is None:
            return None
        has_passage = notice_id in self.hidden.passages
        corrections = [] if has_passage else self.session.scalars(_corrections_of(found.id)).all()
        parts: dict[str, Sequence[Base]] = {
            "attachments": found.attachments, "citations": _in_order(found.citations),
            "aliases": _in_order(found.aliases), "corrections": corrections,
            "recognitions": [each.recognition for each in found.attachments if each.recognition is not None],
        }  # fmt: skip
        whole = values_of_row(found), {name: [values_of_row(each) for each in rows] for name, rows in parts.items()}
        shown = (
            self._masked(found, whole[0]),
            {name: [self._masked(*pair) for pair in zip(parts[name], whole[1][name], strict=True)] for name in parts},
        )
        return {"complete": not has_passage and shown == whole, "revision": shown[0], **shown[1]}

    def _masked(self, row: Base, values: Values) -> Values:
        if self.entitled:
            return values
        names = ("changes",) if isinstance(row, tables.CorrectionRow) else FIELDS[type(row)]
        return {name: _starred(value) if name in names else value for name, value in values.items()}


def _in_order(rows: Sequence[tables.CitationRow] | Sequence[tables.AliasRow]) -> Sequence[Base]:
    return sorted(rows, key=lambda each: each.id)


def _corrections_of(revision_id: int) -> Select[tables.CorrectionRow]:
    row = tables.CorrectionRow
    return select(row).where(row.revision_id == revision_id).order_by(row.id)


def _starred(value: object) -> object:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {key: _starred(each) for key, each in value.items()}
    return [_starred(each) for each in value] if isinstance(value, list) else value
