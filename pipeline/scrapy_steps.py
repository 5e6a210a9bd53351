"""The two Scrapy components on a page's way to the archive: every response is kept before it is read; notices are stored.

pipeline.reading reads a page, pipeline.store decides whether it makes a revision.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol, cast

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from notices.attachment import StoredAttachment
from notices.capture import REDIRECTS, ArchivedNotice, Capture, CrawledPage, listed_note, payload_digest
from notices.errors import DamageFound, OperatorError
from notices.model import AttachmentLink, Notice
from notices.page_class import class_of
from notices.page_moves import moved_to
from notices.ports import CrawledSource, CrawlReport
from pipeline.attachments import Extractor
from pipeline.crawled import ReadNotice
from pipeline.ledger import CrawlLedger
from pipeline.reading import (
    MAX_ATTACHMENTS,
    NO_ADDRESS,
    file_conditions,
    file_name,
    is_file,
    kept_files,
    led_elsewhere,
    missing_file,
    read_page,
    renamed,
)
from pipeline.store import Reading

SILENT_TO_STOP = 3
"""So many files of a notice in a row that do not answer: each takes up to four requests and their pauses, and the others wait for a revisit."""
_MOMENT = 0.1  # seconds that a read notice waits for others, to be stored with them: much less than a polite delay

_READ = ("new", "revised", "unchanged")

log = logging.getLogger(__name__)


class _CutShort(Exception):
    """The run ends before all files of a notice were asked for; the reason."""


class _Downloads(Protocol):
    """The part of Scrapy's engine that fetches a file for an item pipeline."""

    async def download_async(self, request: Request) -> Response:
        """The response, after all downloader middlewares."""
        ...


def _report(crawler: Crawler) -> CrawlReport:
    return cast(CrawlReport, crawler.spider)


def _ledger(crawler: Crawler) -> CrawlLedger:
    """The ledger of the run: these steps are part of the settings only where one archives."""
    return cast(CrawlLedger, _report(crawler).ledger)


class KeepResponse:
    """Downloader middleware: every response goes to the WARC series, synced, before any parser sees it."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> KeepResponse:
        """Made by Scrapy."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """The same response; its bytes are kept and request.meta names the snapshot."""
        report = _report(self.crawler)
        capture = _capture(request, response, report.source)
        try:
            request.meta["snapshot"] = report.ledger.keep(capture)
        except OperatorError as error:
            report.fail(error)
            raise
        request.meta["fetched"] = capture
        return response


def _capture(request: Request, response: Response, source: CrawledSource) -> Capture:
    undone = tuple(request.meta.get("undone", ()))  # describe the bytes as sent, which the middlewares before this one decoded
    names = {"Content-Encoding"} if undone else set()
    headers = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, vs in response.headers.items() for v in vs)
    headers = (*(each for each in headers if each[0] not in names), *undone)
    note = {"source": source.name, **request.meta.get("note", {})}
    if source.tls != "verify" and response.url.startswith("https:"):
        note["tls"] = source.tls
    if "listed" in request.meta:
        note |= listed_note(request.meta["listed"], source.name)
    if request.meta.get("redirect_urls"):
        note["redirected_from"] = " ".join(request.meta["redirect_urls"])
    if "unended" in request.meta:
        note["unended"] = request.meta["unended"]
    kind = request.meta.get("kind") or "robots"
    made = Capture(response.url, response.status, headers, response.body, datetime.now(UTC), kind, request.meta.get("via"), note)
    return replace(made, kind="redirect") if _leads_on(made) else made


def _leads_on(answer: Capture) -> bool:
    """Whether an answer only says where the page or the file is."""
    if answer.status in REDIRECTS:
        return answer.header("location") is not None
    if answer.status != 200 or answer.kind == "robots":
        return False
    # The very call of crawler.http.redirects, which comes next: it keeps its last answer, so each page is looked at once.
    return moved_to(answer.body, answer.url, answer.header("content-type") or "", answer.header("refresh") or "") is not None


class StoreNotice:
    """Item pipeline: reads a kept page, fetches its attachments, stores all of it in one transaction."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.extractor = Extractor()
        self._is_due = False  # whether notices are waiting for the end of a moment
        self._in_hand: list[str] = []  # addresses of the notices whose files are being fetched, the longest first

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> StoreNotice:
        """Made by Scrapy."""
        return cls(crawler)

    def close_spider(self) -> None:
        """End the extraction process."""
        self.extractor.close()

    async def process_item(self, item: CrawledPage) -> CrawledPage:
        """The item; its notice is stored, or its failure noted."""
        try:
            await self._store(item)
        except OperatorError as error:
            _report(self.crawler).fail(error)
        return item

    async def _store(self, item: CrawledPage) -> None:
        report, ledger = _report(self.crawler), _ledger(self.crawler)
        url, title, validators = item.listed.entry.url, item.listed.entry.title, item.capture
        archived = ledger.archived(url)
        if item.capture.status == 304:
            unchanged = self._as_archived(item, archived)
            if unchanged is None:
                ledger.note_unchanged(url)
                report.note_outcome("unchanged", title)
                return
            item = unchanged
        notice = read_page(item, report.source.region)
        why = notice.blocked or led_elsewhere(item, notice, archived)
        if why:
            self._note_blocked(item, why, known=archived is not None)
            return
        self._in_hand.append(url)
        try:
            files = kept_files(await self._attachments(notice, item, archived), archived)
        except _CutShort as why_not:
            log.info("%s is left to the next run, untried: %s", url, why_not)
            return
        finally:
            self._in_hand.remove(url)
        reading = Reading(notice, files, item.snapshot, validators.fetched_at)  # a time that the bytes state too
        answer = validators if validators.status == 200 else None
        report.counts["little_text"] += notice.has_little_text
        await self._stored(reading, url, answer, notice.title or title)

    async def _stored(self, reading: Reading, url: str, answer: Capture | None, title: str) -> None:
        """Return when the notice is stored, alone or with those that arrive within a moment. Raises what storing it raises."""
        loop, ledger, report = asyncio.get_running_loop(), _ledger(self.crawler), _report(self.crawler)
        stored: asyncio.Future[None] = loop.create_future()

        def done(outcome: str | Exception) -> None:
            if not isinstance(outcome, Exception):
                report.note_outcome(outcome, title)
            if stored.done() or loop.is_closed():  # a second signal ended the loop; what was read is stored all the same
                return
            if isinstance(outcome, Exception):
                stored.set_exception(outcome)
            else:
                stored.set_result(None)

        if ledger.store_soon(ReadNotice(reading, url, answer, done)) and not self._is_due:
            self._is_due = True
            loop.call_later(_MOMENT, self._write_read)
        await stored

    def _write_read(self) -> None:
        self._is_due = False
        _ledger(self.crawler).write_read()

    def _as_archived(self, item: CrawledPage, archived: ArchivedNotice | None) -> CrawledPage | None:
        """The page that the server says has not changed, from the archive, so that its files are asked for; None if it has no files."""
        if archived is None or archived.snapshot_id is None or not archived.files:
            return None
        return replace(item, capture=_ledger(self.crawler).kept(archived.snapshot_id), snapshot=archived.snapshot_id)

    def _note_blocked(self, item: CrawledPage, why: str, *, known: bool) -> None:
        """Note that the page is not the notice; an archived notice stays as it is."""
        report, ledger = _report(self.crawler), _ledger(self.crawler)
        url, page_class = item.listed.entry.url, class_of(why)
        dead = page_class is not None and page_class.is_dead
        if known:
            ledger.note_absence(url, "soft_404" if dead else "blocked", why)
        else:
            ledger.note_failure(url, "blocked", why)
        outcome = "again_gone" if known and dead else "blocked"
        report.note_outcome(outcome, item.listed.entry.title, f"{item.capture.url}: {why}")

    async def _attachments(self, notice: Notice, item: CrawledPage, archived: ArchivedNotice | None) -> list[StoredAttachment]:
        """The notice's files. Of a row of silent ones the rest is missing: the notice is stored, and a revisit brings them. Raises _CutShort."""
        if is_file(item.capture.body):
            return [await self._read_file(notice.attachments[0], item.capture, item.snapshot)]
        before = archived.fetched_files() if archived else {}
        files: list[StoredAttachment] = []
        silent = 0
        for link in notice.files[:MAX_ATTACHMENTS]:
            ends = self._end_of_run(item.listed.entry.url)
            if ends is not None or silent >= SILENT_TO_STOP:
                why = f"the run ends: {ends}" if ends else f"{silent} files of this notice in a row did not answer"
                files.append(missing_file(link, f"not asked for: {why}"[:300]))
                continue
            file, answered = await self._attachment(link, item, before.get(link.url))
            silent = 0 if answered else silent + 1
            files.append(file)
        return files

    def _end_of_run(self, url: str) -> str | None:
        """Why no further file may be asked for, None while the run goes on. Raises _CutShort where the next run gets further with the notice.

        A run that ended by a bound before it had read anything would end there again. So it stores one notice with what it has: else a
        notice with more files than a run may ask for would keep all others away.
        """
        report = _report(self.crawler)
        if report.ledger.fatal is not None or not self.crawler.crawling:  # the archive cannot be written, or a signal came
            raise _CutShort(report.stopping or "stopped")
        if report.stopping is not None:
            _ledger(self.crawler).write_read()  # what was read is counted
        if report.stopping is not None and (url != self._in_hand[0] or any(report.counts[outcome] for outcome in _READ)):
            raise _CutShort(report.stopping)
        return report.stopping

    async def _attachment(self, link: AttachmentLink, item: CrawledPage, before: StoredAttachment | None) -> tuple[StoredAttachment, bool]:
        """The file behind a link and whether anything answered; one that cannot be fetched is stored as missing, with the reason."""
        if link.url is None:
            return missing_file(link, NO_ADDRESS), True
        via = item.capture.url
        meta = {"kind": "attachment", "via": via}
        request = Request(link.url, callback=NO_CALLBACK, headers=self._conditions(before), meta=meta, priority=20)
        try:
            response = await cast(_Downloads, self.crawler.engine).download_async(request)
        except OperatorError:
            raise
        except Exception as error:  # whatever the network does, the notice itself is stored
            self._end_of_run(item.listed.entry.url)
            log.warning("attachment %s of %s: %s", link.url, via, error)
            return missing_file(link, f"{type(error).__name__}: {error}"[:300]), isinstance(error, IgnoreRequest)
        if response.status == 304 and before is not None:
            return renamed(before, link.name), True
        if response.status != 200:
            return missing_file(link, f"HTTP {response.status}"), True
        _report(self.crawler).counts["attachments"] += 1
        return await self._read_file(link, response.meta["fetched"], response.meta["snapshot"]), True

    def _conditions(self, before: StoredAttachment | None) -> dict[str, str]:
        """Headers of a conditional request for a file that is archived; none if its record is damaged: it is fetched again."""
        if before is None or before.snapshot_id is None:
            return {}
        try:
            return file_conditions(_ledger(self.crawler).kept(before.snapshot_id))
        except DamageFound as error:
            log.warning("attachment %s is fetched again: %s", before.url, error)
            return {}

    async def _read_file(self, link: AttachmentLink, capture: Capture, snapshot: int) -> StoredAttachment:
        text = await asyncio.to_thread(self.extractor.extract, capture.body, file_name(link, capture), capture.header("content-type"))
        return StoredAttachment(link.url, text, payload_digest(capture.body), len(capture.body), snapshot)
