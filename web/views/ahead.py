"""Deadlines that lie ahead, of all notices: as a page with a plot by week, and as a calendar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from index.engine import Page
from index.search import SearchRequest
from notices.hours import ZONE
from pipeline.sql.database import archive_id
from watch.deadlines import Deadline, calendar, deadlines
from web.pages import archive_of, page

_NOTICES, _SHOWN, _WEEKS = 500, 100, 12  # notices with the earliest deadlines; deadlines on the page; weeks of the plot


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days, and how many deadlines end in them."""

    first: date
    last: date
    count: int


def show(request: Request) -> Response:
    """The page."""
    now = datetime.now(UTC)
    total, found = _ahead(request, now)
    values = {
        "deadlines": found[:_SHOWN],
        "weeks": _weeks(found, now),
        "total": total,
        "more": max(len(found) - _SHOWN, 0),
        "most_notices": _NOTICES,
    }
    return page(request, "deadlines.html", values)


def calendar_file(request: Request) -> Response:
    """The same deadlines for calendars (RFC 5545)."""
    now = datetime.now(UTC)
    made = calendar(_ahead(request, now)[1], archive_id(archive_of(request).database), now)
    headers = {"Content-Disposition": 'attachment; filename="deadlines.ics"', "X-Robots-Tag": "noindex"}
    return Response(made, media_type="text/calendar", headers=headers)


def _ahead(request: Request, now: datetime) -> tuple[int, list[Deadline]]:
    """How many notices have a deadline ahead, and the deadlines of the first of them, the next first. The index knows which; rows say what."""
    archive, today = archive_of(request), now.astimezone(ZONE).date()
    asked = SearchRequest(f"截止:>={today.isoformat()}", page=Page(_NOTICES, 0, "deadline"), every_copy=True, snippets=False, facets=False)
    result = archive.search(asked)
    ids = [shown.hit.id for shown in result.hits if shown.hit.exact]
    return result.total, deadlines(archive.database, now, ids) if ids else []


def _weeks(found: Sequence[Deadline], now: datetime) -> list[Week]:
    today = now.astimezone(ZONE).date()
    counts = Counter((_last_day(each) - today).days // 7 for each in found)
    return [Week(today + timedelta(7 * n), today + timedelta(7 * n + 6), counts[n]) for n in range(_WEEKS)]


def _last_day(each: Deadline) -> date:
    """The day on which it ends: `end` is exclusive."""
    return (each.end - timedelta(microseconds=1)).date()
