"""Every archived page accounted for: what reads as a notice is a revision in SQL, and a revision was read from its own notice's page.

Only pages whose bytes no revision was read from are parsed. Left out are pages that an earlier parser may have read differently, and pages of a run that
did not end well: its entries are fetched again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, selectinload

from notices.capture import noted_listed
from notices.config import Config
from notices.errors import NoticesError
from notices.model import Notice
from notices.urls import url_key
from notices.version import PARSER
from pipeline.sql import tables
from pipeline.store import shown
from preservation.findings import Finding, NoticeSubject, SnapshotSubject, WarcPlace
from preservation.reparse import Reader

NOT_COVERED = (
    "observations, corrections, runs and list entries in SQL",
    "timestamps of authorities (notices prove checks them)",
    "a revision that was rewritten together with its digest (notices reparse --dry-run reads every revision again)",
    "aliases.toml, catalogue.tsv, notices.toml, sources/",
)
_BATCH = 500


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
                found = [each for ident in ids for each in _account(session, reader, ident)]
            yield from found
            if not ids:
                return
            last = ids[-1]


@dataclass(frozen=True, slots=True)
class _Known:
    """The notice of a page, and the payloads that its revisions were read from."""

    notice_id: int
    payloads: frozenset[str]


def _account(session: Session, reader: Reader, ident: int) -> Iterator[Finding]:
    try:
        row = session.get_one(tables.SnapshotRow, ident)
    except NoticesError:
        return  # it has a finding of its own
    if "damaged" in row.note:
        return
    keys = keys_of_row(row)
    known = _known(session, keys)
    if known is None:
        if not _awaited(session, row, keys) and _reads_as_notice(session, reader, row) is not None:
            yield Finding("sql", "unread", SnapshotSubject(row.id, WarcPlace(row.warc_file, row.offset)), f"SQL has no notice of {row.url}")
    elif (
        row.payload_digest not in known.payloads and _was_stored(session, row) and _is_lost_revision(session, reader, row, known.notice_id)
    ):
        detail = f"snapshot {row.id} reads as a revision of it that SQL lacks"
        yield Finding("sql", "unread", NoticeSubject(known.notice_id), detail)


def _known(session: Session, keys: list[str]) -> _Known | None:
    ident = session.scalar(select(tables.NoticeRow.id).where(tables.NoticeRow.key.in_(keys)).limit(1))
    if ident is None:
        return None
    snapshot, revision = tables.SnapshotRow, tables.RevisionRow
    query = select(snapshot.payload_digest).join(revision, revision.snapshot_id == snapshot.id).where(revision.notice_id == ident)
    return _Known(ident, frozenset(session.scalars(query)))


def _awaited(session: Session, row: tables.SnapshotRow, keys: list[str]) -> bool:
    """Whether the page's list entry says that it is not archived (yet), and why."""
    entry = tables.ListingRow
    return (
        row.kind == "detail" and session.scalar(select(entry.id).where(entry.key.in_(keys), entry.state != "stored").limit(1)) is not None
    )


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
    query = (
        select(tables.RevisionRow).where(tables.RevisionRow.notice_id == notice_id).options(selectinload(tables.RevisionRow.attachments))
    )
    try:
        revisions = list(session.scalars(query))
    except NoticesError:
        return False
    if any(revision.parser_version != PARSER for revision in revisions):
        return False
    found = _reads_as_notice(session, reader, row)
    return found is not None and shown(found) not in [shown(revision) for revision in revisions]
