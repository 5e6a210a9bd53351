"""Paging by date that neither repeats nor skips a notice while others are being added: a page begins after a notice, not at a count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from index.engine import Answer, Engine, Hit
from index.nodes import And, Between, Node, Not, Or, Query
from notices.errors import UserError

_CURSOR = re.compile(r"(\d{4}-\d\d-\d\d|undated)\.(\d{1,18})")
_STEP = 100
_DATED = Between("published_date", None, None)


def cursor_of(hit: Hit) -> str:
    """The cursor that continues after a hit."""
    return f"{hit.published_date.isoformat() if hit.published_date else 'undated'}.{hit.id}"


def page_after(engine: Engine, query: Query, cursor: str, limit: int) -> Answer:
    """The next exact hits, newest first, undated last, after the cursor's. Raises UserError for what is no cursor."""
    day, ident = _read(cursor)
    exact = replace(query, boosts=(), relaxed_text="")
    later = replace(exact, filters=And((query.filters, _not_newer(day))))
    hits: list[Hit] = []
    for hit in _stream(engine, later):
        if len(hits) == limit:
            break
        if hit.published_date != day or hit.id > ident:
            hits.append(hit)
    return Answer(engine.search(exact, limit=0).total, 0, tuple(hits))


def _read(cursor: str) -> tuple[date | None, int]:
    found = _CURSOR.fullmatch(cursor)
    try:
        if not found:
            raise ValueError(cursor)
        return (None if found[1] == "undated" else date.fromisoformat(found[1])), int(found[2])
    except ValueError as error:
        raise UserError(f"{cursor!r} is no cursor; use the value `next` of an earlier answer") from error


def _not_newer(day: date | None) -> Node:
    undated = Not(_DATED)
    return Or((Between("published_date", None, day), undated)) if day else undated


def _stream(engine: Engine, query: Query) -> Iterator[Hit]:
    offset = 0
    while hits := engine.search(query, limit=_STEP, offset=offset, sort="date").hits:
        yield from hits
        offset += len(hits)
