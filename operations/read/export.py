"""Notices as lines of a file: any query's or all, in constant memory, ending in their count or in what went wrong."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date

from sqlalchemy import Engine, select

from index.answer.past import names_past
from index.engine import Page
from index.search import SearchRequest, SearchResult
from notices.errors import BadInput, NoticesError
from notices.text.display import csv_cell, masked, safe
from notices.text.language import _
from pipeline.sql import tables
from pipeline.sql.database import for_reading
from pipeline.sql.outbox import newest_revisions
from pipeline.sql.withheld import reading

FORMATS = ("csv", "jsonl")
MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
_BATCH = 50  # notices whose texts are in memory at once
_PAGE = 500  # hits asked of the index at once
COLUMNS = (
    "id", "revision", "title", "published_date", "written_date", "effective_date", "expiry_date", "issuer", "document_number", "kind", "region",
    "validity", "index_number", "theme", "state", "source", "first_seen_at", "last_seen_at", "url", "content_digest",
)  # fmt: skip

Row = Mapping[str, object]


def all_ids(database: Engine) -> Iterator[Sequence[int]]:
    """The ids of all notices in batches, in order."""
    last = 0
    while True:
        query = select(tables.NoticeRow.id).where(tables.NoticeRow.id > last).order_by(tables.NoticeRow.id).limit(_BATCH)
        with reading(database) as session:
            ids = session.scalars(query).all()
        if not ids:
            return
        yield ids
        last = ids[-1]


def matching_ids(search: Callable[[SearchRequest], SearchResult], request: SearchRequest) -> Iterator[Sequence[int]]:
    """The ids of the notices that match exactly, in batches, newest first; each copy of an instrument. Raises what the search raises."""
    refuse_past(request)
    asked = request._replace(page=Page(_PAGE, 0, "date"), every_copy=True, wants_next=True, snippets=False, facets=False)
    while True:
        result = search(asked)
        ids = [shown.hit.id for shown in result.hits if shown.hit.exact]
        yield from (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))
        if result.next is None or not ids:
            return
        asked = asked._replace(after=result.next)


def refuse_past(request: SearchRequest) -> None:
    """Raise BadInput for a question about the past: an export or a feed gives the newest revision."""
    if request.past or names_past(request.text):
        raise BadInput(_("the past can be searched, but not exported or followed: leave out past=1 and 在:历史"))


def rows(database: Engine, batches: Iterable[Sequence[int]], *, mask: bool = True) -> Iterator[Row]:
    """Each notice's newest revision with its text and its attachments' texts."""
    shown = masked if mask else str
    for ids in batches:
        found = {revision.notice_id: revision for revision in newest_revisions(for_reading(database), ids)}
        yield from (_row(found[ident], shown) for ident in ids if ident in found)


def _row(revision: tables.RevisionRow, shown: Callable[[str], str]) -> Row:
    notice = revision.notice
    values: dict[str, object] = {name: getattr(revision, name) for name in COLUMNS if hasattr(revision, name)}
    values |= {"id": notice.id, "revision": revision.n, "state": notice.state, "source": notice.source.name, "url": notice.url}
    values |= {"first_seen_at": notice.first_seen_at, "last_seen_at": notice.last_seen_at}
    plain = {name: _plain(values[name], shown) for name in COLUMNS}
    files = [
        {
            "name": shown(a.name), "url": a.url, "media_type": a.media_type, "outcome": a.outcome, "digest": a.digest,
            "pages": [shown(page) for page in a.text.split("\f")] if a.text else [],
        }
        for a in revision.attachments
    ]  # fmt: skip
    return {**plain, "addressees": [shown(each) for each in revision.addressees], "text": shown(revision.text), "attachments": files}


def _plain(value: object, shown: Callable[[str], str]) -> object:
    if isinstance(value, date):  # a datetime too
        return value.isoformat()
    return shown(value) if isinstance(value, str) else value


def lines(form: str, found: Iterator[Row], *, reasons: bool = True) -> Iterator[str]:
    """The file, line by line. Its last line says how many notices it contains, or after how many it broke off and why; then the error is raised.

    JSON Lines: {"exported": N}, with "error" where there is one. CSV: a last row whose first cell is "# exported", its second N, its third
    the error; no text and no attachments, which do not fit into cells. Without `reasons`, for strangers, the error is its kind alone.
    """
    write = json_line if form == "jsonl" else _csv_line
    count = 0
    if form == "csv":
        yield "\ufeff" + _csv_cells(COLUMNS)
    try:
        for row in found:
            yield write(row)
            count += 1
    except NoticesError as error:
        yield _end(form, count, f"{type(error).__name__}: {error}" if reasons else type(error).__name__)
        raise
    except Exception as error:
        yield _end(form, count, type(error).__name__)
        raise
    yield _end(form, count, None)


def _end(form: str, count: int, error: str | None) -> str:
    if form == "jsonl":
        return json_line({"exported": count} | ({"error": error} if error else {}))
    return _csv_cells(["# exported", count, *([safe(error)] if error else [])])


def json_line(row: Row) -> str:
    """The row as a line of JSON, half characters replaced."""
    return (
        json.dumps(row, ensure_ascii=False)
        .encode("utf-8", "replace")
        .decode("utf-8")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
        + "\n"
    )


def _csv_line(row: Row) -> str:
    return _csv_cells([safe(value) if isinstance(value := row[name], str) else value for name in COLUMNS])


def _csv_cells(values: Iterable[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([csv_cell(value) for value in values])
    return out.getvalue()
