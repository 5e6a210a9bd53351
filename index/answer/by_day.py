"""Exact hits in the order of a day that engines have no column for: first archived, this revision, the deadline."""

from __future__ import annotations

from datetime import date
from typing import TypeAlias

from index.answer.tiers import first_of_each, with_copies
from index.deadline import one_question
from index.engine import Answer, Engine, Hit, Page
from index.query.tree import Query
from notices.errors import QueryLimitError
from notices.text.language import _

MOST = 10_000  # exact matches; each is looked at
Key: TypeAlias = tuple[bool, int, int]


def by_day(engine: Engine, query: Query, page: Page, *, every_copy: bool = False) -> Answer:
    """A page of exact hits: `archived` and `changed` with the newest first, `deadline` with the earliest; those without the day last.

    Raises QueryLimitError for a query that matches more than MOST notices.
    """
    with one_question():
        found = engine.search(query._replace(boosts=(), relaxed_text=""), limit=MOST, sort="date")
        if found.total > MOST:
            raise QueryLimitError(
                _("{total} notices match, at most {most} can be sorted by {sort}; use more words or filters").format(
                    total=found.total, most=MOST, sort=page.sort
                )
            )
        hits = sorted(found.hits, key=lambda hit: day_key(hit, page.sort))
        some = (hits if every_copy else first_of_each(hits))[page.offset : page.offset + page.limit]
        return Answer(found.total, 0, tuple(some) if every_copy else with_copies(engine, query, some))


def day_key(hit: Hit, sort: str) -> Key:
    """What hits are sorted by."""
    day: date | None = getattr(hit, sort)
    number = (day or date.min).toordinal()
    return day is None, number if sort == "deadline" else -number, hit.id
