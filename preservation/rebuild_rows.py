"""SQL from WARC bytes alone: snapshots, sources, notices, revisions, list entries and checkpoints of an archive whose database was lost.

The records are taken in the order in which they were fetched, and each page is stored as the crawl stored it, so ids come out as they were.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from notices.attachment import StoredAttachment
from notices.capture import ArchivedNotice, Capture, CrawledPage, Listed, ListEntry, addresses_of, noted_listed
from notices.config import Config
from notices.errors import BadInput, DamageFound, NoticesError
from notices.model import Notice
from notices.text.language import N_
from notices.urls import is_address, url_key
from pipeline.crawled import validator
from pipeline.imports import read_line, reading_of
from pipeline.ledger import archived_notice, listing_row
from pipeline.observe.presence import next_reading
from pipeline.reading import kept_files, led_elsewhere, read_page
from pipeline.snapshots import snapshot_row
from pipeline.sql import tables
from pipeline.store import Reading, store_reading
from pipeline.warc.series import Stored, scan_intact, warc_files
from preservation.findings import WarcPlace
from preservation.proofs.checkpoints import folder_of, milestones, public_key
from preservation.proofs.signing import Checkpoint, verify_checkpoint
from preservation.reparse import Reader
from preservation.revision_files import FetchedPage

_BATCH = 50

NOT_REBUILT = (
    N_("runs, and which run took a snapshot"),
    N_("observations: every notice begins as listed, and crawls observe again which are missing, withdrawn or back"),
    N_("corrections: every revision is as today's parser reads it"),
    N_("when a list entry was shown and a notice looked for, to the second; when a missing one is looked for again"),
    N_("why a request got no answer (list entries and files that failed), and how often it was tried"),
    N_("which columns were walked to their end: the next crawl walks each list once more"),
    N_("ticks of the scheduler, pauses that servers asked for, timestamps of authorities"),
)


@dataclass(frozen=True, slots=True)
class KnownSource:
    """A source file's share in the rows: its facts, the kind of each column by its address, its hosts, and how its lists are read."""

    name: str
    site: str
    publisher: str
    region: str
    columns: Mapping[str, str | None]
    hosts: frozenset[str]
    entries: Callable[[Capture], Sequence[ListEntry]]


@dataclass(frozen=True, slots=True)
class Rebuild:
    """An empty database to fill from the archive of the configuration; `notice_ids` are the ids that notices had, by key, as far as they are known."""

    database: Engine
    config: Config
    known: Mapping[str, KnownSource]
    notice_ids: Mapping[str, int]


@dataclass(slots=True)
class RebuiltRows:
    """What was rebuilt, by table; the records that cannot be read; sources without a source file; signed notes that the log does not lead to."""

    counts: Counter[str] = field(default_factory=Counter)
    unreadable: list[WarcPlace] = field(default_factory=list)
    without_file: set[str] = field(default_factory=set)
    unproven: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Pending:
    """A page that is read; the crawl stored it when the last of its files had come."""

    source_id: int
    listed: Listed
    notice: Notice
    files: Sequence[StoredAttachment]
    snapshot_id: int
    answer: Capture


def rebuild_rows(rebuild: Rebuild, progress: Callable[[int], None] = lambda _: None) -> RebuiltRows:
    """Fill the database. `progress` is given bytes of WARC as they are read."""
    found = RebuiltRows()
    _snapshots(rebuild, found, progress)
    reader = Reader(rebuild.database, rebuild.config)
    try:
        _Rows(rebuild, reader, found).fill()
    finally:
        reader.close()
    _checkpoints(rebuild, found)
    with Session(rebuild.database) as session, session.begin():
        for model in (tables.SourceRow, tables.SnapshotRow, tables.NoticeRow, tables.RevisionRow, tables.ListingRow, tables.CheckpointRow):
            found.counts[model.__tablename__] = session.scalar(select(func.count()).select_from(model)) or 0
    return found


def _snapshots(rebuild: Rebuild, found: RebuiltRows, progress: Callable[[int], None]) -> None:
    """A row for every intact record, in the order of fetching; within a lane that is the order of its files."""
    folder = rebuild.config.warc_dir
    lanes: dict[str, list[str]] = {}
    for name in warc_files(folder):
        lanes.setdefault(name.split("-")[1], []).append(name)
    each_lane = (_lane(folder, names, found) for names in lanes.values())
    in_order = heapq.merge(*each_lane, key=lambda pair: pair[1].fetched_at)
    while batch := list(islice(in_order, _BATCH)):
        with Session(rebuild.database) as session, session.begin():
            session.add_all(snapshot_row(capture, stored, None) for stored, capture in batch)
        progress(sum(stored.length for stored, _ in batch))


def _lane(folder: Path, names: Iterable[str], found: RebuiltRows) -> Iterator[tuple[Stored, Capture]]:
    for name in names:
        try:
            for item in scan_intact(folder, name):
                if isinstance(item, int):
                    found.unreadable.append(WarcPlace(name, item))
                else:
                    yield item
        except DamageFound:
            found.unreadable.append(WarcPlace(name))


class _Rows:
    """Reads the captures again in their order, and stores what the crawl and the import stored."""

    def __init__(self, rebuild: Rebuild, reader: Reader, found: RebuiltRows) -> None:
        self._rebuild, self._reader, self._found = rebuild, reader, found
        self._pending: list[tuple[int, int, _Pending]] = []  # a heap, by the snapshot after which the crawl stored the page
        self._next_id = max(rebuild.notice_ids.values(), default=0) + 1

    def fill(self) -> None:
        """Every row that a capture gives."""
        row, last = tables.SnapshotRow, 0
        query = select(row.id).where(row.kind.in_(("list", "detail", "import"))).order_by(row.id).limit(_BATCH)
        while True:
            with Session(self._rebuild.database) as session, session.begin():
                ids = list(session.scalars(query.where(row.id > last)))
                for ident in ids:
                    self._store_until(session, ident)
                    self._read(session, session.get_one(row, ident))
                if not ids:
                    self._store_until(session, None)
                    return
                last = ids[-1]

    def _read(self, session: Session, row: tables.SnapshotRow) -> None:
        try:
            capture = self._reader.capture(row)
            if row.kind == "import":
                self._import(session, row, capture)
            elif row.kind == "list":
                self._list(session, capture)
            else:
                self._detail(session, row, capture)
        except DamageFound:
            self._found.unreadable.append(WarcPlace(row.warc_file, row.offset))
        except BadInput:
            pass  # a line that was never imported has no record; one that today's reader refuses stays a snapshot

    def _import(self, session: Session, row: tables.SnapshotRow, capture: Capture) -> None:
        line = read_line(capture.body, capture.note.get("source"))
        source = self._source(session, line.source)
        self._store(session, source.id, reading_of(line, source.region, row.id, capture.fetched_at))

    def _list(self, session: Session, capture: Capture) -> None:
        """Entries of a list page as the crawl noted them, still to be fetched."""
        known = self._known(capture)
        if known is None or capture.status != 200:
            return
        source = self._source(session, known.name)
        column = capture.note.get("column") or _column(known, capture.url)
        kind = capture.note["column_kind"] or None if "column_kind" in capture.note else known.columns.get(column)
        listed = [Listed(entry, column, kind) for entry in known.entries(capture) if is_address(entry.url)]
        for key, each in {url_key(e.entry.url): e for e in reversed(listed)}.items():
            row = self._listing(session, source.id, key)
            if row is None:
                row = listing_row(source.id, key, each, capture.fetched_at)
                session.add(row)
                session.flush()
            row.last_listed_at = capture.fetched_at

    def _detail(self, session: Session, row: tables.SnapshotRow, capture: Capture) -> None:
        source = self._source(session, self._source_name(capture))
        listed = noted_listed(capture.note) or self._listed(session, source.id, capture)
        key = url_key(listed.entry.url)
        archived = archived_notice(session, key)
        if capture.status not in (200, 304):
            self._note_failure(session, source.id, key, "gone" if capture.status in (404, 410) else "failed", f"HTTP {capture.status}")
            return
        page = self._page(session, row, capture, archived)
        if page is None:
            self._settle(session, source.id, listed, capture)
            return
        snapshot_id, body = page
        notice = read_page(CrawledPage(body, snapshot_id, listed), source.region)
        why = notice.blocked or led_elsewhere(CrawledPage(body, snapshot_id, listed), notice, archived)
        if why:
            self._note_failure(session, source.id, key, "blocked", why)
            return
        files, stored_after = self._reader.page_files(session, notice, FetchedPage(row, body.url, row.id), body, archived)
        heapq.heappush(self._pending, (stored_after, row.id, _Pending(source.id, listed, notice, files, snapshot_id, capture)))

    def _page(
        self, session: Session, row: tables.SnapshotRow, capture: Capture, archived: ArchivedNotice | None
    ) -> tuple[int, Capture] | None:
        """The page's snapshot and bytes; of a page that has not changed those that were archived, None if its files were not asked for."""
        if capture.status == 200:
            return row.id, capture
        if archived is None or archived.snapshot_id is None or not archived.files:
            return None
        return archived.snapshot_id, self._reader.capture(session.get_one(tables.SnapshotRow, archived.snapshot_id))

    def _store_until(self, session: Session, snapshot_id: int | None) -> None:
        """Store the pages whose last file came before the snapshot."""
        while self._pending and (snapshot_id is None or self._pending[0][0] < snapshot_id):
            each = heapq.heappop(self._pending)[2]
            files = kept_files(each.files, archived_notice(session, url_key(each.listed.entry.url)))
            self._store(session, each.source_id, Reading(each.notice, files, each.snapshot_id, each.answer.fetched_at))
            self._settle(session, each.source_id, each.listed, each.answer)

    def _store(self, session: Session, source_id: int, reading: Reading) -> None:
        """Store a reading; a notice that is new gets the id that it had."""
        key, row = url_key(reading.notice.url), tables.NoticeRow
        if self._rebuild.notice_ids and session.scalar(select(row.id).where(row.key == key)) is None:
            ident = self._rebuild.notice_ids.get(key)
            if ident is None:
                ident, self._next_id = self._next_id, self._next_id + 1
            values = {"url": reading.notice.url, "state": "listed", "revisions": 0, "first_seen_at": reading.read_at}
            session.add(row(id=ident, source_id=source_id, key=key, last_seen_at=reading.read_at, **values))
            session.flush()
        store_reading(session, source_id, reading)

    def _settle(self, session: Session, source_id: int, listed: Listed, answer: Capture) -> None:
        """Note in its list entry that a notice was read."""
        key = url_key(listed.entry.url)
        notice = session.scalar(select(tables.NoticeRow).where(tables.NoticeRow.key == key))
        row = self._listing(session, source_id, key)
        if row is None:
            row = listing_row(source_id, key, listed, answer.fetched_at)
            session.add(row)
        row.state, row.reason, row.read_at = "stored", "", answer.fetched_at
        if notice is not None:
            row.revisit_at = next_reading(notice.first_seen_at, answer.fetched_at, self._rebuild.config.revisit_days)
        if answer.status == 200:
            row.etag, row.last_modified = validator(answer, "etag"), validator(answer, "last-modified")
        session.flush()

    def _note_failure(self, session: Session, source_id: int, key: str, state: str, reason: str) -> None:
        row = self._listing(session, source_id, key)
        if row is not None and row.state != "stored" and not reason.startswith("HTTP 3"):
            row.state, row.reason, row.tries = state, reason[:1000], row.tries + 1

    def _listing(self, session: Session, source_id: int, key: str) -> tables.ListingRow | None:
        return session.scalar(select(tables.ListingRow).where(tables.ListingRow.source_id == source_id, tables.ListingRow.key == key))

    def _listed(self, session: Session, source_id: int, capture: Capture) -> Listed:
        """The entry of a capture that notes none (those of earlier releases): that of the first of its addresses that a list named."""
        addresses = [url for url in addresses_of(capture) if is_address(url)] or [capture.url]
        for url in addresses:
            row = self._listing(session, source_id, url_key(url))
            if row is not None:
                return Listed(ListEntry(row.title, row.url, row.listed_date), row.column_url, row.column_kind)
        return Listed(ListEntry("", addresses[0], None), "")

    def _known(self, capture: Capture) -> KnownSource | None:
        """The source that a capture is of: it names it, or one of the source's columns or hosts is its own."""
        known = self._rebuild.known
        if "source" in capture.note:
            return known.get(capture.note["source"])
        of_column = [each for each in known.values() if capture.url in each.columns]
        of_host = [each for each in known.values() if (urlsplit(capture.url).hostname or "") in each.hosts]
        return next(iter(of_column or of_host), None)

    def _source_name(self, capture: Capture) -> str:
        known = self._known(capture)
        return capture.note.get("source") or (known.name if known else (urlsplit(capture.url).hostname or "unknown")[:80])

    def _source(self, session: Session, name: str) -> tables.SourceRow:
        row = session.scalar(select(tables.SourceRow).where(tables.SourceRow.name == name))
        if row is None:
            known = self._rebuild.known.get(name)
            if known is None:
                self._found.without_file.add(name)
            site, publisher, region = (known.site, known.publisher, known.region) if known else ("", "", "")
            row = tables.SourceRow(name=name, site=site, publisher=publisher, region=region)
            session.add(row)
            session.flush()
        return row


def _column(known: KnownSource, url: str) -> str:
    """The column that a list page belongs to: the one whose address agrees with the page's for longest."""

    def common(column: str) -> int:
        return next((n for n, (a, b) in enumerate(zip(column, url, strict=False)) if a != b), min(len(column), len(url)))

    return max(known.columns, key=common, default=url)


def _checkpoints(rebuild: Rebuild, found: RebuiltRows) -> None:
    """A row for each signed note to which the rebuilt log leads; the files stay as they are."""
    notes = dict[str, tuple[str, Checkpoint]]()
    for path in sorted(folder_of(rebuild.config).glob("*.txt")):
        try:
            note = path.read_text(encoding="utf-8")
            notes[path.name] = note, verify_checkpoint(note, public_key(rebuild.config, note))
        except (NoticesError, OSError, UnicodeDecodeError):
            found.unproven.append(path.name)
    log = milestones(rebuild.database, [signed.size for _, signed in notes.values()])
    with Session(rebuild.database) as session, session.begin():
        for name, (note, signed) in sorted(notes.items(), key=lambda item: item[1][1].signed_at):
            reached = log.get(signed.size)
            if reached is None or reached.root != signed.root:
                found.unproven.append(name)
                continue
            values = {"made_at": signed.signed_at, "size": signed.size, "last_snapshot_id": reached.last_snapshot}
            session.add(tables.CheckpointRow(**values, root=signed.root.hex(), note=note))


def take_id(database: Engine, stated: str) -> None:
    """Give the rebuilt database the archive's id; "" for an archive that had none: it keeps the one that its tables were made with."""
    if stated:
        with Session(database) as session, session.begin():
            made = session.scalar(select(tables.ArchiveRow.made_at))
            session.execute(delete(tables.ArchiveRow))
            session.add(tables.ArchiveRow(id=stated, made_at=made))
