"""Three tiers of hits: those that contain the query, those of its other meanings, similar ones; copies of one instrument are one hit."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable

from index.deadline import SECONDS, deadline, one_question
from index.engine import Answer, Engine, Hit, Page
from index.query.tree import And, Is, Node, Not, Or, Phrase, Query
from notices.errors import QueryLimitError
from notices.text.fold import fold
from notices.text.language import _

_MOST_COPIES = 10_000


def answer(engine: Engine, query: Query, *, limit: int = 10, offset: int = 0, sort: str = "relevance") -> Answer:
    """A page of hits in three tiers, each instrument once, `copies` counting the others.

    Exact hits match the query's node. If they do not fill the page, the documents that its boosts match follow (other names, the
    number of another year), then the engine's relaxed ranking; neither is marked exact, both count as relaxed.
    `total` and `relaxed` count documents; limit and offset count hits. Raises QueryLimitError when all of it takes too long.
    """
    with one_question():
        return _collapsed(engine, query, Page(limit, offset, sort))


def _collapsed(engine: Engine, query: Query, page: Page) -> Answer:
    query = _without_redundant_literal(engine, query)
    if not page.limit:
        return _every_copy(engine, query, page)
    wanted = reach = page.offset + page.limit
    until = deadline()
    while time.monotonic() < until:
        found = _every_copy(engine, query, Page(reach, 0, page.sort))
        heads = _heads(engine, query, found.hits, page.sort)
        if len(heads) >= wanted or len(found.hits) < reach:
            return found._replace(hits=with_copies(engine, query, heads[page.offset : wanted]))
        reach += 2 * (wanted - len(heads)) + reach // 2
    raise QueryLimitError(
        _("skipping copies took longer than {value:g} s; ask for every copy, or make the query more specific").format(value=SECONDS)
    )


def _heads(engine: Engine, query: Query, hits: Iterable[Hit], sort: str) -> list[Hit]:
    """One hit for each instrument: the best. By date the copy that was archived first, which no later copy displaces."""
    every = list(hits)
    return first_of_each(without_later_copies(engine, query, every) if sort == "date" else every)


def first_of_each(hits: Iterable[Hit]) -> list[Hit]:
    """The first hit of each instrument."""
    first: dict[tuple[str, int], Hit] = {}
    for hit in hits:
        first.setdefault(("one", hit.id) if hit.group is None else ("copies of", hit.group), hit)
    return list(first.values())


def without_later_copies(engine: Engine, query: Query, hits: Iterable[Hit]) -> list[Hit]:
    """The hits without exact ones of which a copy with a lower id matches too."""
    every = list(hits)
    first = {group: min(ids) for group, ids in _copies(engine, query, every, exact=True).items()}
    return [hit for hit in every if not hit.exact or hit.group is None or first.get(hit.group, hit.id) == hit.id]


def with_copies(engine: Engine, query: Query, hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """The hits with the count of further copies: of an exact hit those that match, of a similar one those that pass the filters."""
    every = list(hits)
    matching = {exact: _copies(engine, query, every, exact=exact) for exact in (True, False)}
    return tuple(_counted(hit, matching[hit.exact].get(hit.group or 0, {hit.id}) - {hit.id}) for hit in every)


def _counted(hit: Hit, others: set[int]) -> Hit:
    return hit._replace(copies=len(others)) if others else hit


def _copies(engine: Engine, query: Query, hits: Iterable[Hit], *, exact: bool) -> dict[int, set[int]]:
    """Ids of the documents of each hit's instrument, by instrument; with `exact` of those that match the query."""
    groups = sorted({hit.group for hit in hits if hit.group is not None and hit.exact is exact})
    found: dict[int, set[int]] = defaultdict(set)
    if groups:
        same = Is("group", tuple(map(str, groups)))
        node = And((query.node, same)) if exact else same
        for hit in engine.search(Query("", node, query.filters), limit=_MOST_COPIES, sort="date").hits:
            found[hit.group or 0].add(hit.id)
    return found


def every_copy(engine: Engine, query: Query, *, limit: int = 10, offset: int = 0, sort: str = "relevance") -> Answer:
    """The page with each copy of an instrument as a hit. Raises QueryLimitError as answer does."""
    with one_question():
        return _every_copy(engine, _without_redundant_literal(engine, query), Page(limit, offset, sort))


def _every_copy(engine: Engine, query: Query, page: Page) -> Answer:
    limit, offset, sort = page
    if not query.boosts:
        return engine.search(query, limit=limit, offset=offset, sort=sort)
    found = engine.search(query._replace(relaxed_text=""), limit=limit, offset=offset, sort=sort)
    if offset + limit <= found.total:
        return found._replace(relaxed=_near_total(engine, query))
    return _filled(engine, query, found, page)


def _without_redundant_literal(engine: Engine, query: Query) -> Query:
    """A query of nothing but filters, without its literal text where no notice contains that: the date alone ranks it then."""
    match query.node:
        case Or((tree, Phrase(text) as literal)) if text == fold(query.text) and not query.boosts and not _has_words(tree):
            found = engine.search(Query("", literal, query.filters), limit=0).total
            return query if found else query._replace(node=tree)
    return query


def _has_words(node: Node) -> bool:
    if isinstance(node, And | Or):
        return any(map(_has_words, node.parts))
    return isinstance(node, Phrase)


def _near(query: Query) -> Query:
    meant: Node = Or(tuple(node for node, _ in query.boosts))
    return query._replace(node=And((meant, Not(query.node))), relaxed_text="")


def _near_total(engine: Engine, query: Query) -> int:
    return engine.search(_near(query), limit=0).total


def _filled(engine: Engine, query: Query, found: Answer, page: Page) -> Answer:
    limit, offset, sort = page
    near = engine.search(_near(query), limit=limit - len(found.hits), offset=max(0, offset - found.total), sort=sort)
    both = query._replace(node=Or((query.node, *(node for node, _ in query.boosts))))
    similar = engine.search(both, limit=limit, offset=offset, sort=sort) if query.relaxed_text else None
    rest = [h for h in similar.hits if not h.exact] if similar else []
    hits = (*found.hits, *map(_inexact, near.hits), *rest)
    return Answer(found.total, near.total + (similar.relaxed if similar else 0), hits[:limit])


def _inexact(hit: Hit) -> Hit:
    return hit._replace(exact=False)
