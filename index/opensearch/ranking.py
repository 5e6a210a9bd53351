"""What is asked of the cluster for an answer: exact matches, then documents with any of the words' n-grams, scored as index.scoring says."""

from __future__ import annotations

from collections.abc import Mapping

from index.laid_out import RANKED
from index.opensearch.query import Clause, Clauses, any_of, unscored
from index.query.tree import Everything, Is, Query
from index.scoring import PRIOR, SHARES, TEXT_RUN, TITLE_RUN, grams_of, runs_of
from notices.text.fold import grams

BY_DATE: list[object] = [{"recent": "desc"}]
BY_SCORE: list[object] = [{"_score": "desc"}, *BY_DATE]


def exact(clauses: Clauses, query: Query) -> Clause:
    """Documents that match the query's node and its filters; boosts raise scores."""
    parts: Clause = {"must": [clauses.clause(query.node)]}
    if query.filters != Everything():
        parts["filter"] = [clauses.clause(query.filters)]
    if query.boosts:
        parts["should"] = [_constant(clauses.clause(node), weight) for node, weight in query.boosts]
    return {"bool": parts}


def grams_wanted(text: str) -> list[str]:
    """The n-grams whose frequencies `relaxed` needs."""
    return list(dict.fromkeys([*grams(text)[:-1], *text]))


def relaxed(clauses: Clauses, query: Query, frequencies: Mapping[str, int], total: int) -> Clause:
    """Any pair of the text, without exact matches, and within the filters. The cluster multiplies by a gram's rarity itself."""
    text = query.relaxed_text
    found = grams_of(text, lambda gram: frequencies.get(gram, 0), total)
    should = [_gram(gram, found.times[gram]) for gram in found.singles]
    for run, weight in runs_of(text, found.pairs).items():
        should += [_constant(clauses.run(run, name), share * weight) for name, share in (("title", TITLE_RUN), ("text", TEXT_RUN))]
    for level, share in SHARES.items() if query.prior else ():
        if share:
            should.append(_constant(clauses.clause(Is("level", (level or "unknown",))), PRIOR * share * found.whole))
    parts: Clause = {"must": [any_of(_gram(gram, found.times[gram]) for gram in found.pairs)], "should": should}
    parts["must_not"] = [exact(clauses, query._replace(boosts=()))]
    if query.filters != Everything():
        parts["filter"] = [unscored(clauses.clause(query.filters))]
    return {"bool": parts}


def _gram(gram: str, times: int) -> Clause:
    return {"term": {RANKED: {"value": gram, "boost": float(times)}}}


def _constant(clause: Clause, weight: float) -> Clause:
    return {"constant_score": {"filter": clause, "boost": weight}}
