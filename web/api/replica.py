"""What an archive that follows this one is served (docs/follow.md)."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from operations.follow import serving
from web.access import Access
from web.api.endpoints import Endpoint, Json, Parameter, count
from web.json_answer import exact_json
from web.pages import archive_of

RECORDS, NOTE = "application/x-notices-records", "text/plain; charset=utf-8"
_MOST = 10**15 - 1


def _count(name: str, text: str) -> Parameter:
    return Parameter(name, text, count(0, _MOST))


def _limit(most: int) -> Parameter:
    return Parameter("limit", "at most so many", count(1, most, most))


def _served(request: Request) -> serving.Served:
    """The archive; entitled is who signs in as a maintainer. Raises HTTPException for a name or password that is not right."""
    archive, access = archive_of(request), request.app.state.access
    assert isinstance(access, Access)
    if "authorization" not in request.headers:
        return serving.Served(archive.config, archive.database)
    if not access.exists():
        raise HTTPException(401)
    access.maintainer(request)
    return serving.Served(archive.config, archive.database, entitled=True)


def _number(request: Request, name: str, default: int) -> int:
    return int(request.query_params.get(name) or default)


def _json(value: Json) -> Response:
    return Response(exact_json(value), media_type="application/json", headers={"Cache-Control": "no-store", "X-Robots-Tag": "noindex"})


def identity(request: Request) -> Response:
    """What names the archive."""
    return _json(serving.identity(_served(request)))


def checkpoint(request: Request) -> Response:
    """A signed note."""
    after = request.query_params.get("after")
    note = serving.signed_note(archive_of(request).database, None if after is None else int(after))
    return PlainTextResponse(note, headers={"Cache-Control": "no-cache"})


def newest_note(request: Request) -> Response:
    """The note at the address for people: this archive's own, or the one that it cosigned."""
    archive = archive_of(request)
    note = serving.shown_note(serving.Served(archive.config, archive.database))
    return PlainTextResponse(note, headers={"Cache-Control": "no-cache"})


def entries(request: Request) -> Response:
    """Entries of the log."""
    return _json(serving.entries(_served(request), _number(request, "after", 0), _number(request, "limit", serving.MOST_ENTRIES)))


def records(request: Request) -> Response:
    """Records, byte for byte."""
    found = serving.records(_served(request), _number(request, "after", 0), _number(request, "limit", serving.MOST_ENTRIES))
    return StreamingResponse(found, media_type=RECORDS, headers={"Cache-Control": "no-store", "X-Robots-Tag": "noindex"})


def changes(request: Request) -> Response:
    """Changes with their rows."""
    return _json(serving.changed_rows(_served(request), _number(request, "since", 0), _number(request, "limit", serving.MOST_CHANGES)))


def notice(request: Request) -> Response:
    """A notice with its rows."""
    return _json(serving.notice_rows(_served(request), request.path_params["notice"]))


def takedowns(request: Request) -> Response:
    """Takedowns in force."""
    return _json(serving.takedowns_in_force(archive_of(request).database))


_AFTER = _count("after", "those after the snapshot of this number (default: from the first on)")
ENDPOINTS = (
    Endpoint("/replica/archive", "replica_archive", "for an archive that follows: id, public key, how far it is signed", identity),
    Endpoint(
        "/replica/checkpoint", "replica_checkpoint", "the newest signed note of the log of snapshots, or the first of a longer log", checkpoint,
        (_count("after", "the first note of a log with more than so many entries"),), (NOTE,),
    ),
    Endpoint("/replica/entries", "replica_entries", "the entries of the log, in order", entries, (_AFTER, _limit(serving.MOST_ENTRIES))),
    Endpoint(
        "/replica/records", "replica_records", "the WARC records of entries, byte for byte, each after a line of JSON", records,
        (_AFTER, _limit(serving.MOST_ENTRIES)), (RECORDS,),
    ),
    Endpoint(
        "/replica/changes", "replica_changes", "changes with the rows that they brought", changes,
        (_count("since", "those after this number (default: all)"), _limit(serving.MOST_CHANGES)),
    ),
    Endpoint("/replica/notices/{notice}", "replica_notice", "a notice with the rows of all its revisions", notice),
    Endpoint("/replica/takedowns", "replica_takedowns", "the takedowns in force", takedowns),
)  # fmt: skip
