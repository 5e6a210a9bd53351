"""How the hits of a query spread over issuers, regions, kinds, years, sources and states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from index.engine import Engine, Hit
from index.query.tree import And, HasAttachment, Query

MOST_COUNTED, MOST_VALUES = 10_000, 10


class Facets(NamedTuple):
    """The most frequent values of each field with their counts. `counted` exact hits were counted: all, or the newest MOST_COUNTED."""

    counted: int
    fields: dict[str, list[tuple[str, int]]]


def facets(engine: Engine, query: Query) -> Facets:
    """The facets of a query's exact hits."""
    exact = query._replace(boosts=(), relaxed_text="")
    hits = engine.search(exact, limit=MOST_COUNTED, sort="date").hits
    fields = {name: _counted(hits, value) for name, value in _FIELDS.items()}
    attached = engine.search(exact._replace(node=And((exact.node, HasAttachment()))), limit=0).total
    fields["attachment"] = [("yes", attached)] if attached else []
    return Facets(len(hits), fields)


def _counted(hits: tuple[Hit, ...], value: Callable[[Hit], str]) -> list[tuple[str, int]]:
    counts = Counter(filter(None, map(value, hits)))
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_VALUES]


def _year(hit: Hit) -> str:
    day = hit.published_date or hit.written_date
    return str(day.year) if day else ""


def _region(hit: Hit) -> str:
    from notices.reference.regions import name_of, significant  # the table of regions: only hits with a region load it

    return name_of(significant(hit.region)) if hit.region else ""


_FIELDS: dict[str, Callable[[Hit], str]] = {
    "issuer": lambda hit: hit.issuer,
    "region": _region,
    "kind": lambda hit: hit.kind,
    "year": _year,
    "source": lambda hit: hit.source,
    "state": lambda hit: hit.state,
    "validity": lambda hit: "" if hit.validity == "unknown" else hit.validity,
    "theme": lambda hit: hit.theme,
}
