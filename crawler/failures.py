"""What a request that brought no page tells: of the entry, and of a notice that is archived already."""

from __future__ import annotations

from typing import Any

from crawler.http.middlewares import Refused


def status_of(failure: Any) -> int | None:
    """The HTTP status of the answer; None when there was none."""
    return getattr(getattr(failure.value, "response", None), "status", None)


def failed_state(failure: Any) -> str:
    """refused by our rules or robots.txt, gone, or failed and to be tried again."""
    if failure.check(Refused) or "robots.txt" in str(failure.value):
        return "refused"
    return "gone" if status_of(failure) in (404, 410) else "failed"


def evidence_of(failure: Any) -> str:
    """What an answer that is no page says of an archived notice (pipeline.observe.presence)."""
    status = status_of(failure)
    if failed_state(failure) == "refused":
        return "refused"
    if status is None:
        return "host_down"
    return "blocked" if status in (401, 403, 412, 429, 503) else f"http_{status}"


def reason_of(failure: Any) -> str:
    """The failure in a line."""
    status = status_of(failure)
    return f"HTTP {status}" if status else f"{failure.type.__name__}: {failure.value}"[:500]
