"""robots.txt as RFC 9309 reads it: missing means no rules, a failing server means no access, Crawl-delay is obeyed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

MAX_CRAWL_DELAY = 60.0
PRODUCT = "notices-archive"
_NOBODY = b"User-agent: *\nDisallow: /\n"


class Robots(RobotsTxtMiddleware):
    """Refuses what robots.txt disallows and slows down to its Crawl-delay."""

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        self._unknown: dict[str, str] = {}

    async def robot_parser(self, request: Request) -> Any:
        """The rules for a request. Scrapy's own answer is None for all but the first two that wait for one robots.txt."""
        await super().robot_parser(request)
        return self._parsers[urlsplit(request.url).netloc]

    def process_request_2(self, rp: Any, request: Request) -> None:
        """Raises IgnoreRequest for what the rules forbid, and for all while they are unknown: then a later run may ask again."""
        why = self._unknown.get(urlsplit(request.url).netloc)
        if why:
            raise IgnoreRequest(f"the site's robots rules cannot be had: {why}")
        super().process_request_2(rp, request)

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        body = rules_of(response.status, response.body)
        if response.status >= 500:
            self._unknown[netloc] = f"HTTP {response.status}"
        await super()._parse_robots(response.replace(body=body), netloc, request)
        parser: Any = self._parsers[netloc]
        delay = parser.crawl_delay(PRODUCT) if hasattr(parser, "crawl_delay") else None
        if delay:
            self._slow_down(request, float(delay))

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        """A robots.txt that cannot be had closes the site (RFC 9309 §2.3.1.4); one that our own rules refuse sets none."""
        super()._robots_error(exc, netloc)
        if not isinstance(exc, IgnoreRequest):
            self._unknown[netloc] = type(exc).__name__

    def _slow_down(self, request: Request, delay: float) -> None:
        downloader: Any = self.crawler.engine.downloader
        slot = downloader.slots.get(downloader.get_slot_key(request))
        if slot is not None:
            slot.delay = max(slot.delay, min(delay, MAX_CRAWL_DELAY))


def rules_of(status: int, body: bytes) -> bytes:
    """The rules a robots.txt answer stands for: none for 4xx or a page, all closed for 5xx."""
    if status >= 500:
        return _NOBODY
    is_page = b"<html" in body[:2048].lower() or b"<!doctype" in body[:2048].lower()
    return b"" if status >= 400 or is_page else body
