"""Asking an engine: what holds the query, then what it may also mean, then what resembles it."""

from __future__ import annotations

from dataclasses import replace

from index.engine import Answer, Engine, Hit
from index.nodes import And, Node, Not, Or, Query


def answer(engine: Engine, query: Query, *, limit: int = 10, offset: int = 0, sort: str = "relevance") -> Answer:
    """A page of hits in three tiers.

    Exact hits match the query's node. Where they do not fill the page come the documents that its boosts match (other
    names, the number of another year), then the engine's relaxed ranking; neither is marked exact, both count as relaxed.
    """
    if not query.boosts:
        return engine.search(query, limit=limit, offset=offset, sort=sort)
    found = engine.search(replace(query, relaxed_text=""), limit=limit, offset=offset, sort=sort)
    if offset + limit <= found.total:
        return replace(found, relaxed=_near_total(engine, query))
    return _filled(engine, query, found, (limit, offset, sort))


def _near(query: Query) -> Query:
    meant: Node = Or(tuple(node for node, _ in query.boosts))
    return replace(query, node=And((meant, Not(query.node))), relaxed_text="")


def _near_total(engine: Engine, query: Query) -> int:
    return engine.search(_near(query), limit=0).total


def _filled(engine: Engine, query: Query, found: Answer, page: tuple[int, int, str]) -> Answer:
    limit, offset, sort = page
    near = engine.search(_near(query), limit=limit - len(found.hits), offset=max(0, offset - found.total), sort=sort)
    both = replace(query, node=Or((query.node, *(node for node, _ in query.boosts))))
    resembling = engine.search(both, limit=limit, offset=offset, sort=sort) if query.relaxed_text else None
    rest = [h for h in resembling.hits if not h.exact] if resembling else []
    hits = (*found.hits, *map(_inexact, near.hits), *rest)
    return Answer(found.total, near.total + (resembling.relaxed if resembling else 0), hits[:limit])


def _inexact(hit: Hit) -> Hit:
    return replace(hit, exact=False)
