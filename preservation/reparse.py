"""Reading archived bytes again with today's parser: a difference is a correction of our reading, never a revision of the source."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeAlias

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from notices.attachment import AttachmentText, StoredAttachment
from notices.capture import ArchivedNotice, Capture, CrawledPage, Listed, ListEntry, addresses_of, noted_listed, payload_digest
from notices.config import Config
from notices.errors import DamageFound, NoticesError
from notices.model import AttachmentLink, Notice
from notices.text.language import _
from notices.urls import is_address, url_key
from notices.version import PARSER
from pipeline.attachments import Extractor
from pipeline.imports import read_line, reading_of
from pipeline.ledger import archived_notice
from pipeline.reading import (
    MAX_ATTACHMENTS,
    NO_ADDRESS,
    UNANSWERED,
    file_name,
    is_file,
    kept_files,
    led_elsewhere,
    missing_file,
    read_page,
    renamed,
)
from pipeline.relations.copies import group_copies
from pipeline.snapshots import payload_place
from pipeline.sql import tables
from pipeline.sql.changes import Occasion, note_change
from pipeline.sql.database import for_reading
from pipeline.sql.row_digest import row_digest
from pipeline.sql.tallies import note_added, note_revision
from pipeline.store import Reading, alias_rows, citation_rows, content_digest, revision_values, stored_attachment
from pipeline.warc.series import read_capture
from preservation.revision_files import FetchedPage, FilePair, archived_answer, pair_files

_BATCH = 100
_LATER = "found by a later reading of the page; not fetched then"

JsonValue: TypeAlias = "bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
Fields: TypeAlias = "dict[str, tuple[JsonValue, JsonValue]]"  # field to (before, after)


@dataclass(frozen=True, slots=True)
class Change:
    """A revision that reads differently now: field to (before, after). `error` instead when its bytes cannot be read."""

    notice_id: int
    n: int
    url: str
    fields: Mapping[str, tuple[JsonValue, JsonValue]]
    error: str | None = None


class Reader:
    """Reads archived bytes as the crawl and the import did; close it afterwards."""

    def __init__(self, database: Engine, config: Config) -> None:
        self._folder, self._place = config.warc_dir, payload_place(for_reading(database))  # a caller may be in a transaction that writes
        self._extractor = Extractor()

    def close(self) -> None:
        """End the extraction process."""
        self._extractor.close()

    def capture(self, snapshot: tables.SnapshotRow) -> Capture:
        """The snapshot's bytes, checked. Raises DamageFound."""
        found = read_capture(self._folder, snapshot.warc_file, snapshot.offset, self._place)
        if (found.url, found.kind) != (snapshot.url, snapshot.kind):
            raise DamageFound(
                _("snapshot {id}: {warc_file} offset {offset} contains {found}, not {url}").format(
                    id=snapshot.id, warc_file=snapshot.warc_file, offset=snapshot.offset, found=found.url, url=snapshot.url
                )
            )
        return found

    def read(self, session: Session, revision: tables.RevisionRow) -> Reading:
        """The revision's notice and files as today's parser reads them. Raises DamageFound, or BadInput for an imported line."""
        if revision.snapshot_id is None:
            raise DamageFound(_("revision {n} of notice {notice_id} names no snapshot").format(n=revision.n, notice_id=revision.notice_id))
        snapshot = session.get_one(tables.SnapshotRow, revision.snapshot_id)
        capture = self.capture(snapshot)
        if revision.notice.key not in keys_of(capture):
            raise DamageFound(
                _("its snapshot {id} is of {url}, which is not the address of notice {notice_id}").format(
                    id=snapshot.id, url=capture.url, notice_id=revision.notice_id
                )
            )
        if snapshot.kind == "import":
            line = read_line(capture.body, capture.note.get("source"))
            return reading_of(line, _source(session, revision, line.source).region, snapshot.id, revision.created_at)
        source = _source(session, revision, capture.note.get("source"))
        listed = noted_listed(capture.note) or _listed(session, source.id, revision.notice)
        notice = read_page(CrawledPage(capture, snapshot.id, listed), source.region)
        return Reading(notice, self._files(session, revision, notice, capture), snapshot.id, revision.created_at)

    def notice_of(self, session: Session, snapshot: tables.SnapshotRow) -> Notice | None:
        """The notice in an archived page or line, whatever SQL has of it; None for a page that is not a notice. Raises DamageFound or BadInput."""
        capture = self.capture(snapshot)
        name = capture.note.get("source")
        if snapshot.kind == "import":
            line = read_line(capture.body, name)
            return reading_of(line, None, snapshot.id, capture.fetched_at).notice
        source = _source_of(session, snapshot, name)
        listed = noted_listed(capture.note) or Listed(ListEntry("", addresses_of(capture)[0], None), "")
        notice = read_page(CrawledPage(capture, snapshot.id, listed), source.region if source else None)
        archived = archived_notice(session, url_key(listed.entry.url)) if is_address(listed.entry.url) else None
        if notice.blocked or led_elsewhere(CrawledPage(capture, snapshot.id, listed), notice, archived):
            return None
        return notice if is_file(capture.body) or notice.text or notice.title else None

    def _files(self, session: Session, revision: tables.RevisionRow, notice: Notice, capture: Capture) -> list[StoredAttachment]:
        """The files in order of their rows, then those that only today's parser finds.

        A revision that is not as it was written has the files that its page names, in the page's order, and no others.
        """
        if is_file(capture.body):
            return [self._file(session, notice.attachments[0], revision)]
        links = notice.files[:MAX_ATTACHMENTS]
        pairs = pair_files(revision.attachments, links)
        if row_digest(revision) != revision.row_digest:
            pairs = sorted((pair for pair in pairs if pair.link is not None), key=lambda pair: links.index(pair.link))
        after, files = revision.snapshot_id or 0, list[StoredAttachment]()
        for pair in pairs:
            files.append(self._paired(session, pair, revision, after))
            after = max(after, files[-1].snapshot_id or 0)
        return files

    def _file(self, session: Session, link: AttachmentLink, revision: tables.RevisionRow) -> StoredAttachment:
        """The file that the site sent in the page's place."""
        return self.fetched(session.get_one(tables.SnapshotRow, revision.snapshot_id), link)

    def _paired(self, session: Session, pair: FilePair, revision: tables.RevisionRow, after: int) -> StoredAttachment:
        """A file read again; one that was never fetched keeps its row's values."""
        row, link = pair.row, pair.link
        if row is not None:
            link = link or AttachmentLink(row.name, row.url)
            if row.snapshot_id is None:
                return stored_attachment(row, link.name)
            return self.fetched(session.get_one(tables.SnapshotRow, row.snapshot_id), link)
        assert link is not None  # a pair has one of them
        snapshot = session.get_one(tables.SnapshotRow, revision.snapshot_id)
        answer = self.answer(session, link, FetchedPage(snapshot, snapshot.url, after))
        return self.answered(answer, link, {}) if answer else missing_file(link, _LATER if link.url else NO_ADDRESS)

    def page_files(
        self, session: Session, notice: Notice, page: FetchedPage, body: Capture, archived: ArchivedNotice | None
    ) -> tuple[list[StoredAttachment], int]:
        """The files of a page as its crawl got them, and the snapshot of the last answer; `archived` is the notice as it was until then."""
        if is_file(body.body):
            return [self.fetched(page.snapshot, notice.attachments[0])], page.after
        before, files = archived.fetched_files() if archived else {}, list[StoredAttachment]()
        for link in notice.files[:MAX_ATTACHMENTS]:
            answer = self.answer(session, link, page)
            if answer is not None:
                page = replace(page, after=answer.id)
                files.append(self.answered(answer, link, before))
            else:
                files.append(missing_file(link, UNANSWERED if link.url else NO_ADDRESS))
        return files, page.after

    def stored_reading(self, session: Session, snapshot: tables.SnapshotRow) -> tuple[Reading, tables.SourceRow]:
        """An archived page or line as a reading that can be stored, and its source. Raises DamageFound or BadInput."""
        notice, capture = self.notice_of(session, snapshot), self.capture(snapshot)
        name = capture.note.get("source")
        line = read_line(capture.body, name) if snapshot.kind == "import" else None
        source = _source_of(session, snapshot, line.source if line else name)
        if notice is None or source is None:
            raise DamageFound(
                (_("snapshot {id}: not a notice") if source else _("snapshot {id}: SQL lacks its source")).format(id=snapshot.id)
            )
        if line is not None:
            return reading_of(line, source.region, snapshot.id, capture.fetched_at), source
        archived = archived_notice(session, url_key(notice.url))
        files, _after = self.page_files(session, notice, FetchedPage(snapshot, capture.url, snapshot.id), capture, archived)
        return Reading(notice, kept_files(files, archived), snapshot.id, capture.fetched_at), source

    def answer(self, session: Session, link: AttachmentLink, page: FetchedPage) -> tables.SnapshotRow | None:
        """The answer for a link of a page as the crawl of the page got it; None if none of that run is archived."""
        return archived_answer(session, link, page, lambda snapshot: self.capture(snapshot).via)

    def answered(self, answer: tables.SnapshotRow, link: AttachmentLink, before: Mapping[str | None, StoredAttachment]) -> StoredAttachment:
        """The file in an answer. `before` are the notice's files as they were archived: the server may have said that one has not changed."""
        if answer.status == 304 and link.url in before:
            return renamed(before[link.url], link.name)
        return self.fetched(answer, link) if answer.status == 200 else missing_file(link, f"HTTP {answer.status}")

    def fetched(self, snapshot: tables.SnapshotRow, link: AttachmentLink) -> StoredAttachment:
        """The file in a snapshot, read under the name of its link."""
        capture = self.capture(snapshot)
        content = self._extractor.extract(capture.body, file_name(link, capture), capture.header("content-type"))
        return StoredAttachment(link.url, content, payload_digest(capture.body), len(capture.body), snapshot.id)


def keys_of(capture: Capture) -> set[str]:
    """The keys of every address that the capture answers."""
    return {url_key(url) for url in addresses_of(capture) if is_address(url)}


def _source(session: Session, revision: tables.RevisionRow, name: str | None) -> tables.SourceRow:
    """The source for which the bytes were archived: the one of that name, that of the snapshot's run, or the notice's."""
    snapshot = session.get_one(tables.SnapshotRow, revision.snapshot_id)
    return _source_of(session, snapshot, name) or revision.notice.source


def _source_of(session: Session, snapshot: tables.SnapshotRow, name: str | None) -> tables.SourceRow | None:
    row, run = tables.SourceRow, tables.RunRow
    found = session.scalar(select(row).where(row.name == name)) if name else None
    return found or session.scalar(select(row).join(run, run.source_id == row.id).where(run.id == snapshot.run_id))


def _listed(session: Session, source_id: int, notice: tables.NoticeRow) -> Listed:
    """The notice's entry in its list, or just its address when no list named it."""
    mine = tables.ListingRow.source_id == source_id, tables.ListingRow.key == notice.key
    row = session.scalar(select(tables.ListingRow).where(*mine))
    if row is None:
        return Listed(ListEntry("", notice.url, None), "")
    return Listed(ListEntry(row.title, row.url, row.listed_date), row.column_url, row.column_kind)


def reparse(database: Engine, reader: Reader, now: datetime, *, apply: bool, only: int | None = None) -> Iterator[Change | None]:
    """Read every revision again, in order of id; yield a Change where it differs (applied when `apply`), None where it does not."""
    last = 0
    while True:
        with Session(database) as session, session.begin():
            query = select(tables.RevisionRow.id).where(tables.RevisionRow.id > last).order_by(tables.RevisionRow.id).limit(_BATCH)
            ids = list(session.scalars(query if only is None else query.where(tables.RevisionRow.notice_id == only)))
        if not ids:
            return
        for ident in ids:
            yield reparse_revision(database, reader, ident, now if apply else None)
        last = ids[-1]


def reparse_revision(database: Engine, reader: Reader, revision_id: int, now: datetime | None) -> Change | None:
    """Read one revision again; with a time, the difference is applied as a correction in one transaction."""
    with Session(for_reading(database)) as session, session.begin():  # reading takes long and keeps no writer waiting
        revision = session.get_one(tables.RevisionRow, revision_id)
        where = revision.notice_id, revision.n, revision.notice.url
        try:
            reading = reader.read(session, revision)
        except NoticesError as error:
            return Change(*where, {}, str(error))
        if reading.notice.blocked:
            return Change(*where, {}, f"today's parser finds no notice on the page: {reading.notice.blocked}")
        fields = _differences(revision, reading)
        stale = bool(fields) or revision.parser_version != PARSER or row_digest(revision) != revision.row_digest
    if now is not None and stale:
        with Session(database) as session, session.begin():
            revision = session.get_one(tables.RevisionRow, revision_id)
            fields = _differences(revision, reading)
            _apply(session, revision, reading, fields, now)
    return Change(*where, fields) if fields else None


def _differences(revision: tables.RevisionRow, reading: Reading) -> Fields:
    """Fields that read differently, as plain JSON values; files by their position."""
    found: Fields = {}
    for name, value in revision_values(reading.notice).items():
        before, after = _as_json(getattr(revision, name)), _as_json(value)
        if before != after:
            found[name] = (before, after)
    citations = _citation_values(revision.citations), _citation_values(citation_rows(reading.notice))
    aliases = _alias_values(revision.aliases), _alias_values(alias_rows(reading.notice))
    for name, (before, after) in (("citations", citations), ("aliases", aliases)):
        if before != after:
            found[name] = (before, after)
    return found | _file_differences(revision, reading)


def _file_differences(revision: tables.RevisionRow, reading: Reading) -> Fields:
    found: Fields = {}
    rows = revision.attachments
    for n, attached in enumerate(reading.attached):
        row = rows[n] if n < len(rows) else None
        after = _file_values(attached)
        if row is None:
            found[f"attachments[{n}]"] = (None, {k: v for k, v in after.items() if v is not None})
            continue
        before = {column: getattr(row, column) for column in after}
        changed = [k for k in after if before[k] != after[k]]
        if changed:
            found[f"attachments[{n}]"] = ({k: before[k] for k in changed}, {k: after[k] for k in changed})
    for n in range(len(reading.attached), len(rows)):
        found[f"attachments[{n}]"] = ({column: getattr(rows[n], column) for column in ("name", "url", "outcome", "text")}, None)
    return found


def _file_values(file: StoredAttachment) -> dict[str, JsonValue]:
    """The columns of a file's row, without its position."""
    values: dict[str, JsonValue] = {"name": file.text.name, **_content(file.text)}
    return values | {"url": file.url, "digest": file.digest, "size": file.size, "snapshot_id": file.snapshot_id}


def _content(content: AttachmentText) -> dict[str, str | None]:
    return {"media_type": content.media_type, "outcome": content.outcome, "detail": content.detail, "text": "\f".join(content.pages)}


def _citation_values(rows: Sequence[tables.CitationRow]) -> list[list[str | None]]:
    return sorted(([r.relation, r.target_title, r.target_number, r.target_key, r.sentence] for r in rows), key=str)


def _alias_values(rows: Sequence[tables.AliasRow]) -> list[list[str]]:
    return sorted(([r.short, r.long] for r in rows), key=str)


def _as_json(value: object) -> JsonValue:
    """A column's value as it would be read back from JSON; dates in ISO form."""
    plain: JsonValue = json.loads(json.dumps(value, ensure_ascii=False, default=_iso_date))
    return plain


def _iso_date(value: object) -> str:
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    raise TypeError(f"no JSON for a {type(value).__name__}")


def _apply(session: Session, revision: tables.RevisionRow, reading: Reading, fields: Fields, now: datetime) -> None:
    """Bring the row into agreement with the reading, keep the correction, put the notice into the outbox."""
    if fields:
        values = {name: list(pair) for name, pair in fields.items()}
        made = tables.CorrectionRow(
            revision_id=revision.id, made_at=now, from_parser=revision.parser_version, to_parser=PARSER, changes=values
        )
        session.add(made)
        note_added(revision.notice, made)
        note_change(session, "corrected", revision.notice, now, Occasion(baseline=False))
    for name, value in revision_values(reading.notice).items():
        setattr(revision, name, value)
    for model in (tables.CitationRow, tables.AliasRow):
        session.execute(delete(model).where(model.revision_id == revision.id))
    session.expire(revision, ["citations", "aliases"])
    revision.citations, revision.aliases = citation_rows(reading.notice), alias_rows(reading.notice)
    _apply_files(session, revision, reading)
    revision.parser_version, revision.content_digest = PARSER, content_digest(reading.notice, reading.attached)
    session.flush()
    revision.row_digest = row_digest(revision)
    note_revision(revision.notice, revision)
    if revision.n == revision.notice.revisions:
        group_copies(session, revision.notice, revision)
        session.add(tables.OutboxRow(notice_id=revision.notice_id, created_at=now))


def _apply_files(session: Session, revision: tables.RevisionRow, reading: Reading) -> None:
    """Bring the rows into agreement with the files. Rows beyond them are of no link of the page; the correction keeps what they contained."""
    for row in revision.attachments[len(reading.attached) :]:
        session.delete(row)
    session.flush()
    session.expire(revision, ["attachments"])
    for n, attached in enumerate(reading.attached):
        values = {"position": n, **_file_values(attached)}
        if n < len(revision.attachments):
            for name, value in values.items():
                setattr(revision.attachments[n], name, value)
            session.flush()  # in order: positions are unique
        else:
            revision.attachments.append(tables.AttachmentRow(**values))


def count_revisions(database: Engine, only: int | None = None) -> int:
    """How many revisions `reparse` will read."""
    query = select(func.count()).select_from(tables.RevisionRow)
    with Session(database) as session, session.begin():
        return session.scalar(query if only is None else query.where(tables.RevisionRow.notice_id == only)) or 0
