"""What a failed request means: for the entry that was to be fetched, and for a notice that is archived already."""

from __future__ import annotations

from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.http.causes import told
from crawler.http.guard import Refused


def status_of(failure: Failure) -> int | None:
    """The HTTP status of the response; None when there was none."""
    response = getattr(failure.value, "response", None)
    return response.status if isinstance(response, Response) else None


def failed_state(failure: Failure) -> str:
    """refused (by our rules or by robots.txt), gone, or failed: the last is tried again in a later run."""
    if isinstance(failure.value, Refused):
        return "refused"
    return "gone" if status_of(failure) in (404, 410) else "failed"


def evidence_of(failure: Failure) -> str:
    """What the failure is evidence of for an archived notice, in the terms of pipeline.observe.presence."""
    status = status_of(failure)
    if failed_state(failure) == "refused":
        return "refused"
    if status is None:
        return "host_down"
    return "blocked" if status in (401, 403, 412, 429, 503) else f"http_{status}"


def reason_of(failure: Failure) -> str:
    """The failure in a line."""
    status = status_of(failure)
    return f"HTTP {status}" if status else told(failure.value)
