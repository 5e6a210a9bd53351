"""What the crawl calls on its way to the archive: keep every response before anything reads it, then store notices."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from scrapy import Request
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from notices.errors import NoticesError, OperatorError
from notices.model import AttachmentLink, AttachmentText, CrawledPage, Fetched, Notice
from pipeline.archive import Archive
from pipeline.attachments import Extractor
from pipeline.detail import read_detail
from pipeline.store import Attached, Reading

MAX_ATTACHMENTS = 50
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
        archive: Archive = self.crawler.spider.ledger
        try:
            request.meta["snapshot"] = archive.keep(fetched)
        except OperatorError as error:
            stop_for(self.crawler.spider, archive, error)
            raise
        request.meta["fetched"] = fetched
        return response


def stop_for(spider: Any, archive: Archive, error: NoticesError) -> None:
    """End the run because the archive itself cannot be written."""
    archive.fatal = archive.fatal or error
    spider.stop(f"{type(error).__name__}: {error}")


def _fetched(request: Request, response: Response, tls: str) -> Fetched:
    headers = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, vs in response.headers.items() for v in vs)
    note = {"tls": tls} if tls != "verify" and response.url.startswith("https:") else {}
    if request.meta.get("redirect_urls"):
        note["redirected_from"] = " ".join(request.meta["redirect_urls"])
    kind = request.meta.get("kind") or "robots"
    return Fetched(kind, response.url, response.status, headers, response.body, datetime.now(UTC), request.meta.get("via"), note)


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
            stop_for(spider, archive, error)
        return item

    async def _store(self, item: CrawledPage, archive: Archive) -> None:
        notice = read_page(item, self.crawler.spider.source.region)
        spider = self.crawler.spider
        if notice.blocked:
            archive.note_failure(item.listed.entry.url, "blocked", notice.blocked)
            spider.note_outcome("blocked", item.listed.entry.title, f"{item.fetched.url}: {notice.blocked}")
            return
        attached = await self._attachments(notice, item)
        reading = Reading(notice, attached, item.snapshot, datetime.now(UTC))
        spider.note_outcome(archive.store(reading, item.listed.entry.url), notice.title or item.listed.entry.title)

    async def _attachments(self, notice: Notice, item: CrawledPage) -> list[Attached]:
        if is_file(item.fetched.body):
            return [await self._read_file(notice.attachments[0], item.fetched, item.snapshot)]
        links = notice.attachments[:MAX_ATTACHMENTS]
        return [await self._attachment(link, item.fetched.url) for link in links]

    async def _attachment(self, link: AttachmentLink, via: str) -> Attached:
        """The file behind a link; one that cannot be had is stored as missing, with the reason."""
        if link.url is None:
            return Attached(link, AttachmentText("missing", "", detail="the page gives no address"))
        meta = {"kind": "attachment", "via": via}
        try:
            response = await self.crawler.engine.download_async(Request(link.url, callback=NO_CALLBACK, meta=meta, priority=20))
        except OperatorError:
            raise
        except Exception as error:  # whatever the network does, the notice itself is stored
            log.warning("attachment %s of %s: %s", link.url, via, error)
            return Attached(link, AttachmentText("missing", "", detail=f"{type(error).__name__}: {error}"[:300]))
        if response.status != 200:
            return Attached(link, AttachmentText("missing", "", detail=f"HTTP {response.status}"))
        self.crawler.spider.counts["attachments"] += 1
        fetched, snapshot = response.meta["fetched"], response.meta["snapshot"]
        return await self._read_file(link, fetched, snapshot)

    async def _read_file(self, link: AttachmentLink, fetched: Fetched, snapshot: int) -> Attached:
        text = await asyncio.to_thread(self.extractor.extract, fetched.body, link.name, fetched.header("content-type"))
        digest = "sha256:" + hashlib.sha256(fetched.body).hexdigest()
        return Attached(link, text, digest, len(fetched.body), snapshot)


def is_file(body: bytes) -> bool:
    """Whether the answer is a document file and no page."""
    return body.startswith(_FILE_SIGNATURES)


def read_page(item: CrawledPage, region: str | None) -> Notice:
    """The notice on a crawled page, with the list's word for what the page does not say (marked as such)."""
    entry, fetched = item.listed.entry, item.fetched
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
