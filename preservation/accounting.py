"""Every archived page and file accounted for: what reads as a notice is a revision in SQL, read from its own notice's page and files.

Only pages and files whose bytes no revision was read from are parsed. Left out are those that an earlier parser may have read differently, and those of a
run that did not end well: its entries are fetched again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from sqlalchemy import BindParameter, Engine, Select, bindparam, select
from sqlalchemy.orm import Session, selectinload

from notices.capture import noted_listed
from notices.config import Config
from notices.errors import NoticesError
from notices.model import AttachmentLink, Notice
from notices.text.language import N_, _
from notices.urls import url_key
from notices.version import PARSER
from pipeline.sql import tables
from pipeline.store import is_same_file, shown
from preservation.findings import Finding, NoticeSubject, SnapshotSubject, WarcPlace
from preservation.reparse import Reader

NOT_COVERED = (
    N_("runs and list entries in SQL"),
    N_("who signed the timestamps of authorities (notices verify --proof checks it, with --roots)"),
    N_("rows that were rewritten together with the tallies of their notice (notices reparse --dry-run reads every revision again)"),
    "aliases.toml, catalogue.tsv, notices.toml, sources/",
)
_BATCH = 500
_MOST_NAMED = 400  # values in one statement
Value = TypeVar("Value")


def keys_of_row(row: tables.SnapshotRow) -> list[str]:
    """The keys of every address that a snapshot answers, that of its list entry first."""
    listed = noted_listed(row.note)
    addresses = [*([listed.entry.url] if listed else []), *row.note.get("redirected_from", "").split(), row.url]
    return [key for key in map(_key, addresses) if key is not None]


def _key(url: str) -> str | None:
    try:
        return url_key(url)
    except ValueError:
        return None


def unread_pages(database: Engine, config: Config, newest: int) -> Iterator[Finding]:
    """Snapshots up to the newest given that read as a notice, or as a revision of one, that SQL lacks."""
    row, last = tables.SnapshotRow, 0
    query = select(row.id).where(row.kind.in_(("detail", "import")), row.status == 200, row.id <= newest).order_by(row.id).limit(_BATCH)
    with closing(Reader(database, config)) as reader:
        while True:
            with Session(database) as session, session.begin():
                ids = list(session.scalars(query.where(row.id > last)))
                rows = _readable(session, ids)
                known = _known(session, {key for one in rows for key in keys_of_row(one)})
                found = [each for one in rows for each in _account(session, reader, one, known)]
            yield from found
            if not ids:
                return
            last = ids[-1]


@dataclass(frozen=True, slots=True)
class _Known:
    """The notice of a page, and the payloads that its revisions were read from."""

    notice_id: int
    payloads: frozenset[str]


def _readable(session: Session, ids: list[int]) -> list[tables.SnapshotRow]:
    """The rows of these snapshots; one that cannot be read has a finding of its own."""
    row = tables.SnapshotRow
    try:
        return list(session.scalars(select(row).where(row.id.in_(ids)).order_by(row.id)))
    except NoticesError:
        found = list[tables.SnapshotRow]()
        for ident in ids:
            with suppress(NoticesError):
                found.append(session.get_one(row, ident))
        return found


def _account(session: Session, reader: Reader, row: tables.SnapshotRow, of_key: Mapping[str, _Known]) -> Iterator[Finding]:
    if "damaged" in row.note or _was_followed(session, row):
        return
    keys = keys_of_row(row)
    known = next((of_key[key] for key in keys if key in of_key), None)
    if known is None:
        if not _awaited(session, row, keys) and _reads_as_notice(session, reader, row) is not None:
            yield Finding(
                "sql",
                "unread",
                SnapshotSubject(row.id, WarcPlace(row.warc_file, row.offset)),
                _("SQL has no notice of {url}").format(url=row.url),
            )
    elif (
        row.payload_digest not in known.payloads and _was_stored(session, row) and _is_lost_revision(session, reader, row, known.notice_id)
    ):
        detail = _("snapshot {id} reads as a revision of it that SQL lacks").format(id=row.id)
        yield Finding("sql", "unread", NoticeSubject(known.notice_id, row.id), detail)


def unread_files(database: Engine, config: Config, newest: int) -> Iterator[Finding]:
    """Snapshots of files up to the newest given that are neither in a revision of their notice nor made again with what one shows."""
    row, run = tables.SnapshotRow, tables.RunRow
    digests = select(tables.AttachmentRow.digest).where(tables.AttachmentRow.digest.is_not(None))
    query = select(row.id).join(run, run.id == row.run_id).where(row.kind == "attachment", row.status == 200, row.id <= newest)
    with Session(database) as session, session.begin():
        suspects = list(
            session.scalars(query.where(run.outcome == "done", run.kind != "follow", row.payload_digest.not_in(digests)).order_by(row.id))
        )
    with closing(Reader(database, config)) as reader:
        for ident in suspects:
            with Session(database) as session, session.begin():
                found = _account_file(session, reader, ident)
            if found is not None:
                yield found


def _account_file(session: Session, reader: Reader, ident: int) -> Finding | None:
    try:
        snapshot = session.get_one(tables.SnapshotRow, ident)
        via = reader.capture(snapshot).via
        key = _key(via) if via else None
        known = session.scalar(select(tables.NoticeRow.id).where(tables.NoticeRow.key == key)) if key else None
        revisions = _revisions(session, known) if known is not None else []
    except NoticesError:
        return None  # it has a finding of its own
    rows = [file for revision in revisions for file in revision.attachments if file.url and _key(file.url) in keys_of_row(snapshot)]
    if known is None or not rows or any(revision.parser_version != PARSER for revision in revisions):
        return None  # the notice, or the page that first named the file, is what SQL lacks
    if any(is_same_file(file, reader.fetched(snapshot, AttachmentLink(file.name, file.url))) for file in rows):
        return None
    page = tables.SnapshotRow
    pages = select(page.id).where(
        page.run_id == snapshot.run_id, page.kind == "detail", page.status == 200, page.url == via, page.id < ident
    )
    detail = _("snapshot {ident} is a file of it that no revision contains").format(ident=ident)
    return Finding("sql", "unread", NoticeSubject(known, session.scalar(pages.order_by(page.id.desc()).limit(1))), detail)


def _revisions(session: Session, notice_id: int) -> list[tables.RevisionRow]:
    query = select(tables.RevisionRow).where(tables.RevisionRow.notice_id == notice_id)
    return list(session.scalars(query.options(selectinload(tables.RevisionRow.attachments))))


def _known(session: Session, keys: Collection[str]) -> dict[str, _Known]:
    """The notices of these keys, by their keys."""
    connection, ids, payloads = session.connection(), dict[str, int](), defaultdict[int, set[str]](set)
    for some in _parts(sorted(keys)):
        ids |= {key: ident for key, ident in connection.execute(_with_keys(), {"keys": some})}
    for those in _parts(sorted(ids.values())):
        for ident, digest in connection.execute(_payloads_of(), {"notices": those}):
            payloads[ident].add(digest)
    return {key: _Known(ident, frozenset(payloads[ident])) for key, ident in ids.items()}


def _parts(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """As many as one statement may name, at a time."""
    return (values[start : start + _MOST_NAMED] for start in range(0, len(values), _MOST_NAMED))


@cache
def _with_keys() -> Select[str, int]:
    keys: BindParameter[object] = bindparam("keys", expanding=True)
    return select(tables.NoticeRow.key, tables.NoticeRow.id).where(tables.NoticeRow.key.in_(keys))


@cache
def _payloads_of() -> Select[int, str]:
    snapshot, revision = tables.SnapshotRow, tables.RevisionRow
    query = select(revision.notice_id, snapshot.payload_digest).join(revision, revision.snapshot_id == snapshot.id)
    return query.where(revision.notice_id.in_(bindparam("notices", expanding=True)))


def _awaited(session: Session, row: tables.SnapshotRow, keys: list[str]) -> bool:
    """Whether the page's list entry says that it is not archived (yet), and why."""
    entry = tables.ListingRow
    return (
        row.kind == "detail" and session.scalar(select(entry.id).where(entry.key.in_(keys), entry.state != "stored").limit(1)) is not None
    )


def _was_followed(session: Session, row: tables.SnapshotRow) -> bool:
    """Whether the record came from the archive that this one follows, which decides which pages are notices; its change log tells of each revision."""
    return session.scalar(select(tables.RunRow.kind).where(tables.RunRow.id == row.run_id)) == "follow"


def _was_stored(session: Session, row: tables.SnapshotRow) -> bool:
    """Whether what the page brought was stored for certain: its run ended as it should."""
    if row.run_id is None:
        return "taken_up" not in row.note
    return session.scalar(select(tables.RunRow.outcome).where(tables.RunRow.id == row.run_id)) == "done"


def _reads_as_notice(session: Session, reader: Reader, row: tables.SnapshotRow) -> Notice | None:
    try:
        return reader.notice_of(session, row)
    except NoticesError:
        return None


def _is_lost_revision(session: Session, reader: Reader, row: tables.SnapshotRow, notice_id: int) -> bool:
    try:
        revisions = _revisions(session, notice_id)
    except NoticesError:
        return False
    if any(revision.parser_version != PARSER for revision in revisions):
        return False
    found = _reads_as_notice(session, reader, row)
    return found is not None and shown(found) not in [shown(revision) for revision in revisions]
