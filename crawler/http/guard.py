"""Requests that the crawl's own rules forbid: private addresses, other schemes and, except for attachments, other sites; answers that are no HTTP.

What it lets pass is counted. A site that never answers brings no page, so the budget of pages does not end its run: that of requests does.
"""

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
        self._left = self._most = crawler.settings.getint("REQUESTS_PER_RUN")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Guard:
        """Called by Scrapy."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Raise Refused for a request that must not be made, IgnoreRequest for one too many in this run."""
        why = None if running(self.crawler).source.allow_private else refused(request.url)
        if why:
            raise Refused(f"{why}: {request.url}")
        if request.meta.get("kind") != "attachment" and not on_own_site(request.url, self.crawler):
            raise Refused(f"another site: {request.url}")
        self._count()

    def _count(self) -> None:
        """Count a request. The last one ends the run: what waits is left to the next run, untried."""
        if self._left <= 0:
            raise IgnoreRequest(f"not asked for: the {self._most} requests of this run were made")
        self._left -= 1
        if self._left == 0:
            running(self.crawler).stop(f"its {self._most} requests are made (max_requests_per_run); the next run goes on")

    def process_response(self, request: Request, response: Response) -> Response:
        """The response. Raises ResponseDataLossError for a status that HTTP does not have (RFC 9110 §15): nothing could store it."""
        if not 100 <= response.status <= 999:
            raise ResponseDataLossError(f"status {str(response.status)[:24]} is not of HTTP: {response.url}")
        return response
