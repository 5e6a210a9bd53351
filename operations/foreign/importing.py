"""Import of pages that another program kept: WARC files, WACZ packages, folders of saved pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from crawler.source import survey_sources
from notices.archive_id import refuse_if_following
from notices.attachment import StoredAttachment
from notices.capture import Capture, CrawledPage, Listed, ListEntry, payload_digest
from notices.config import Config
from notices.errors import DamageFound
from notices.model import AttachmentLink
from notices.text.language import N_
from notices.urls import canonical_url, url_key
from operations.foreign.no_notice import FILES, by_bytes, by_facts, by_reading
from operations.indexing import drain
from pipeline.attachments import Extractor
from pipeline.foreign.answers import Answer, Collection, PassedOver
from pipeline.foreign.opened import Reading, opened
from pipeline.foreign.warc_set import Kept
from pipeline.reading import MAX_ATTACHMENTS, NO_ADDRESS, UNANSWERED, file_name, missing_file, read_page
from pipeline.recovery import recover
from pipeline.snapshots import earlier_payload, payload_place
from pipeline.sql import tables
from pipeline.sql.database import database_errors, open_database
from pipeline.sql.locks import hold
from pipeline.sql.runs import close_crashed_runs, finish_run, source_id, start_run
from pipeline.taking_in import PageStore, TakenFile, TakenPage, page_note
from pipeline.warc.series import SnapshotWriter, read_capture
from preservation.proofs.checkpoints import daily_checkpoint

_BATCH, _BATCH_BYTES = 20, 64 << 20
OLDER = N_("older than what the archive has of it")


@dataclass(frozen=True, slots=True)
class PagesOrder:
    """What to import: WARC and WACZ files, or a folder with its manifest; `source` names the source of all pages, else their hosts do."""

    paths: Sequence[Path]
    source: str | None = None
    manifest: str | None = None


@dataclass(frozen=True, slots=True)
class PagesResult:
    """How many pages were new, revised, unchanged, known from an earlier import and skipped; and how many answers gave no notice, by reason."""

    counts: Mapping[str, int]
    passed_over: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told while an import works: `passed` each answer without a notice, `read` the bytes as they are read."""

    passed: Callable[[PassedOver], None] = lambda _: None
    read: Callable[[int], None] = lambda _: None


def size_of(order: PagesOrder) -> int:
    """The bytes that an import reads, about: WARC files are read twice."""
    return sum(2 * path.stat().st_size for path in order.paths if path.is_file())


def import_pages(config: Config, order: PagesOrder, told: Told) -> PagesResult:
    """Import the notices among the pages and index them. Begun again after whatever ended it, it takes the rest.

    Raises BadInput, before anything is taken, for a file that is no WARC or WACZ and for a folder without its manifest; ArchiveLocked while another
    import runs.
    """
    refuse_if_following(config.state_paths().following)
    report = _Report(told)
    with hold(config.locks_dir, "import"):
        database = open_database(config)
        recover(database, config)
        close_crashed_runs(database, "import", None)
        reading = Reading(report.pass_over, told.read, _kept(database, config), config.home)
        with opened(order.paths, order.manifest, reading) as collection:
            run = start_run(database, "import", None)
            with (
                SnapshotWriter(config.warc_dir, config.warc_max_bytes, previous=earlier_payload(database)) as writer,
                closing(Extractor()) as extractor,
                database_errors(config.database),
            ):
                store = PageStore(database, writer, run.id, config.revisit_days)
                _Import(collection, report, store, extractor, _Sources(database, config, order.source)).take_all()
            finish_run(database, run.id, "done", "", report.counts)
        drain(config, database)
        daily_checkpoint(database, config, datetime.now(UTC))
    return PagesResult(dict(report.counts), dict(report.reasons))


def _kept(database: Engine, config: Config) -> Kept:
    """What the archive has of an address and a time, for a revisit whose payload is in an earlier import; WARC/1.0 counts whole seconds."""

    def find(url: str, at: datetime) -> Capture | None:
        row = tables.SnapshotRow
        with Session(database, expire_on_commit=False) as session, session.begin():
            found = session.scalar(select(row).where(row.url == url, row.fetched_at == at).limit(1))
        try:
            return read_capture(config.warc_dir, found.warc_file, found.offset, payload_place(database)) if found is not None else None
        except DamageFound:
            return None

    return find


class _Report:
    """Counts what became of every answer."""

    def __init__(self, told: Told) -> None:
        self.told = told
        self.counts: Counter[str] = Counter({"new": 0, "revised": 0, "unchanged": 0, "known": 0, "skipped": 0})
        self.reasons: Counter[str] = Counter()

    def pass_over(self, each: PassedOver) -> None:
        """Note what gives no notice."""
        if each.bad:
            self.counts["skipped"] += 1
        else:
            self.reasons[each.reason] += 1
        self.told.passed(each)


class _Sources:
    """The source of a page: the one that was ordered, the source file that names its host, else the host itself; and its row."""

    def __init__(self, database: Engine, config: Config, ordered: str | None) -> None:
        self._database, self._ordered = database, ordered
        found = survey_sources(config.sources_dir).found.values()
        self._files = {host: source for source, _path in found for host in source.all_hosts()}
        self.ids = dict[str, int]()
        self._regions = dict[str, str]()

    def name_of(self, url: str) -> str:
        """The name, with its row made."""
        host = (urlsplit(url).hostname or "unknown")[:80]
        known = self._files.get(host)
        name = self._ordered or (known.name if known else host)
        if name not in self.ids:
            own = known if known is not None and known.name == name else None
            values = {"site": own.site, "publisher": own.publisher, "region": own.region} if own else {}
            self.ids[name] = source_id(self._database, name, **values)
            with Session(self._database) as session, session.begin():
                self._regions[name] = session.get_one(tables.SourceRow, self.ids[name]).region
        return name

    def region_of(self, name: str) -> str:
        """The region of a source whose row is made."""
        return self._regions[name]


class _Import:
    """One import under way."""

    def __init__(self, collection: Collection, report: _Report, store: PageStore, extractor: Extractor, sources: _Sources) -> None:
        self._collection, self._report, self._store = collection, report, store
        self._extractor, self._sources = extractor, sources
        self._batch, self._bytes = list[TakenPage](), 0
        self._linked = set[int]()

    def take_all(self) -> None:
        """Every answer, the oldest first; files that no notice links to are told at the end."""
        files = list[tuple[Answer, str]]()
        for answer in self._collection.answers():
            reason = by_facts(answer.url, answer.status, answer.media)
            if reason is None:
                reason = self._take(answer)
            if reason in FILES:
                files.append((answer, reason))
            elif reason:
                self._pass_over(answer, reason)
            self._report.told.read(answer.length)
        self._flush()
        for answer, reason in files:
            if answer.number not in self._linked and not self._store.has_file(answer.url, answer.at):
                self._pass_over(answer, reason)

    def _pass_over(self, answer: Answer, reason: str, *, bad: bool = False) -> None:
        self._report.pass_over(PassedOver(answer.place, answer.url, reason, bad))

    def _take(self, answer: Answer) -> str | None:
        """Take a page; or the reason why it gives no notice."""
        if answer.at is not None and self._store.is_known(answer.url, answer.at):
            self._report.counts["known"] += 1
            return None
        try:
            capture = self._collection.capture(answer)
        except ValueError as error:
            self._pass_over(answer, str(error), bad=True)
            return None
        if answer.at is None and self._store.is_known(answer.url, None, capture.body):
            self._report.counts["known"] += 1
            return None
        reason = by_facts(answer.url, capture.status, "") or by_bytes(capture)
        if reason is None and self._store.has_later(answer.url, capture.fetched_at):
            reason = OLDER
        return reason or self._take_page(answer, capture)

    def _take_page(self, answer: Answer, capture: Capture) -> str | None:
        entry = replace(answer.entry or ListEntry("", answer.url), url=canonical_url(answer.url))
        source = self._sources.name_of(answer.url)
        note = page_note(entry, source, answer.place) | ({} if answer.at else {"fetched_at": "unknown"})
        capture = replace(capture, note=note)
        notice = read_page(CrawledPage(capture, 0, Listed(entry, "")), self._sources.region_of(source))
        reason = by_reading(capture, notice)
        if reason:
            return reason
        if capture.original is not None and capture.original.type == "revisit":
            self._flush()  # the record that it repeats may be waiting
        files = [self._file(link, answer, source) for link in notice.attachments[:MAX_ATTACHMENTS]]
        self._batch.append(TakenPage(capture, source, notice, files))
        self._bytes += len(capture.body) + sum(len(each.answer.body) for each in files if each.answer)
        if len(self._batch) >= _BATCH or self._bytes >= _BATCH_BYTES:
            self._flush()
        return None

    def _file(self, link: AttachmentLink, page: Answer, source: str) -> TakenFile:
        """The file behind a link, read, if the collection has it."""
        found = self._collection.file_of(link.url, page) if link.url else None
        if found is None:
            return TakenFile(missing_file(link, UNANSWERED if link.url else NO_ADDRESS))
        self._linked.add(found.number)
        try:
            capture = self._collection.capture(found)
        except ValueError as error:
            self._pass_over(found, str(error), bad=True)
            return TakenFile(missing_file(link, str(error)[:300]))
        note = {"source": source, "imported": found.place}
        if link.url and url_key(link.url) != url_key(found.url):
            note["redirected_from"] = link.url
        capture = replace(capture, kind="attachment", via=page.url, note=note)
        if capture.status != 200:
            return TakenFile(missing_file(link, f"HTTP {capture.status}"), capture)
        text = self._extractor.extract(capture.body, file_name(link, capture), capture.header("content-type"))
        return TakenFile(StoredAttachment(link.url, text, payload_digest(capture.body), len(capture.body)), capture)

    def _flush(self) -> None:
        batch, self._batch, self._bytes = self._batch, [], 0
        if batch:
            self._report.counts.update(self._store.store(batch, self._sources.ids))
