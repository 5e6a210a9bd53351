"""robots.txt by RFC 9309: a missing file means no rules, a failing server means no access; Crawl-delay is obeyed."""

from __future__ import annotations

import codecs
import logging
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import RobotParser

from crawler.http.causes import told
from crawler.http.guard import Refused
from crawler.http.slots import slot_of

MAX_CRAWL_DELAY = 60.0  # seconds; some files ask for hours, which no run would survive
PRODUCT = "notices-archive"
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as UTF-16's does
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # UTF-16 is Notepad's "Unicode"
_NOBODY = b"User-agent: *\nDisallow: /\n"


def _is_told_elsewhere(record: logging.LogRecord) -> bool:
    """Drop Scrapy's trace of a robots.txt that failed: each request that it refuses says why."""
    return record.levelno < logging.ERROR


class Robots(RobotsTxtMiddleware):
    """Refuses what robots.txt disallows and slows down to its Crawl-delay."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        logging.getLogger(RobotsTxtMiddleware.__module__).addFilter(_is_told_elsewhere)
        self._unknown: dict[str, str] = {}

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """The rules for a request. Scrapy's own answer is None for all but the first two that wait for one robots.txt."""
        await super().robot_parser(request)
        rules = self._parsers[urlsplit(request.url).netloc]
        return rules if isinstance(rules, RobotParser) else None

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        """Raise Refused for what the rules forbid, and IgnoreRequest for everything while they are unknown: a later run may ask again."""
        why = self._unknown.get(urlsplit(request.url).netloc)
        if why:
            raise IgnoreRequest(f"the site's robots.txt could not be read: {why}")
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest as error:
            raise Refused(str(error)) from error

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        body = rules_of(response.status, response.body)
        if response.status >= 500:
            self._unknown[netloc] = f"HTTP {response.status}"
        await super()._parse_robots(response.replace(body=body), netloc, request)
        rules = self._parsers[netloc]
        delay = rules.crawl_delay(PRODUCT) if isinstance(rules, RobotParser) else None
        if delay:
            self._slow_down(request, float(delay))

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        """A robots.txt that cannot be fetched closes the site (RFC 9309 §2.3.1.4); one that our own rules refuse means no rules."""
        super()._robots_error(exc, netloc)
        if not isinstance(exc, IgnoreRequest):
            self._unknown[netloc] = told(exc)

    def _slow_down(self, request: Request, delay: float) -> None:
        _key, slot = slot_of(self.crawler, request)
        if slot is not None:
            slot.delay = max(slot.delay, min(delay, MAX_CRAWL_DELAY))


def rules_of(status: int, body: bytes) -> bytes:
    """The rules that a robots.txt answer means, in UTF-8: none for 4xx or an HTML page, everything closed for 5xx."""
    if status >= 500:
        return _NOBODY
    mark, encoding = next(((m, e) for m, e in _MARKS if body.startswith(m)), (b"", _unmarked(body)))
    if encoding is None:
        return b""
    body = body[len(mark) :].decode(encoding, "replace").encode()
    is_page = b"<html" in body[:2048].lower() or b"<!doctype" in body[:2048].lower()
    return b"" if status >= 400 or is_page else body


def _unmarked(body: bytes) -> str | None:
    """The encoding of a file without a mark: UTF-16 has a NUL beside every ASCII character; None for other bytes, which are no text."""
    zeros, halves = body.count(0), (body[0::2].count(0), body[1::2].count(0))
    if not zeros:
        return "utf-8"
    if zeros < len(body) // 4:
        return None
    return "utf-16-be" if halves[0] > halves[1] else "utf-16-le"
