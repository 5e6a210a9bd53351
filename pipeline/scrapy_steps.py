"""What the crawl calls on its way to the archive: keep every response before anything reads it, then store notices."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from scrapy import Request
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from notices.attachment import AttachmentText, StoredAttachment
from notices.capture import Capture, CrawledPage
from notices.errors import DamageFound, OperatorError
from notices.model import AttachmentLink, Notice
from notices.text.fold import fold
from pipeline.attachments import Extractor
from pipeline.ledger import CrawlLedger
from pipeline.parse.detail import read_detail
from pipeline.sql import tables
from pipeline.store import Reading, stored_attachment

MAX_ATTACHMENTS = 50
_ELSEWHERE = "led to another page"
_DEAD_PAGES = ("soft 404", "missing", _ELSEWHERE)
_FILE_SIGNATURES = (b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"Rar!", b"7z\xbc\xaf", b"{\\rtf")

log = logging.getLogger(__name__)


class KeepResponse:
    """Downloader middleware: every response goes to the WARC series, synced, before any parser sees it."""

    def __init__(self, crawler: Any) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Any) -> KeepResponse:
        """Made by Scrapy."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """The same response; its bytes are kept and request.meta names the snapshot."""
        fetched = _fetched(request, response, self.crawler.spider.source.tls)
        archive: CrawlLedger = self.crawler.spider.ledger
        try:
            request.meta["snapshot"] = archive.keep(fetched)
        except OperatorError as error:
            self.crawler.spider.fail(error)
            raise
        request.meta["fetched"] = fetched
        return response


def _fetched(request: Request, response: Response, tls: str) -> Capture:
    headers = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, vs in response.headers.items() for v in vs)
    note = {"tls": tls} if tls != "verify" and response.url.startswith("https:") else {}
    if request.meta.get("redirect_urls"):
        note["redirected_from"] = " ".join(request.meta["redirect_urls"])
    kind = request.meta.get("kind") or "robots"
    return Capture(response.url, response.status, headers, response.body, datetime.now(UTC), kind, request.meta.get("via"), note)


class StoreNotice:
    """Item pipeline: reads a kept page, fetches its attachments, stores all of it in one transaction."""

    def __init__(self, crawler: Any) -> None:
        self.crawler = crawler
        self.extractor = Extractor()

    @classmethod
    def from_crawler(cls, crawler: Any) -> StoreNotice:
        """Made by Scrapy."""
        return cls(crawler)

    def close_spider(self) -> None:
        """End the extraction process."""
        self.extractor.close()

    async def process_item(self, item: CrawledPage) -> CrawledPage:
        """The item; its notice is stored, or its failure noted."""
        spider, archive = self.crawler.spider, self.crawler.spider.ledger
        try:
            await self._store(item, archive)
        except OperatorError as error:
            spider.fail(error)
        return item

    async def _store(self, item: CrawledPage, archive: CrawlLedger) -> None:
        spider, url, validators = self.crawler.spider, item.listed.entry.url, item.capture
        held = archive.held(url)
        if item.capture.status == 304:
            earlier = _as_it_was(item, held, archive)
            if earlier is None:
                archive.note_unchanged(url)
                spider.note_outcome("unchanged", item.listed.entry.title)
                return
            item = earlier
        notice = read_page(item, spider.source.region)
        why = notice.blocked or led_elsewhere(item, notice, held)
        if why:
            self._no_notice(item, why, archive, known=held is not None)
            return
        attached = kept_files(await self._attachments(notice, item, held), held)
        reading = Reading(notice, attached, item.snapshot, datetime.now(UTC))
        answer = validators if validators.status == 200 else None
        spider.note_outcome(archive.store(reading, url, answer), notice.title or item.listed.entry.title)

    def _no_notice(self, item: CrawledPage, why: str, archive: CrawlLedger, *, known: bool) -> None:
        """Note a page in a notice's place that is none; an archived notice stays as it is."""
        url, dead = item.listed.entry.url, why in _DEAD_PAGES
        if known:
            archive.note_absence(url, "soft_404" if dead else "blocked", why)
        else:
            archive.note_failure(url, "blocked", why)
        outcome = "again_gone" if known and dead else "blocked"
        self.crawler.spider.note_outcome(outcome, item.listed.entry.title, f"{item.capture.url}: {why}")

    async def _attachments(self, notice: Notice, item: CrawledPage, held: tables.RevisionRow | None) -> list[StoredAttachment]:
        if is_file(item.capture.body):
            return [await self._read_file(notice.attachments[0], item.capture, item.snapshot)]
        links = notice.attachments[:MAX_ATTACHMENTS]
        before = {row.url: row for row in held.attachments if row.digest} if held else {}
        return [await self._attachment(link, item.capture.url, before.get(link.url)) for link in links]

    async def _attachment(self, link: AttachmentLink, via: str, before: tables.AttachmentRow | None) -> StoredAttachment:
        """The file behind a link; one that cannot be had is stored as missing, with the reason."""
        if link.url is None:
            return _missing(link, "the page gives no address")
        meta = {"kind": "attachment", "via": via}
        headers = _file_conditions(before, self.crawler.spider.ledger)
        request = Request(link.url, callback=NO_CALLBACK, headers=headers, meta=meta, priority=20)
        try:
            response = await self.crawler.engine.download_async(request)
        except OperatorError:
            raise
        except Exception as error:  # whatever the network does, the notice itself is stored
            log.warning("attachment %s of %s: %s", link.url, via, error)
            return _missing(link, f"{type(error).__name__}: {error}"[:300])
        if response.status == 304 and before is not None:
            return stored_attachment(before, link.name)
        if response.status != 200:
            return _missing(link, f"HTTP {response.status}")
        self.crawler.spider.counts["attachments"] += 1
        fetched, snapshot = response.meta["fetched"], response.meta["snapshot"]
        return await self._read_file(link, fetched, snapshot)

    async def _read_file(self, link: AttachmentLink, fetched: Capture, snapshot: int) -> StoredAttachment:
        text = await asyncio.to_thread(self.extractor.extract, fetched.body, link.name, fetched.header("content-type"))
        digest = "sha256:" + hashlib.sha256(fetched.body).hexdigest()
        return StoredAttachment(link.url, text, digest, len(fetched.body), snapshot)


def led_elsewhere(item: CrawledPage, notice: Notice, held: tables.RevisionRow | None) -> str | None:
    """Why the page does not stand for an archived notice: the site led from its address to a page with another title and number."""
    if held is None or "redirected_from" not in item.capture.note or is_file(item.capture.body):
        return None
    same_title = bool(notice.title) and fold(notice.title or "") == fold(held.title)
    same_number = bool(notice.document_number) and notice.document_number == held.document_number
    return None if same_title or same_number else _ELSEWHERE


def _file_conditions(before: tables.AttachmentRow | None, archive: CrawlLedger) -> dict[str, str]:
    """Headers that let the server say that a file is the archived one, by what it said when that one was fetched."""
    if before is None or before.snapshot_id is None:
        return {}
    try:
        kept = archive.kept(before.snapshot_id)
    except DamageFound as error:
        log.warning("attachment %s is fetched anew: %s", before.url, error)
        return {}
    wanted = {"If-None-Match": kept.header("etag"), "If-Modified-Since": kept.header("last-modified")}
    return {name: value for name, value in wanted.items() if value and value.isprintable()}


def _as_it_was(item: CrawledPage, held: tables.RevisionRow | None, archive: CrawlLedger) -> CrawledPage | None:
    """The page that the server says has not changed, from the archive, so that its files are looked at; None when it has none."""
    if held is None or held.snapshot_id is None or not held.attachments:
        return None
    return replace(item, capture=archive.kept(held.snapshot_id), snapshot=held.snapshot_id)


def kept_files(attached: Sequence[StoredAttachment], held: tables.RevisionRow | None) -> list[StoredAttachment]:
    """The files, with those that could not be had now as they were archived: a failed request is no change of the source."""
    before = {row.url: row for row in held.attachments if row.digest} if held else {}
    return [stored_attachment(before[a.url], a.text.name) if a.digest is None and a.url in before else a for a in attached]


def _missing(link: AttachmentLink, why: str) -> StoredAttachment:
    """A file that could not be fetched, with the reason."""
    return StoredAttachment(link.url, AttachmentText(link.name, outcome="missing", detail=why))


def is_file(body: bytes) -> bool:
    """Whether the answer is a document file and no page."""
    return body.startswith(_FILE_SIGNATURES)


def read_page(item: CrawledPage, region: str | None) -> Notice:
    """The notice on a crawled page, with the list's word for what the page does not say (marked as such)."""
    entry, fetched = item.listed.entry, item.capture
    if is_file(fetched.body):
        name = entry.title or fetched.url.rsplit("/", 1)[-1]
        notice = Notice(url=entry.url, attachments=(AttachmentLink(name, fetched.url),))
    else:
        content_type = fetched.header("content-type")
        notice = read_detail(
            fetched.body, fetched.url, content_type=content_type, status=fetched.status, listed_title=entry.title, region=region
        )
    return with_list_values(replace(notice, url=entry.url), item)


def with_list_values(notice: Notice, item: CrawledPage) -> Notice:
    """The notice with title, date and kind taken from the list where its page shows none."""
    entry = item.listed.entry
    listed: dict[str, Any] = {}
    if not notice.title and entry.title:
        listed["title"] = entry.title
    if not notice.published_date and entry.date:
        listed["published_date"] = entry.date
    if not notice.kind and item.listed.column_kind:
        listed["kind"] = item.listed.column_kind
    return replace(notice, **listed, provenance={**notice.provenance, **dict.fromkeys(listed, "list")})
