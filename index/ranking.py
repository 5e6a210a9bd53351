"""Evaluating a query tree and ranking what it finds: the same for every engine that can list documents by gram.

A phrase of one or two characters is a gram. A longer one is looked for in the folded texts of the documents that hold
its rarest grams, so a hit always holds the phrase.
"""

from __future__ import annotations

import heapq
import math
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from index.nodes import And, Between, Contains, Everything, HasAttachment, Is, Node, Not, Or, Phrase, Query
from notices.errors import QueryLimitError
from notices.text import grams

SECONDS = 2.0
K1, B = 1.2, 0.75
TITLE_WEIGHT, NUMBER_WEIGHT = 3.0, 4.0
_RAREST = 3
_RELAXED_POSTINGS = 60_000
_COLUMN_OF = {"published_date": "published", "written_date": "written", "effective_date": "effective"}


class Source(Protocol):
    """What evaluation reads; see index.whoosh_postings.Postings."""

    folded: Any

    def everything(self) -> set[int]: ...
    def column(self, name: str) -> Any: ...
    def frequency(self, gram: str) -> int: ...
    def with_gram(self, gram: str) -> frozenset[int]: ...
    def counts(self, gram: str) -> list[tuple[int, int]]: ...
    def with_fact(self, field: str, value: str, *, prefix: bool = False) -> frozenset[int]: ...


@dataclass(frozen=True, slots=True)
class Ranked:
    """A page of (document, score, exact), the count of exact matches and of relaxed ones."""

    total: int
    relaxed: int
    page: list[tuple[int, float, bool]]


@dataclass(slots=True)
class Run:
    """One query's evaluation: its source, its deadline and what it has found so far."""

    source: Source
    deadline: float
    memory: dict[Node, frozenset[int]] = field(default_factory=dict)

    def tick(self) -> None:
        """Raise QueryLimitError when the query's time is over."""
        if time.monotonic() > self.deadline:
            raise QueryLimitError(f"the query took longer than {SECONDS:g} s; make it more specific")


def rank(source: Source, query: Query, *, limit: int, offset: int, sort: str) -> Ranked:
    """The page of an answer: exact matches by score (or date), then relaxed ones where the exact do not fill the page."""
    run = Run(source, time.monotonic() + SECONDS)
    allowed = matches(run, query.filters) if query.filters != Everything() else None
    exact = matches(run, query.node) if allowed is None else matches(run, query.node) & allowed
    wanted = offset + limit
    scores = dict.fromkeys(exact, 0.0) if sort == "date" else _scores(run, query, exact)
    page = [(n, s, True) for n, s in _top(run, scores, wanted, sort)][offset:]
    relaxed: dict[int, float] = {}
    if query.relaxed_text and len(exact) < wanted:
        relaxed = _relaxed(run, query.relaxed_text, exact, allowed)
        skip = max(0, offset - len(exact))
        rest = _top(run, relaxed, skip + limit - len(page), sort)[skip:]
        page += [(n, s, False) for n, s in rest]
    return Ranked(len(exact), len(relaxed), page[:limit])


def matches(run: Run, node: Node) -> frozenset[int]:
    """The documents that a tree matches."""
    if node not in run.memory:
        run.tick()
        run.memory[node] = _matches(run, node)
    return run.memory[node]


def _matches(run: Run, node: Node) -> frozenset[int]:  # noqa: PLR0911 (a line a kind of node)
    source = run.source
    match node:
        case Phrase():
            return _phrase(run, node)
        case And(parts):
            return _all_of(run, parts)
        case Or(parts):
            return frozenset().union(*(matches(run, p) for p in parts))
        case Not(part):
            return frozenset(source.everything() - matches(run, part))
        case Is(name, values, prefix):
            return frozenset().union(*(source.with_fact(name, v, prefix=prefix) for v in values))
        case Contains():
            return _contains(run, node)
        case Between():
            return _between(run, node)
        case HasAttachment():
            return source.with_fact("has", "attachment")
        case Everything():
            return frozenset(source.everything())


def _all_of(run: Run, parts: tuple[Node, ...]) -> frozenset[int]:
    wanted = [p for p in parts if not isinstance(p, Not)]
    found = frozenset(run.source.everything()) if not wanted else None
    for part in wanted:
        found = matches(run, part) if found is None else found & matches(run, part)
        if not found:
            return frozenset()
    for denied in (p for p in parts if isinstance(p, Not)):
        found = (found or frozenset()) - matches(run, denied.part)
    return found or frozenset()


def _phrase(run: Run, phrase: Phrase) -> frozenset[int]:
    """Documents that hold the run: by gram alone when that is enough, else verified."""
    candidates = _candidates(run, phrase.text)
    if len(phrase.text) <= 2 and phrase.scope == "any":
        return candidates
    needle = phrase.text.encode("utf-8")
    starts, ends = _region(run.source, phrase.scope)
    return _verified(run, candidates, needle, starts, ends)


def _verified(run: Run, candidates: Iterable[int], needle: bytes, starts: Any, ends: Any) -> frozenset[int]:
    folded, found = run.source.folded, []
    for count, number in enumerate(candidates):
        if folded is not None and folded.find(needle, starts[number], ends[number]) >= 0:
            found.append(number)
        if count % 512 == 511:
            run.tick()
    return frozenset(found)


def _candidates(run: Run, text: str) -> frozenset[int]:
    """Documents that hold the rarest grams of a run."""
    if len(text) == 1:
        return run.source.with_gram(text)
    pairs = sorted(dict.fromkeys(grams(text)[:-1]), key=run.source.frequency)[:_RAREST]
    found: frozenset[int] | None = None
    for pair in pairs:
        found = run.source.with_gram(pair) if found is None else found & run.source.with_gram(pair)
        if not found:
            return frozenset()
    return found or frozenset()


def _region(source: Source, scope: str) -> tuple[Any, Any]:
    names = {
        "any": ("start", "end"),
        "title": ("start", "title_end"),
        "text": ("text_start", "attached_start"),
        "attachment": ("attached_start", "end"),
    }
    first, last = names[scope]
    return source.column(first), source.column(last)


def _contains(run: Run, node: Contains) -> frozenset[int]:
    """Documents whose short field holds the run: number and issuer are the second and third part of the folded text."""
    source = run.source
    if node.field == "source":
        return frozenset(n for n in source.everything() if n in source.with_fact("source", node.text, prefix=True))
    needle, which = node.text.encode("utf-8"), 1 if node.field == "document_number" else 2
    starts, ends = source.column("start"), source.column("text_start")
    candidates = _candidates(run, node.text)
    return frozenset(n for n in candidates if needle in source.folded[starts[n] : ends[n]].split(b"\0")[which])


def _between(run: Run, node: Between) -> frozenset[int]:
    values = run.source.column(_COLUMN_OF[node.field])
    low = node.since.toordinal() if node.since else 1
    high = node.until.toordinal() if node.until else 10_000_000
    return frozenset(n for n in run.source.everything() if low <= values[n] <= high)


def _scores(run: Run, query: Query, exact: frozenset[int]) -> dict[int, float]:
    """BM25 over the phrases as they stand in each document, title and number weighted, plus the query's boosts."""
    scores = dict.fromkeys(exact, 0.0)
    for phrase in dict.fromkeys(_phrases(query.node)):
        _add_phrase(run, phrase, scores)
    for node, weight in query.boosts:
        for number in matches(run, node) & exact:
            scores[number] += weight
    return scores


def _phrases(node: Node) -> Iterator[Phrase]:
    """The phrases that a match may hold; what stands under a Not is left out."""
    if isinstance(node, Phrase):
        yield node
    elif isinstance(node, And | Or):
        for part in node.parts:
            yield from _phrases(part)


def _add_phrase(run: Run, phrase: Phrase, scores: dict[int, float]) -> None:
    holding = matches(run, phrase)
    source, folded = run.source, run.source.folded
    total = max(len(source.everything()), 1)
    idf = math.log(1 + (total - len(holding) + 0.5) / (len(holding) + 0.5))
    starts, ends, title_ends, text_starts = (source.column(n) for n in ("start", "end", "title_end", "text_start"))
    average = max((folded.size() if folded is not None else 1) / total, 1)
    needle = phrase.text.encode("utf-8")
    for count, number in enumerate(holding & scores.keys() if len(holding) < len(scores) else scores.keys() & holding):
        body = folded[starts[number] : ends[number]]
        times = body.count(needle)
        norm = K1 * (1 - B + B * len(body) / average)
        score = times * (K1 + 1) / (times + norm)
        first = body.find(needle)
        head = text_starts[number] - starts[number]
        if 0 <= first < title_ends[number] - starts[number]:
            score += TITLE_WEIGHT
        elif 0 <= first < head:
            score += NUMBER_WEIGHT
        scores[number] += idf * score
        if count % 512 == 511:
            run.tick()


def _relaxed(run: Run, text: str, exact: frozenset[int], allowed: frozenset[int] | None) -> dict[int, float]:
    """BM25 over the text's grams, rarest first, until a bound of postings; exact matches and what filters refuse left out."""
    source = run.source
    total = max(len(source.everything()), 1)
    wanted = Counter(grams(text) + (list(text) if len(text) > 1 else []))
    by_rarity = sorted((source.frequency(g), g) for g in wanted)
    starts, ends = source.column("start"), source.column("end")
    average = max((source.folded.size() if source.folded is not None else 1) / total, 1)
    scores: dict[int, float] = {}
    read = 0
    for frequency, gram in by_rarity:
        if not frequency or (read and read + frequency > _RELAXED_POSTINGS):
            continue
        read += frequency
        idf = math.log(1 + (total - frequency + 0.5) / (frequency + 0.5)) * wanted[gram]
        for number, times in source.counts(gram):
            norm = K1 * (1 - B + B * (ends[number] - starts[number]) / average)
            scores[number] = scores.get(number, 0.0) + idf * times * (K1 + 1) / (times + norm)
        run.tick()
    live = source.everything() if allowed is None else allowed
    return {n: s for n, s in scores.items() if n not in exact and n in live}


def _top(run: Run, scores: dict[int, float], count: int, sort: str) -> list[tuple[int, float]]:
    """The best `count`: by score or date, then newer first, then the lower id."""
    dates, idents = run.source.column("published"), run.source.column("ident")

    def order(item: tuple[int, float]) -> tuple[float, int, int]:
        number, score = item
        return (0.0 if sort == "date" else -score, -dates[number], idents[number])

    return heapq.nsmallest(max(count, 0), scores.items(), key=order)


__all__ = ["Ranked", "Run", "Source", "matches", "rank"]
