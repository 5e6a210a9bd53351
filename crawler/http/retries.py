"""Retries that wait: growing pauses, Retry-After obeyed, and a run that ends when the server asks for a long pause."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from scrapy import Request
from scrapy.downloadermiddlewares.retry import RetryMiddleware, get_retry_request
from scrapy.http import Response
from scrapy.settings import BaseSettings

from crawler.http.guard import running
from crawler.http.slots import slot_of

PATIENCE = 120.0  # seconds that a run waits for a busy server; beyond it the run ends and the source is paused
MAX_PAUSE = 86_400.0  # a day: a Retry-After of years would silence a source for good
_SHORTEST, _LONGEST = 0.05, 5.0  # first pause in seconds: the source's delay within these bounds


class RetryLater(RetryMiddleware):
    """Downloader middleware in the place of Scrapy's, which retries at once and ignores Retry-After."""

    def __init__(self, settings: BaseSettings) -> None:
        super().__init__(settings)
        self._first_pause = max(_SHORTEST, min(settings.getfloat("DOWNLOAD_DELAY"), _LONGEST))
        self._pauses: Counter[str] = Counter()
        self._usual_delays: dict[str, float] = {}

    async def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """The response, or the request again after the pause."""
        if request.meta.get("dont_retry") or response.status not in self.retry_http_codes:
            return response
        asked = retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
        tries = request.meta.get("retry_times", 0)
        if asked is not None and asked > PATIENCE:
            running(self.crawler).stop(f"paused: the server asks for {int(asked)} s", paused=min(asked, MAX_PAUSE))
            return response
        assert self.crawler.spider is not None
        retry = get_retry_request(request, spider=self.crawler.spider, reason=str(response.status), max_retry_times=self.max_retry_times)
        if retry is None:
            return response
        growing = min(PATIENCE, self._first_pause * 2**tries * random.uniform(0.75, 1.25))  # noqa: S311 (no secret)
        await self._hold_host(request, growing if asked is None else asked)
        return retry

    async def _hold_host(self, request: Request, seconds: float) -> None:
        """Send nothing to the host for that long: its slot is slowed down until the last of several pauses is over."""
        key, slot = slot_of(self.crawler, request)
        if slot:
            self._usual_delays.setdefault(key, slot.delay)
            slot.delay = max(slot.delay, seconds)
        self._pauses[key] += 1
        await asyncio.sleep(seconds)
        self._pauses[key] -= 1
        if slot and not self._pauses[key]:
            slot.delay = self._usual_delays.pop(key, slot.delay)


def retry_after(value: bytes | None, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for, in either form of RFC 9110 §10.2.3; None without a readable one."""
    text = (value or b"").decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (TypeError, ValueError):
        return None
