"""Pages about the archive as a whole: its sources and their months, what changed, how it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from operations.read.changes import newest_changes
from operations.read.coverage import UNDATED, MonthCount, coverage, notices_of
from operations.status import archive_status, names_of_sources, source_statuses
from watch.events import told_in
from web.archive import Archive
from web.pages import archive_of, page

_MONTHS, _LEVELS = 36, (1, 5, 20, 100)  # months of the map, and counts from which a square is darker
_ON_PAGE, _MOST_CHANGES, _SOURCES = 300, 100, 40
_MONTH = re.compile(rf"\d{{4}}-\d\d|{UNDATED}")


@dataclass(frozen=True, slots=True)
class Square:
    """A month of a source in the map: how many notices, and how dark from 0 to 4."""

    month: str
    notices: int
    level: int


def sources(request: Request) -> Response:
    """Some sources with their health, and the months of their notices as a map and as a table."""
    archive, after, now = archive_of(request), request.query_params.get("after", ""), datetime.now(UTC)
    *names, following = _named_after(archive, after, _SOURCES)
    found = coverage(archive.database, names)
    months = _last_months(now)
    counts: dict[str, dict[str, int]] = {}
    for each in found:
        counts.setdefault(each.source, {})[each.month] = each.notices
    rows = {name: [_square(month, by_month.get(month, 0)) for month in months] for name, by_month in counts.items()}
    values = {
        "sources": source_statuses(archive.database, archive.config, now, names),
        "rows": rows,
        "months": months,
        "years": {name: _years([each for each in found if each.source == name and each.month in months]) for name in counts},
        "following": names[-1] if following else None,
        "is_first": not after,
    }
    return page(request, "sources.html", values)


def _named_after(archive: Archive, after: str, most: int) -> list[str]:
    """The names of so many sources after a name, and at the end the next one or an empty text. Raises HTTPException beyond the last."""
    found = names_of_sources(archive.database, archive.config, after, most + 1)
    if after and not found:
        raise HTTPException(404)
    return found if len(found) > most else [*found, ""]


def source(request: Request) -> Response:
    """The months of one source that have notices."""
    archive, name = archive_of(request), request.path_params["source"]
    found = coverage(archive.database, [name])
    if not found:
        raise HTTPException(404)
    return page(request, "source.html", {"source": name, "years": _years(found)})


def _square(month: str, count: int) -> Square:
    return Square(month, count, sum(count >= least for least in _LEVELS))


def _last_months(now: datetime) -> list[str]:
    last = now.year * 12 + now.month - 1
    return [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(last - _MONTHS + 1, last + 1)]


def _years(found: Sequence[MonthCount]) -> Mapping[str, list[MonthCount]]:
    """The months of a source by year, the newest first."""
    years: dict[str, list[MonthCount]] = {}
    for each in reversed(found):
        years.setdefault(each.month[:4] if each.month != UNDATED else UNDATED, []).append(each)
    return years


def month(request: Request) -> Response:
    """The notices of one source and month: a plain list, which crawlers may follow."""
    source, wanted = request.path_params["source"], request.path_params["month"]
    after = request.query_params.get("after", "0")
    if not _MONTH.fullmatch(wanted) or not (after.isascii() and after.isdigit() and len(after) < 18):
        raise HTTPException(404)
    found = notices_of(archive_of(request).database, source, wanted, int(after), _ON_PAGE)
    if not found:
        raise HTTPException(404)
    following = found[-1].id if len(found) == _ON_PAGE else None
    return page(request, "month.html", {"source": source, "month": wanted, "lines": found, "following": following})


def changes(request: Request) -> Response:
    """What happened to notices, the newest first."""
    before = request.query_params.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) < 18):
        raise HTTPException(400)
    found = newest_changes(archive_of(request).database, _MOST_CHANGES, int(before) if before else None)
    following = found[-1].seq if len(found) == _MOST_CHANGES else None
    return page(request, "changes.html", {"changes": found, "following": following})


def told(request: Request) -> Response:
    """All that one message of a saved search told of. Only who got the message knows its id; nothing here leads to it, and no search engine keeps it."""
    found = told_in(archive_of(request).database, request.path_params["message"])
    answer = page(request, "told.html", {"events": found})
    answer.headers.update({"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"})
    return answer


def status(request: Request) -> Response:
    """How much the archive contains, how far its index and its signed log are."""
    archive = archive_of(request)
    return page(request, "status.html", {"status": archive_status(archive.database, archive.config, datetime.now(UTC), names=())})
