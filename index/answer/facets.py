"""How the hits of a query spread over issuers, regions, kinds, years, sources and states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from index.engine import CountsValues, Engine, Hit
from index.query.tree import And, HasAttachment, Query

MOST_COUNTED, MOST_VALUES = 10_000, 10


class Facets(NamedTuple):
    """The most frequent values of each field with their counts. `counted` exact hits were counted: all, or the newest MOST_COUNTED."""

    counted: int
    fields: dict[str, list[tuple[str, int]]]


def facets(engine: Engine, query: Query) -> Facets:
    """The facets of a query's exact hits."""
    exact = query._replace(text="", boosts=(), relaxed_text="", highlights=(), interpretations=(), prior=True)
    counted, fields = (_by_engine(engine, exact) if isinstance(engine, CountsValues) else None) or _by_hits(engine, exact)
    attached = engine.search(exact._replace(node=And((exact.node, HasAttachment()))), limit=0).total
    fields["attachment"] = [("yes", attached)] if attached else []
    return Facets(counted, fields)


def _by_hits(engine: Engine, exact: Query) -> tuple[int, dict[str, list[tuple[str, int]]]]:
    hits = engine.search(exact, limit=MOST_COUNTED, sort="date").hits
    return len(hits), {name: _most(Counter(map(value, hits))) for name, value in _FIELDS.items()}


def _by_engine(engine: CountsValues, exact: Query) -> tuple[int, dict[str, list[tuple[str, int]]]] | None:
    answer = engine.values(exact, tuple(_FIELDS))
    if answer is None:
        return None
    total, found = answer
    counts = dict(found)
    regions = Counter[str]()
    for code, count in counts["region"].items():
        regions[_name(code)] += count
    counts["region"] = regions
    counts["validity"] = Counter({value: count for value, count in counts["validity"].items() if value != "unknown"})
    return total, {name: _most(counts[name]) for name in _FIELDS}


def _most(counts: Counter[str]) -> list[tuple[str, int]]:
    known = ((value, count) for value, count in counts.items() if value)
    return sorted(known, key=lambda item: (-item[1], item[0]))[:MOST_VALUES]


def _year(hit: Hit) -> str:
    day = hit.published_date or hit.written_date
    return str(day.year) if day else ""


def _name(code: str) -> str:
    from notices.reference.regions import name_of, significant  # the table of regions: only hits with a region load it

    return name_of(significant(code)) if code else ""


_FIELDS: dict[str, Callable[[Hit], str]] = {
    "issuer": lambda hit: hit.issuer,
    "region": lambda hit: _name(hit.region),
    "kind": lambda hit: hit.kind,
    "year": _year,
    "source": lambda hit: hit.source,
    "state": lambda hit: hit.state,
    "validity": lambda hit: "" if hit.validity == "unknown" else hit.validity,
    "theme": lambda hit: hit.theme,
}
