"""Scrapy's download slots: one for a host, with the delay between its requests."""

from __future__ import annotations

from scrapy import Request
from scrapy.core.downloader import Downloader, Slot
from scrapy.crawler import Crawler


def slot_of(crawler: Crawler, request: Request) -> tuple[str, Slot | None]:
    """The key and the slot of the host that a request goes to; None before the first request to it."""
    assert crawler.engine is not None
    downloader = crawler.engine.downloader
    assert isinstance(downloader, Downloader)
    key = downloader.get_slot_key(request)
    return key, downloader.slots.get(key)
