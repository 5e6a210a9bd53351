"""All saved searches against one document: one pass of an automaton over its text, then the trees of those that may match. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import assert_never

from ahocorasick_rs import AhoCorasick

from index.document import Parts, facts_of, parts_of
from index.engine import Document
from index.query.tree import And, Between, Contains, Everything, HasAttachment, Is, Node, Not, Or, Phrase, Query
from notices.text.fold import fold

_SCOPES = {"title": ("title",), "text": ("text",), "attachment": ("attached",), "any": ("title", "number", "issuer", "text", "attached")}


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one document has: the runs found in each of its places, its facts, and the document for the rest."""

    runs: Mapping[str, frozenset[str]]
    facts: frozenset[str]
    document: Document


class Matcher:
    """Queries by name. The cost of a document grows with its length and with the queries of which it contains a run, not with all of them."""

    def __init__(self, queries: Mapping[str, Query]) -> None:
        self._nodes = {name: And((query.node, query.filters)) for name, query in queries.items()}
        self._runs = sorted({run for node in self._nodes.values() for run in _runs(node)})
        self._automaton = AhoCorasick(self._runs) if self._runs else None
        self._always: list[str] = []
        self._by_run: dict[str, list[str]] = defaultdict(list)
        for name, node in self._nodes.items():
            needed = _needed(node)
            if needed is None:
                self._always.append(name)
            for run in needed or ():
                self._by_run[run].append(name)

    def matching(self, document: Document) -> set[str]:
        """The names of the queries that match."""
        seen = self._seen(document)
        present = {run for runs in seen.runs.values() for run in runs}
        candidates = {*self._always, *(name for run in present for name in self._by_run.get(run, ()))}
        return {name for name in candidates if _holds(self._nodes[name], seen)}

    def _seen(self, document: Document) -> _Seen:
        parts = parts_of(document)
        runs = {place: self._found(getattr(parts, place)) for place in Parts._fields}
        runs["source"] = self._found(fold(document.source))
        return _Seen(runs, frozenset(facts_of(document)), document)

    def _found(self, texts: str | Sequence[str]) -> frozenset[str]:
        if self._automaton is None:
            return frozenset()
        pieces = (texts,) if isinstance(texts, str) else texts
        return frozenset(self._runs[n] for piece in pieces for n, _, _ in self._automaton.find_matches_as_indexes(piece, overlapping=True))


def _runs(node: Node) -> Iterator[str]:
    if isinstance(node, Phrase | Contains):
        yield node.text
    elif isinstance(node, And | Or):
        for part in node.parts:
            yield from _runs(part)
    elif isinstance(node, Not):
        yield from _runs(node.part)


def _needed(node: Node) -> frozenset[str] | None:
    """Runs of which a matching document contains at least one; None if it may contain none."""
    if isinstance(node, Phrase | Contains):
        return frozenset((node.text,))
    if isinstance(node, And):
        return min((n for part in node.parts if (n := _needed(part)) is not None), key=_cost, default=None)
    if isinstance(node, Or):
        each = [_needed(part) for part in node.parts]
        return None if None in each else frozenset(run for runs in each if runs for run in runs)
    return None


def _cost(runs: frozenset[str]) -> tuple[int, int]:
    """Fewer and longer runs are in fewer documents."""
    return len(runs), -min(map(len, runs), default=0)


def _holds(node: Node, seen: _Seen) -> bool:  # noqa: PLR0911 (a line a kind of node)
    match node:
        case Phrase(text, scope):
            return any(text in seen.runs[place] for place in _SCOPES[scope])
        case And(parts):
            return all(_holds(part, seen) for part in parts)
        case Or(parts):
            return any(_holds(part, seen) for part in parts)
        case Not(part):
            return not _holds(part, seen)
        case Is():
            return _is(node, seen.facts)
        case Contains(field, text):
            return text in seen.runs["number" if field == "document_number" else field]
        case Between(field, since, until):
            return _between(getattr(seen.document, field), since, until)
        case HasAttachment():
            return bool(seen.document.attachments)
        case Everything():
            return True
    assert_never(node)


def _is(node: Is, facts: frozenset[str]) -> bool:
    wanted = [f"{node.field}={value}" for value in node.values]
    return any(fact.startswith(tuple(wanted)) for fact in facts) if node.prefix else not facts.isdisjoint(wanted)


def _between(day: date | None, since: date | None, until: date | None) -> bool:
    return day is not None and (since is None or since <= day) and (until is None or day <= until)
