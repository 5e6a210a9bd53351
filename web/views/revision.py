"""Parts of a revision: its difference from another, the text of an attached file, the archived bytes, their proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from operations.read.diff import Difference, Paragraph, difference
from operations.read.original import original_of
from operations.read.revisions import attached_text, revision_lines, revision_view
from web.pages import Reader, archive_of, page
from web.views.notice import MOST_SHOWN, lines_of, parts_of
from web.views.query import count_of

_OF_A_PARAGRAPH = 20  # characters that what surrounds a changed paragraph is worth
_SANDBOX = "default-src 'none'; sandbox"
PERSONAL = "The archived page contains personal data, so it is not handed out here. The maintainers of the archive can provide it."


def diff(request: Request) -> Response:
    """Two revisions side by side: `from` and `to`, or the last two."""
    ident = request.path_params["notice"]
    database = archive_of(request).database
    old, new = (revision_number(request, name) for name in ("from", "to"))
    view = revision_view(database, ident)
    found, cut = _first(difference(database, ident, old, new))
    answer = page(
        request,
        "diff.html",
        {"n": view, "d": found, "cut": cut, "made": {each.n: each.created_at for each in revision_lines(database, ident)}},
    )
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _first(whole: Difference) -> tuple[Difference, bool]:
    """As much of a difference as a page shows, and whether more of it was left out."""
    left, cut = MOST_SHOWN, False

    def shown(changed: Sequence[Paragraph]) -> tuple[Paragraph, ...]:
        nonlocal left, cut
        made: list[Paragraph] = []
        for each in changed:
            if left <= 0:
                cut = True
                break
            cut = cut or len(each.text) > left
            marks = tuple((start, min(end, left)) for start, end in each.marks if start < left)
            made.append(replace(each, text=each.text[:left], marks=marks))
            left -= len(each.text) + _OF_A_PARAGRAPH
        return tuple(made)

    text = shown(whole.text)
    files = tuple(replace(file, text=shown(file.text)) for file in whole.attachments.changed)
    return replace(whole, text=text, attachments=replace(whole.attachments, changed=files)), cut


def revision_number(request: Request, name: str) -> int | None:
    """The revision that a parameter names; None without it. Raises HTTPException."""
    value = request.query_params.get(name, "")
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and 0 < len(value) < 10):
        raise HTTPException(
            400, Reader(request).text("{name}: {value} is not the number of a revision.", name=name, value=repr(value[:40]))
        )
    return int(value)


def attachment(request: Request) -> Response:
    """The text of an attached file, page by page."""
    path = request.path_params
    found = attached_text(archive_of(request).database, path["notice"], path["n"], path["position"])
    parts = parts_of(found.pages)
    part = count_of("part", request.query_params.get("part", ""), len(parts), 1)
    pages = [(number, list(lines_of(text))) for number, text in parts[part - 1]]
    answer = page(request, "attachment.html", {"a": found, "pages": pages, "part": part, "parts": len(parts)})
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def original(request: Request) -> Response:
    """The archived bytes, as a file to be stored: never as a page of this site. Refused where they contain personal data, which pages star out."""
    ident, n = request.path_params["notice"], request.path_params["n"]
    archive = archive_of(request)
    found = original_of(archive.config, archive.database, ident, n)
    if found.personal:
        raise HTTPException(403, Reader(request).text(PERSONAL))
    headers = {
        "Content-Type": "text/plain",  # without a charset: the bytes say which, if anything does
        "Content-Security-Policy": _SANDBOX,
        "Content-Disposition": f'attachment; filename="notice-{ident}-r{n}.txt"',
        "Cache-Control": "no-cache",
        "X-Robots-Tag": "noindex",
        "X-Payload-Digest": found.payload_digest,
    }
    return Response(found.body, headers=headers)
