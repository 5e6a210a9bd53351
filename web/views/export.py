"""The notices of a query, or all, as a file that is written while it is read; and archived pages for replay, which are packed first."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from index.query.fields import filter_node
from index.query.tree import Everything
from notices.errors import QueryLimitError, UserError
from notices.text.fold import fold
from notices.text.language import _
from operations.packages import parquet
from operations.packages.wacz import Packed, Packing, write_wacz
from operations.read.export import FORMATS, MEDIA_TYPES, all_ids, lines, matching_ids, refuse_past, rows
from operations.read.revisions import revision_view
from pipeline.sql.outbox import notice_count
from web.pages import Reader, archive_of
from web.views.query import Asked, asked
from web.views.revision import PERSONAL

WACZ = "application/wacz"
MEDIA_TYPES_OF_ALL = (*(kind.partition(";")[0] for kind in MEDIA_TYPES.values()), parquet.MEDIA_TYPE, WACZ)
# Notices and bytes of a file that is packed for a stranger: all of it lies on the disk meanwhile.
MOST_PACKED, _LARGEST_PACKED = 200, 256 << 20
_log = logging.getLogger(__name__)
_TO_READER = 64 * 1024  # characters or bytes sent at once
_NO_PAGE = "The archive has no page of this notice: it came as text alone."


def forms() -> tuple[str, ...]:
    """The formats that this installation writes."""
    return (*FORMATS, *(("parquet",) if parquet.is_installed() else ()), "wacz")


def download(request: Request) -> Response:
    """The file; `all=1` in place of a query. Its last line or its footer is a count or an error: a reader who lacks it has not got all."""
    form = request.query_params.get("format", "jsonl")
    if form not in forms():
        raise UserError(
            _("{name}: {value} is not known here; use {known}").format(name="format", value=repr(form), known=", ".join(forms()))
        )
    archive, question = archive_of(request), asked(request, snippets=False)
    if request.query_params.get("all") == "1":
        count, batches = notice_count(archive.database), all_ids(archive.database)
    elif request.url.path.startswith("/api/") and _searches_nothing(question):
        count, batches = 0, iter(())  # to a program it is an answer with nothing in it, as that of the search
    elif question.is_empty or question.request.similar:
        raise UserError(_("nothing is asked: q or a filter is needed, or all=1"))
    else:
        refuse_past(question.request)
        count = archive.search(question.request).total  # a query that cannot be answered is refused before the file begins
        batches = matching_ids(archive.search, question.request._replace(after=None))
    if form == "wacz":
        return _replayed(request, question, count, batches)
    found = rows(archive.database, batches)
    if form == "parquet":
        return StreamingResponse(_whole(parquet.parquet_pieces(found)), media_type=parquet.MEDIA_TYPE, headers=_named("notices.parquet"))
    return StreamingResponse(_sent(lines(form, found, reasons=False)), media_type=MEDIA_TYPES[form], headers=_named(f"notices.{form}"))


def _searches_nothing(question: Asked) -> bool:
    return not fold(question.text) and not question.request.similar and filter_node(question.request.filters) == Everything()


def pages_of(request: Request) -> Response:
    """The archived pages and files of one notice, as WACZ. Raises HTTPException where it has none that may be handed out."""
    ident = request.path_params["notice"]
    view = revision_view(archive_of(request).database, ident)
    file, packed = _packed(request, view.title, iter([[ident]]))
    if not packed.records:
        file.close()
        raise HTTPException(403, Reader(request).text(PERSONAL)) if packed.personal else HTTPException(404, Reader(request).text(_NO_PAGE))
    return _handed_out(file, packed, f"notice-{ident}.wacz")


def _replayed(request: Request, question: Asked, count: int, batches: Iterator[Sequence[int]]) -> Response:
    if count > MOST_PACKED:
        raise QueryLimitError(
            _(
                "pages of {most} notices at most are packed here, and {count} match; narrow the query, or ask the archive's maintainers"
            ).format(most=MOST_PACKED, count=count)
        )
    return _handed_out(*_packed(request, question.text or "notices", batches), "notices.wacz")


def _packed(request: Request, title: str, batches: Iterator[Sequence[int]]) -> tuple[IO[bytes], Packed]:
    archive = archive_of(request)
    file = cast("IO[bytes]", _Bounded(max_size=8 << 20))
    try:
        return file, write_wacz(Packing(archive.config, archive.database, title), batches, file)
    except BaseException:
        file.close()
        raise


class _Bounded(tempfile.SpooledTemporaryFile[bytes]):
    """A temporary file that takes so many bytes and no more."""

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Write them. Raises QueryLimitError beyond the bound."""
        if self.tell() + len(data) > _LARGEST_PACKED:
            raise QueryLimitError(
                _("the pages have more than {size} MB; narrow the query, or ask the archive's maintainers").format(
                    size=_LARGEST_PACKED >> 20
                )
            )
        return super().write(data)


def _handed_out(file: IO[bytes], packed: Packed, name: str) -> Response:
    size = file.seek(0, 2)
    file.seek(0)
    told = {"Content-Length": str(size), "X-Notices-Left-Out": str(packed.without_page)}
    return StreamingResponse(_read(file), media_type=WACZ, headers=_named(name) | told)


def _read(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_TO_READER):
            yield piece


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


def _whole(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces. An error ends the answer without its end, as the head of it is sent."""
    try:
        yield from pieces
    except Exception:
        _log.exception("an export broke off")
        raise


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
