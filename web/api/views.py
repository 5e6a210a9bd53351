"""What each address of the API answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from index.query.fields import filter_node
from index.query.tree import Everything
from notices.errors import UserError
from notices.text.fold import fold
from notices.text.language import _
from operations.read.as_of import view_as_of
from operations.read.changes import changes, cursor_of
from operations.read.citation_check import check_citations
from operations.read.diff import difference
from operations.read.history import history
from operations.read.json_values import json_object
from operations.read.notice_views import NoticeView, relations
from operations.read.revisions import attached_text, revision_lines, revision_view
from operations.status import names_of_sources, source_statuses
from web.api.endpoints import LARGEST_TEXT, MOST_CHANGES, MOST_SOURCES
from web.json_answer import json_answer
from web.pages import archive_of
from web.views.query import asked, count_of, day_of
from web.views.revision import revision_number

_NOTHING: dict[str, object] = {  # a query without a character that is searched finds nothing; it is no mistake of the address
    "total": 0, "relaxed": 0, "hits": [], "understood": [], "took_ms": 0, "next": None, "note": "the query contains no character that is searched",
}  # fmt: skip
_PUBLIC = ("name", "site", "enabled", "notices", "newest_date", "last_run", "outcome", "state", "last_new")  # reasons are the maintainers'


def search(request: Request) -> Response:
    """An answer to a query, as `search --json` prints it, each hit with its permanent address."""
    question = asked(request, facets=request.query_params.get("facets") == "1")
    if not fold(question.text) and not question.request.similar and filter_node(question.request.filters) == Everything():
        return json_answer(request, {"query": question.text, **_NOTHING})
    result = question.answered(archive_of(request))
    value = result.as_json()
    value["hits"] = [{**hit, "address": f"/n/{hit['id']}/r/{hit['revision']}"} for hit in _objects(value["hits"])]
    return json_answer(request, value)


def _objects(value: object) -> list[Mapping[str, object]]:
    return value if isinstance(value, list) else []


def notice(request: Request) -> Response:
    """The newest revision of a notice, or the one that the path names."""
    database, ident, n, day = archive_of(request).database, request.path_params["notice"], request.path_params.get("n"), day_of(request)
    view = view_as_of(database, ident, day) if day and n is None else revision_view(database, ident, n)
    return json_answer(request, addressed(view))


def addressed(view: NoticeView) -> dict[str, object]:
    """The notice as JSON with the permanent address of the revision shown."""
    return {"address": f"/n/{view.id}/r/{view.revision}", **json_object(view)}


def revisions(request: Request) -> Response:
    """The revisions of a notice, the newest first."""
    ident = request.path_params["notice"]
    database = archive_of(request).database
    revision_view(database, ident)
    lines = [{"address": f"/n/{ident}/r/{line.n}", **json_object(line)} for line in revision_lines(database, ident)]
    return json_answer(request, {"notice": ident, "revisions": lines})


def attachment(request: Request) -> Response:
    """The text of an attached file, page by page."""
    path = request.path_params
    return json_answer(request, attached_text(archive_of(request).database, path["notice"], path["n"], path["position"]))


def diff(request: Request) -> Response:
    """What differs between two revisions."""
    old, new = (revision_number(request, name) for name in ("from", "to"))
    database, ident = archive_of(request).database, request.path_params["notice"]
    revision_view(database, ident)
    return json_answer(request, difference(database, ident, old, new))


def citations(request: Request) -> Response:
    """What a notice cites, what cites it, and its newest version."""
    database, ident = archive_of(request).database, request.path_params["notice"]
    revision_view(database, ident)
    (found,) = relations(database, [ident])
    return json_answer(request, found)


def events(request: Request) -> Response:
    """Everything that happened to a notice, oldest first."""
    database, ident = archive_of(request).database, request.path_params["notice"]
    revision_view(database, ident)
    return json_answer(request, {"notice": ident, "events": history(database, ident)})


def sources(request: Request) -> Response:
    """Sources and their health, by name; `next` is the `after` of the next page."""
    archive, given = archive_of(request), request.query_params
    limit = count_of("limit", given.get("limit", ""), MOST_SOURCES)
    names = names_of_sources(archive.database, archive.config, given.get("after", ""), limit + 1)
    found = source_statuses(archive.database, archive.config, datetime.now(UTC), names[:limit])
    following = names[limit - 1] if len(names) > limit else None
    return json_answer(request, {"sources": [{name: getattr(each, name) for name in _PUBLIC} for each in found], "next": following})


def changed(request: Request) -> Response:
    """What happened to notices after a change, in order; `next` is the `since` of the next page, and of the next visit."""
    database = archive_of(request).database
    since, limit = request.query_params.get("since", "0"), count_of("limit", request.query_params.get("limit", ""), MOST_CHANGES)
    if not since.strip():
        raise UserError(_("since is empty; it is the number of a change, or a date such as 2026-03-01"))
    after = cursor_of(database, since)
    found = list(islice(changes(database, after), limit))
    return json_answer(request, {"changes": found, "next": found[-1].seq if found else after})


def check(request: Request) -> Response:
    """Every citation in a text, and whether the archive contains what it names."""
    text = request.query_params.get("text", "")
    return json_answer(request, {"citations": check_citations(archive_of(request).database, text)})


async def check_body(request: Request) -> Response:
    """The same for a text that is sent as the body, in UTF-8: a longer one."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_TEXT:
            raise UserError(_("the text has more than {most} bytes").format(most=LARGEST_TEXT))
    if not body:
        raise UserError(_("the body is empty; it is the text whose citations are checked"))
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(_("the text is not UTF-8: byte {offset}").format(offset=error.start)) from error
    found = await to_thread.run_sync(check_citations, archive_of(request).database, text)
    return json_answer(request, {"citations": found})
