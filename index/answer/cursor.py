"""Paging that neither repeats nor skips a notice: by date while others are being added, by relevance in one state of the index.

A page by date begins after a notice. Scores change with every notice that is added, so a page by relevance begins at a count, and
its cursor names the state of the index that was counted in: in any other it is refused.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from index.answer.tiers import with_copies, without_later_copies
from index.deadline import one_question
from index.engine import Answer, Engine, Hit
from index.query.parse import MAX_OFFSET
from index.query.tree import And, Between, Node, Not, Or, Query
from notices.errors import QueryLimitError, StaleCursor
from notices.text.language import _


class _Position(NamedTuple):
    """The place after a notice in an answer by date; an undated notice has no day."""

    day: date | None
    ident: int


_CURSOR = re.compile(r"(\d{4}-\d\d-\d\d|undated)\.(\d{1,18})")
_COUNTED = re.compile(r"at\.(\d{1,6})\.([0-9a-z.-]{1,60})")
_STEP = 100
_DATED = Between("published_date", None, None)


def cursor_of(hit: Hit) -> str:
    """The cursor that continues by date after a hit."""
    return f"{hit.published_date.isoformat() if hit.published_date else 'undated'}.{hit.id}"


def cursor_at(engine: Engine, query: Query, offset: int, *, every_copy: bool = False) -> str:
    """The cursor that continues by relevance at a count of hits."""
    return f"at.{offset}.{_state(engine, query, every_copy)}"


def offset_of(engine: Engine, query: Query, cursor: str, *, every_copy: bool = False) -> int:
    """The offset of the cursor's page. Raises StaleCursor for a cursor of another query, or of another state of the index."""
    found = _COUNTED.fullmatch(cursor)
    if not found:
        raise _no_cursor(cursor, "relevance")
    if found[2] != _state(engine, query, every_copy):
        raise StaleCursor(
            _(
                "--after {cursor}: the index has changed since that answer, or the query is another, so the ranks "
                "differ; search again without --after, or with --sort date, whose cursors stay valid"
            ).format(cursor=cursor)
        )
    if int(found[1]) > MAX_OFFSET:
        raise QueryLimitError(
            _("--after {cursor}: answers end at offset {most}; make the query more specific, or use --sort date").format(
                cursor=cursor, most=MAX_OFFSET
            )
        )
    return int(found[1])


def _state(engine: Engine, query: Query, every_copy: bool) -> str:
    question = repr((query.node, query.filters, query.boosts, query.relaxed_text, every_copy))
    return f"{engine.version_token()}.{zlib.crc32(question.encode('utf-8', 'surrogatepass')):08x}"


def page_after(engine: Engine, query: Query, cursor: str, limit: int, *, every_copy: bool = False) -> Answer:
    """The next exact hits, newest first, undated last, after the cursor's. Raises StaleCursor for an invalid cursor."""
    with one_question():
        return _page_after(engine, query, _read(cursor), limit, every_copy)


def _page_after(engine: Engine, query: Query, after: _Position, limit: int, every_copy: bool) -> Answer:
    exact = query._replace(boosts=(), relaxed_text="")
    later = exact._replace(filters=And((query.filters, _not_newer(after.day))))
    hits: list[Hit] = []
    for batch in _batches(engine, later):
        fresh = [hit for hit in batch if hit.published_date != after.day or hit.id > after.ident]
        hits += fresh if every_copy else without_later_copies(engine, exact, fresh)
        if len(hits) >= limit:
            break
    shown = tuple(hits[:limit])
    return Answer(engine.search(exact, limit=0).total, 0, shown if every_copy else with_copies(engine, exact, shown))


def _read(cursor: str) -> _Position:
    found = _CURSOR.fullmatch(cursor)
    try:
        if not found:
            raise ValueError(cursor)
        return _Position(None if found[1] == "undated" else date.fromisoformat(found[1]), int(found[2]))
    except ValueError as error:
        raise _no_cursor(cursor, "date") from error


def _no_cursor(cursor: str, sort: str) -> StaleCursor:
    return StaleCursor(
        _("{cursor!r} is not a cursor of answers sorted by {sort}. Use the value `next` of an earlier answer").format(
            cursor=cursor, sort=sort
        )
    )


def _not_newer(day: date | None) -> Node:
    undated = Not(_DATED)
    return Or((Between("published_date", None, day), undated)) if day else undated


def _batches(engine: Engine, query: Query) -> Iterator[Sequence[Hit]]:
    offset = 0
    while hits := engine.search(query, limit=_STEP, offset=offset, sort="date").hits:
        yield hits
        offset += len(hits)
