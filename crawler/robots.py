"""robots.txt as RFC 9309 reads it: missing means no rules, a failing server means no access, Crawl-delay is obeyed."""

from __future__ import annotations

from typing import Any

from scrapy import Request
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.http import Response

MAX_CRAWL_DELAY = 60.0
PRODUCT = "notices-archive"
_NOBODY = b"User-agent: *\nDisallow: /\n"


class Robots(RobotsTxtMiddleware):
    """Refuses what robots.txt disallows and slows down to its Crawl-delay."""

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        body = rules_of(response.status, response.body)
        await super()._parse_robots(response.replace(body=body), netloc, request)
        parser: Any = self._parsers[netloc]
        delay = parser.crawl_delay(PRODUCT) if hasattr(parser, "crawl_delay") else None
        if delay:
            self._slow_down(request, float(delay))

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
