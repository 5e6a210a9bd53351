"""How many matches have each value of a field, exactly: a cluster adds up what each shard thinks its most frequent values are, so all are asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from index.opensearch.query import Clause
from index.opensearch.snapshot import Snapshot

_MOST = 5_000  # values asked for at once; a cluster answers 65,535 in all
_PAGE = 5_000


def values_of(snapshot: Snapshot, clause: Clause, fields: Sequence[str], *, seconds: float) -> tuple[int, Mapping[str, Counter[str]]]:
    """How many documents the clause matches, and how many of them have each value of each field."""
    asked = {name: {"terms": {"field": f"value_{name}", "size": _MOST}} for name in fields}
    answer = snapshot.ask({"size": 0, "query": clause, "aggs": asked}, seconds=seconds)
    found = answer.aggregations
    counted: dict[str, Counter[str]] = {}
    for name in fields:
        if found[name].sum_other_doc_count or found[name].doc_count_error_upper_bound:
            counted[name] = _page_by_page(snapshot, clause, name, seconds)
        else:
            counted[name] = Counter({str(bucket.key): bucket.doc_count for bucket in found[name].buckets})
    return answer.hits.total.value, counted


def _page_by_page(snapshot: Snapshot, clause: Clause, name: str, seconds: float) -> Counter[str]:
    """All values of a field that has more than are answered at once."""
    counts: Counter[str] = Counter()
    composite: Clause = {"size": _PAGE, "sources": [{"value": {"terms": {"field": f"value_{name}"}}}]}
    while True:
        body: Clause = {"size": 0, "query": clause, "aggs": {"all": {"composite": composite}}}
        found = snapshot.ask(body, seconds=seconds).aggregations["all"]
        counts.update({each.key["value"]: each.doc_count for each in found.buckets if isinstance(each.key, dict)})
        if found.after_key is None or len(found.buckets) < _PAGE:
            return counts
        composite = {**composite, "after": found.after_key}
