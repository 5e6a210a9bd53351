"""What went wrong, said to a reader as a page and to a program as a problem document (RFC 9457); nothing in it that a stranger should not see."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from notices.errors import NoticesError, OperatorError, QueryLimitError, QuerySyntaxError, StaleCursor, TakenDown, UnknownName, UserError
from notices.text.display import masked, safe
from web.archive import Busy
from web.language import TAGS
from web.pages import Reader, page

MEDIA_TYPE = "application/problem+json"
_LONGEST, _LONGEST_QUERY = 600, 1024
OUT_OF_ORDER = (
    "The archive cannot be read at the moment. Its maintainers may be restoring it or rebuilding its index. Please try again later."
)
BUSY = "The archive is answering many questions at the moment. Please try again in a few seconds."
TOO_MANY = "Your network asks more questions than this server can answer. Please wait a little."
RETRY_AFTER = "5"  # seconds
_FAILED = "The page could not be made. The maintainers find the reason in the log."
_NOT_FOUND = "There is nothing at this address."
_log = logging.getLogger(__name__)


def is_program(request: Request) -> bool:
    """Whether the answer is for a program: the API, or whoever accepts JSON and not HTML."""
    accepted = request.headers.get("accept", "")
    return request.url.path.startswith(("/api/", "/mcp")) or ("json" in accepted and "html" not in accepted)


def problem(request: Request, status: int, detail: str, more: Mapping[str, object] | None = None) -> Response:
    """The answer to a request that cannot be served."""
    if is_program(request):
        answer = _document(request, status, detail, more or {})
    else:
        answer = page(
            request,
            "problem.html",
            {"status": status, "detail": detail, "position": (more or {}).get("position"), "query": typed(request)},
            status,
        )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    if status in (429, 503):
        answer.headers["Retry-After"] = RETRY_AFTER
    return answer


def too_many(request: Request) -> Response:
    """The answer to a network that asks too much: a line, because so many are refused that pages would be the load."""
    if is_program(request):
        return problem(request, 429, TOO_MANY)
    headers = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Retry-After": RETRY_AFTER}
    return PlainTextResponse(Reader(request).text(TOO_MANY), 429, headers)


def _document(request: Request, status: int, detail: str, more: Mapping[str, object]) -> Response:
    """The problem document. A program that names no language gets English, the language of the API; a person's may ask for Chinese (RFC 9457, 3.1.3)."""
    reader, title = Reader(request), HTTPStatus(status).phrase
    if reader.named == "zh":
        detail, label = reader.told(detail), f"problem {status}"
        title = reader.text(label) if reader.text(label) != label else title
    headers = {"Vary": "Accept-Language", "Content-Language": TAGS[reader.named or "en"]}
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(body, status, headers, media_type=MEDIA_TYPE)


def typed(request: Request) -> str:
    """The query that was asked, for the box of the page that refuses it: it is there to be corrected."""
    return request.query_params.get("q", "")[:_LONGEST_QUERY]


async def on_error(request: Request, error: Exception) -> Response:
    """The answer to an error that a view raised."""
    if isinstance(error, HTTPException):
        detail = _NOT_FOUND if error.status_code == 404 and error.detail == HTTPStatus.NOT_FOUND.phrase else error.detail
        answer = problem(request, error.status_code, detail)
        answer.headers.update(error.headers or {})
        return answer
    if isinstance(error, Busy):
        return problem(request, 503, BUSY)
    if isinstance(error, TakenDown):
        return problem(request, 451 if error.legal else 410, safe(masked(str(error)))[:_LONGEST])
    if isinstance(error, UserError):
        status = 404 if isinstance(error, UnknownName) else 409 if isinstance(error, StaleCursor) else 400
        more: dict[str, object] = {"limit": True} if isinstance(error, QueryLimitError) else {}
        if isinstance(error, QuerySyntaxError):
            more["position"] = error.position
        return problem(request, status, safe(masked(str(error)))[:_LONGEST], more)
    _log.error("%s: %s: %s", request.url.path, type(error).__name__, error, exc_info=not isinstance(error, NoticesError))
    return problem(
        request,
        503 if isinstance(error, OperatorError | OSError) else 500,
        OUT_OF_ORDER if isinstance(error, OperatorError | OSError) else _FAILED,
    )
