"""What stands between the spider and the network: address guard, redirects on the own site, retries that wait."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.downloadermiddlewares.retry import RetryMiddleware, get_retry_request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.http.addresses import refused
from notices.urls import same_site

PATIENCE = 120.0  # seconds a run waits for a busy server; beyond it the run ends and the source is paused
MAX_PAUSE = 86_400.0
_REDIRECTS = (301, 302, 303, 307, 308)


class Refused(IgnoreRequest):
    """A request that the crawl's own rules forbid; says which rule and which address."""


class Guard:
    """Refuses private addresses, other schemes and, except for attachments, other sites."""

    def __init__(self, crawler: Any) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Any) -> Guard:
        """Made by Scrapy."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Raise Refused for a request that must not be made."""
        source = self.crawler.spider.source
        why = None if source.allow_private else refused(request.url)
        if why:
            raise Refused(f"{why}: {request.url}")
        if request.meta.get("kind") != "attachment" and not _own_site(request.url, self.crawler.spider):
            raise Refused(f"another site: {request.url}")


class OwnSiteRedirect(RedirectMiddleware):
    """Follows redirects within the site; a redirect to another site or scheme is refused with its chain."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """The response, or the request to follow it. Raises Refused, or IgnoreRequest for what may lead somewhere another time."""
        chain = " -> ".join([*request.meta.get("redirect_urls", []), request.url])
        to = (response.headers.get("Location") or b"").decode("latin-1")[:500]
        try:
            result = super().process_response(request, response)
        except (ValueError, IgnoreRequest) as error:
            raise IgnoreRequest(f"{error}: {chain} -> {to}") from error
        if isinstance(result, Request) and not _own_site(result.url, self.crawler.spider):
            raise Refused(f"redirect to another site: {chain} -> {result.url}")
        if result is response and to and response.status in _REDIRECTS:
            raise Refused(f"redirect that is not followed: {chain} -> {to}")
        return result


def _own_site(url: str, spider: Any) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and any(same_site(parts.hostname or "", h) for h in spider.ledger.known_hosts())


class RetryLater(RetryMiddleware):
    """Retries with growing pauses and obeys Retry-After; a server that asks for a long pause ends the run."""

    def __init__(self, settings: Any) -> None:
        super().__init__(settings)
        self._holds: Counter[str] = Counter()
        self._usual: dict[str, float] = {}

    async def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """The response, or the request again after the pause."""
        if request.meta.get("dont_retry") or response.status not in self.retry_http_codes:
            return response
        wait = retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
        tries = request.meta.get("retry_times", 0)
        if wait is not None and wait > PATIENCE:
            self._pause_source(wait)
            return response
        spider: Any = self.crawler.spider
        again = get_retry_request(request, spider=spider, reason=str(response.status), max_retry_times=self.max_retry_times)
        if again is None:
            return response
        await self._hold_host(request, wait if wait is not None else min(PATIENCE, spider.backoff * 2**tries * random.uniform(0.75, 1.25)))  # noqa: S311
        return again

    def _pause_source(self, seconds: float) -> None:
        spider: Any = self.crawler.spider
        spider.stop(f"paused: the server asks for {int(seconds)} s", paused=min(seconds, MAX_PAUSE))

    async def _hold_host(self, request: Request, seconds: float) -> None:
        """Let no request go to the host for that long: its slot is slowed down until the last of the pauses under way is over."""
        downloader: Any = self.crawler.engine.downloader
        key = downloader.get_slot_key(request)
        slot = downloader.slots.get(key)
        if slot:
            self._usual.setdefault(key, slot.delay)
            slot.delay = max(slot.delay, seconds)
        self._holds[key] += 1
        await asyncio.sleep(seconds)
        self._holds[key] -= 1
        if slot and not self._holds[key]:
            slot.delay = self._usual.pop(key, slot.delay)


def retry_after(value: bytes | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for; None when there is none or it is not readable."""
    text = (value or b"").decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (TypeError, ValueError):
        return None
