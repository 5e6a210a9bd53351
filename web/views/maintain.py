"""The maintainers' pages: how everything is, what was taken down, saved searches. Whoever has not shown who they are sees and writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from operations.preserve.taking_down import takedowns
from operations.status import archive_status
from pipeline.sql.database import database_errors, open_archive
from watch.saved import WatchSpec, add_watch, pause, remove, watches
from web.access import Access
from web.pages import Reader, archive_of, page

PREFIX = "/maintain"
_LARGEST_FORM = 16 * 1024
_OWN = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "same-origin",
}  # a form must say where it is from


def show(request: Request) -> Response:
    """Status in detail, takedowns, watches, and a form for a new watch."""
    name = _who(request)
    archive = archive_of(request)
    values = {
        "who": name, "status": archive_status(archive.database, archive.config, datetime.now(UTC)), "takedowns": takedowns(archive.database, past=True),
        "watches": watches(archive.database), "wanted": request.query_params.get("query", "")[:1024],
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
