"""The addresses of the API."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.endpoints import HTTPEndpoint
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from web.api import replica, views
from web.api.endpoints import AS_OF, CHANGES, EXPORT, REVISIONS, SEARCH, SOURCES, TEXT, Endpoint, refuse_wrong
from web.api.openapi import document
from web.json_answer import json_answer
from web.views import export

PREFIX, CHECK = "/api/v1", "/citations"
ENDPOINTS = (
    Endpoint("/search", "search", "search the archive", views.search, SEARCH),
    Endpoint("/notices/{notice}", "notice", "a notice, its newest revision or that of a day", views.notice, (AS_OF,)),
    Endpoint("/notices/{notice}/revisions", "revisions", "the revisions of a notice", views.revisions),
    Endpoint("/notices/{notice}/revisions/{n}", "revision", "one revision of a notice", views.notice),
    Endpoint("/notices/{notice}/revisions/{n}/attachments/{position}", "attachment", "the text of an attached file", views.attachment),
    Endpoint("/notices/{notice}/diff", "diff", "the difference of two revisions", views.diff, REVISIONS),
    Endpoint("/notices/{notice}/citations", "citations", "relations in both directions, and the newest version", views.citations),
    Endpoint("/notices/{notice}/history", "history", "revisions, observations, states and corrections", views.events),
    Endpoint("/notices/{notice}/pages", "pages", "its archived pages and files, for replay", export.pages_of, answers=(export.WACZ,)),
    Endpoint("/export", "export", "every exact match as a file, ending in its count", export.download, EXPORT, export.MEDIA_TYPES_OF_ALL),
    Endpoint("/changes", "changes", "what happened to notices after a change, in order", views.changed, CHANGES),
    Endpoint(
        "/citations",
        "citation_check",
        "every citation in a text: found, changed, withdrawn, repealed, ambiguous, not_held",
        views.check,
        TEXT,
    ),
    Endpoint("/sources", "sources", "the sources and their health, by name", views.sources, SOURCES),
    *replica.ENDPOINTS,
)


def routes() -> Sequence[BaseRoute]:
    """A route for each address, and the documents about them."""
    made = [Route(f"{PREFIX}{each.route}", _Texts if each.path == CHECK else _checked(each), name=f"api-{each.name}") for each in ENDPOINTS]
    return [*made, Route(f"{PREFIX}/openapi.json", _openapi), Route(f"{PREFIX}", _start), Route(f"{PREFIX}/", _start)]


class _Texts(HTTPEndpoint):
    """One address with two methods: it is one route, so that a refusal names both."""

    def get(self, request: Request) -> Response:
        """The citations of a short text."""
        refuse_wrong(TEXT, request.query_params)
        return views.check(request)

    async def post(self, request: Request) -> Response:
        """The citations of a longer text."""
        return await views.check_body(request)


def _checked(each: Endpoint) -> Callable[[Request], Response]:
    """The view, asked only with values that the document allows."""

    def answer(request: Request) -> Response:
        refuse_wrong(each.parameters, request.query_params)
        return each.view(request)

    return answer


def _openapi(request: Request) -> Response:
    return json_answer(request, document(PREFIX, ENDPOINTS, CHECK))


def _start(request: Request) -> Response:
    addresses = {each.name: f"{PREFIX}{each.path}" for each in ENDPOINTS}
    return json_answer(request, {"openapi": f"{PREFIX}/openapi.json", "addresses": addresses})
