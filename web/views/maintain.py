"""The maintainers' pages: how everything is, what was taken down, saved searches. Whoever has not shown who they are sees and writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from operations.preserve.taking_down import newest_takedowns
from operations.status import archive_status, names_of_sources
from pipeline.sql.database import database_errors, open_archive
from watch.saved import WatchSpec, add_watch, pause, remove, some_watches
from web.access import Access
from web.pages import Reader, archive_of, page
from web.views.query import count_of

PREFIX = "/maintain"
_LARGEST_FORM = 16 * 1024
_SHOWN = 100  # sources, saved searches and takedowns at once
_OWN = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "same-origin",
}  # a form must say where it is from


def show(request: Request) -> Response:
    """Status in detail, takedowns, watches, and a form for a new watch."""
    name = _who(request)
    archive, given = archive_of(request), request.query_params
    names = names_of_sources(archive.database, archive.config, given.get("sources", ""), _SHOWN + 1)
    saved = some_watches(archive.database, given.get("watches", ""), _SHOWN + 1)
    before = given.get("takedowns", "")
    past = newest_takedowns(archive.database, count_of("takedowns", before, 10**6) if before else None, _SHOWN + 1)
    values = {
        "who": name, "status": archive_status(archive.database, archive.config, datetime.now(UTC), names[:_SHOWN]), "takedowns": past[:_SHOWN],
        "watches": saved[:_SHOWN], "wanted": given.get("query", "")[:1024], "more_sources": names[_SHOWN - 1] if len(names) > _SHOWN else None,
        "more_watches": saved[_SHOWN - 1].name if len(saved) > _SHOWN else None, "more_takedowns": past[_SHOWN - 1].id if len(past) > _SHOWN else None,
    }  # fmt: skip
    answer = page(request, "maintain.html", values)
    answer.headers.update(_OWN)
    return answer


async def change_watch(request: Request) -> Response:
    """Add, pause, resume or remove a saved search, as the form says; then the page again."""
    await run_in_threadpool(_who, request)
    given = await _form(request)
    await run_in_threadpool(_change, request, given)
    return RedirectResponse(Reader(request).link(PREFIX), 303, _OWN)


def _who(request: Request) -> str:
    access = request.app.state.access
    assert isinstance(access, Access)
    return access.maintainer(request)


async def _form(request: Request) -> dict[str, str]:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _LARGEST_FORM:
            raise HTTPException(413)
    return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=20))


def _change(request: Request, given: dict[str, str]) -> None:
    name, config = given.get("name", ""), archive_of(request).config
    changes: dict[str, Callable[[], None]] = {
        "add": lambda: add_watch(database, WatchSpec(name, given.get("query", "")), datetime.now(UTC)),
        "pause": lambda: pause(database, name, paused=True),
        "resume": lambda: pause(database, name, paused=False),
        "remove": lambda: remove(database, name),
    }
    wanted = changes.get(given.get("do", ""))
    if wanted is None:
        raise HTTPException(400)
    database = open_archive(config)  # the reading room's own connections cannot write
    try:
        with database_errors(config.database):
            wanted()
    finally:
        database.dispose()
