"""Requests that the crawl's own rules forbid: private addresses, other schemes and, except for attachments, other sites; answers that are no HTTP."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, ResponseDataLossError
from scrapy.http import Response

from crawler.http.addresses import refused
from notices.ports import CrawlReport
from notices.urls import same_site


class Refused(IgnoreRequest):
    """A request that the crawl's own rules or robots.txt forbid; names the rule and the address."""


def running(crawler: Crawler) -> CrawlReport:
    """The crawl that a component of Scrapy serves: always our one spider (crawler.run)."""
    return cast(CrawlReport, crawler.spider)


def on_own_site(url: str, crawler: Crawler) -> bool:
    """Whether the address belongs to a site that the source names."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and any(
        same_site(parts.hostname or "", host) for host in running(crawler).ledger.known_hosts()
    )


class Guard:
    """Downloader middleware, the last before the network."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Guard:
        """Called by Scrapy."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Raise Refused for a request that must not be made."""
        why = None if running(self.crawler).source.allow_private else refused(request.url)
        if why:
            raise Refused(f"{why}: {request.url}")
        if request.meta.get("kind") != "attachment" and not on_own_site(request.url, self.crawler):
            raise Refused(f"another site: {request.url}")

    def process_response(self, request: Request, response: Response) -> Response:
        """The response. Raises ResponseDataLossError for a status that HTTP does not have (RFC 9110 §15): nothing could store it."""
        if not 100 <= response.status <= 999:
            raise ResponseDataLossError(f"status {str(response.status)[:24]} is not of HTTP: {response.url}")
        return response
