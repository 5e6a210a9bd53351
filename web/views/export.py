"""The notices of a query, or all, as a file that is written while it is read."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from notices.errors import UserError
from operations.read.export import FORMATS, MEDIA_TYPES, all_ids, lines, matching_ids, refuse_past, rows
from web.pages import archive_of
from web.views.query import asked

_log = logging.getLogger(__name__)
_TO_READER = 64 * 1024  # characters sent at once


def download(request: Request) -> Response:
    """The file; `all=1` in place of a query. Its last line is a count or an error: a reader who lacks it has not got all."""
    form = request.query_params.get("format", "jsonl")
    if form not in FORMATS:
        raise UserError(f"format: {form!r} is not known here; use {' or '.join(FORMATS)}")
    archive, question = archive_of(request), asked(request, snippets=False)
    if request.query_params.get("all") == "1":
        batches = all_ids(archive.database)
    elif question.is_empty or question.request.similar:
        raise UserError("nothing is asked: q or a filter is needed, or all=1")
    else:
        refuse_past(question.request)
        archive.search(question.request)  # a query that cannot be answered is refused before the file begins
        batches = matching_ids(archive.search, question.request._replace(after=None))
    headers = {
        "Content-Disposition": f'attachment; filename="notices.{form}"',
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex",
    }
    return StreamingResponse(
        _sent(lines(form, rows(archive.database, batches), reasons=False)), media_type=MEDIA_TYPES[form], headers=headers
    )


def _sent(found: Iterator[str]) -> Iterator[bytes]:
    """The lines in larger pieces. An error has its line already; it is logged here, as the head of the answer is sent."""
    waiting, size = [], 0
    try:
        for line in found:
            waiting.append(line)
            size += len(line)
            if size > _TO_READER:
                yield "".join(waiting).encode()
                waiting, size = [], 0
    except Exception:
        _log.exception("an export broke off")
    if waiting:
        yield "".join(waiting).encode()
