"""A query tree in the query language of the cluster: it evaluates everything, and what it finds is exact.

A run of characters is a few of its pairs at their offsets, chosen as for Tantivy, so that a run scores the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from index.laid_out import CHARS, COLUMN_OF, FIELD_OF, PREFIXES, SCOPES, WEIGHTS, clean
from index.opensearch.schema import GAP, SOURCE, SOURCE_PREFIX
from index.query.tree import And, Between, Contains, Everything, HasAttachment, Is, Node, Not, Or, Phrase
from index.scoring import cover

Clause = dict[str, object]
_PREFIX_OF = {**PREFIXES, SOURCE: SOURCE_PREFIX}


class Clauses:
    """Makes clauses. `frequencies` are those of the pairs of every run of three characters and more: see pairs_of."""

    def __init__(self, frequencies: Mapping[str, int]) -> None:
        self._frequencies = frequencies

    def clause(self, node: Node) -> Clause:  # noqa: PLR0911 (a line a kind of node)
        """The clause of a node; only phrases give a score."""
        match node:
            case Phrase(text, scope):
                return any_of(self.run(text, name, WEIGHTS[name]) for name in SCOPES[scope])
            case And(parts):
                return self._all_of(parts)
            case Or(parts):
                return any_of(self.clause(p) for p in parts)
            case Not(part):
                return {"bool": {"filter": [_EVERYTHING], "must_not": [self.clause(part)]}}
            case Is(name, values, prefix):
                return unscored(_facts(name, values, prefix))
            case Contains(name, text):
                return unscored(self.run(text, SOURCE if name == "source" else FIELD_OF[name]))
            case Between(name, since, until):
                bounds = {"gte": since.toordinal() if since else 1} | ({"lte": until.toordinal()} if until else {})
                return unscored({"range": {COLUMN_OF[name]: bounds}})
            case HasAttachment():
                return unscored({"term": {"facts": "has=attachment"}})
            case Everything():
                return unscored(_EVERYTHING)

    def run(self, text: str, name: str, weight: float = 1.0) -> Clause:
        """The run of folded characters within one part of the field."""
        text = clean(text)
        if len(text) == 1:
            return {"term": {CHARS: {"value": _PREFIX_OF[name] + text, "boost": weight}}}
        if len(text) == 2:
            return {"term": {name: {"value": text, "boost": weight}}}
        chosen = cover(text, lambda pair: self._frequencies.get(pair, 0))
        tokens = [text[at : at + 2] if at in chosen else GAP for at in range(len(text) - 1)]
        return {"match_phrase": {name: {"query": " ".join(tokens), "boost": weight}}}

    def _all_of(self, parts: tuple[Node, ...]) -> Clause:
        wanted = [self.clause(p) for p in parts if not isinstance(p, Not)]
        denied = [self.clause(p.part) for p in parts if isinstance(p, Not)]
        return {"bool": {"must": wanted or [unscored(_EVERYTHING)], "must_not": denied}}


_EVERYTHING: Clause = {"match_all": {}}


def any_of(clauses: Iterable[Clause]) -> Clause:
    """Any of the clauses, their scores added; none of them matches nothing."""
    every = list(clauses)
    return every[0] if len(every) == 1 else {"bool": {"should": every, "minimum_should_match": 1}} if every else {"match_none": {}}


def unscored(clause: Clause) -> Clause:
    """The same matches without a score."""
    return {"bool": {"filter": [clause]}}


def _facts(name: str, values: tuple[str, ...], prefix: bool) -> Clause:
    facts = [clean(f"{name}={value}") for value in values]
    return any_of({"prefix": {"facts": each}} for each in facts) if prefix else {"terms": {"facts": facts}}


def pairs_of(*nodes: Node) -> Iterator[str]:
    """The pairs of every run of three characters and more in the trees."""
    for node in nodes:
        match node:
            case Phrase(text) | Contains(_, text):
                text = clean(text)
                yield from (text[at : at + 2] for at in range(len(text) - 1) if len(text) > 2)
            case And(parts) | Or(parts):
                yield from pairs_of(*parts)
            case Not(part):
                yield from pairs_of(part)
