"""The best matches of a query: BM25, title and number weighted, newer first among equals.

Reading every matching text to count a phrase would take most of a query's time. The count of a phrase's rarest gram
is an upper bound for the count of the phrase, so texts are read from the highest bound down, until no bound reaches the page.
"""

from __future__ import annotations

import heapq
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from itertools import compress, count
from typing import NamedTuple

from index.query.tree import Everything, Query, phrases_of
from index.scoring import K1, PRIOR, SHARES, TEXT_RUN, TITLE_RUN, TITLE_TIMES, Grams, grams_of, rarity, runs_of
from index.whoosh.bitsets import flags_of, numbers_of
from index.whoosh.matching import Evaluation, PostingsSource, SegmentPostings, begin, matches
from notices.text.fold import grams

TITLE_WEIGHT, NUMBER_WEIGHT = 3.0, 4.0
_MOST_TIMES = 255  # the postings keep counts up to this
_WINDOW = 100  # so many of the similar notices are scored by more than their pairs
_TICK = 512


class Place(NamedTuple):
    """A document's number on a page, its score, and whether it matches exactly."""

    number: int
    score: float
    exact: bool


class Ranked(NamedTuple):
    """A page, with the counts of exact matches and of relaxed ones."""

    total: int
    relaxed: int
    page: list[Place]


def rank(source: PostingsSource, query: Query, *, limit: int, offset: int, sort: str) -> Ranked:
    """The page of an answer: exact matches by score (or date), then relaxed ones where the exact do not fill the page."""
    evaluation = begin(source)
    allowed = source.everything() if query.filters == Everything() else matches(evaluation, query.filters)
    exact = matches(evaluation, query.node) & allowed
    total, wanted = exact.bit_count(), offset + max(limit, 0)
    first = newest(evaluation, numbers_of(exact), wanted) if sort == "date" else best_exact(evaluation, query, exact, wanted)
    page = [Place(n, s, True) for n, s in first[offset:]]
    relaxed = 0
    if query.relaxed_text and total < wanted:
        skip = max(0, offset - total)
        relaxed, rest = best_relaxed(evaluation, query, allowed & ~exact, skip + limit - len(page), sort)
        page += [Place(n, s, False) for n, s in rest[skip:]]
    return Ranked(total, relaxed, page[: max(limit, 0)])


class ScoredPhrase(NamedTuple):
    """A phrase as it is scored: its bytes, the gram whose count is an upper bound of its own, and the weight of an occurrence."""

    needle: bytes
    gram: str
    is_gram: bool
    idf: float


def best_exact(evaluation: Evaluation, query: Query, exact: int, wanted: int) -> list[tuple[int, float]]:
    """The best `wanted` of the exact matches with their scores, best first."""
    boosts = dict.fromkeys(numbers_of(exact), 0.0)
    for node, weight in query.boosts:
        for number in numbers_of(matches(evaluation, node) & exact):
            boosts[number] += weight
    phrases = [_scored_phrase(evaluation, text) for text in dict.fromkeys(p.text for p in phrases_of(query.node))]
    bounds, matching = dict(boosts), flags_of(exact, evaluation.source.size)
    for each in phrases:
        _add_bounds(evaluation, each, matching, bounds)
    if not all(each.is_gram for each in phrases):
        bounds = _read(evaluation, phrases, boosts, bounds, wanted)
    return _best(evaluation, bounds, wanted)


def _scored_phrase(evaluation: Evaluation, text: str) -> ScoredPhrase:
    is_gram = len(text) <= 2
    gram = text if is_gram else min(grams(text)[:-1], key=evaluation.source.frequency)
    return ScoredPhrase(text.encode("utf-8"), gram, is_gram, rarity(evaluation.source.size, evaluation.source.frequency(gram)))


def _add_bounds(evaluation: Evaluation, phrase: ScoredPhrase, matching: bytes, bounds: dict[int, float]) -> None:
    """Add to each document the most that the phrase can weigh there; for a gram that is its weight."""
    source, needle, most = evaluation.source, phrase.needle, phrase.idf * (K1 + 1)
    in_title, in_number = phrase.idf * TITLE_WEIGHT, phrase.idf * NUMBER_WEIGHT
    folded, norms = source.folded, source.plain_norms()
    starts, titles, texts = (source.column(name) for name in ("start", "title_end", "text_start"))
    for base, docs, counts in source.counts_by_segment(phrase.gram):
        numbers = array("I", map(base.__add__, docs)) if base else docs
        for number, times in compress(zip(numbers, counts, strict=True), map(matching.__getitem__, numbers)):
            start = starts[number]
            weight = most * times / (times + norms[number])
            if (first := folded[start : texts[number]].find(needle)) >= 0:
                weight += in_title if start + first < titles[number] else in_number
            bounds[number] += weight
        evaluation.tick()


def _read(
    evaluation: Evaluation, phrases: Sequence[ScoredPhrase], boosts: dict[int, float], bounds: dict[int, float], wanted: int
) -> dict[int, float]:
    """The scores of the documents that can be among the best `wanted`."""
    scores, best = dict[int, float](), list[float]()
    for number in sorted(bounds, key=bounds.__getitem__, reverse=True) if wanted else ():
        if len(best) == wanted and bounds[number] < best[0]:
            break
        scores[number] = score = boosts[number] + _score(evaluation.source, phrases, number)
        (heapq.heappush if len(best) < wanted else heapq.heappushpop)(best, score)
        if not len(scores) % _TICK:
            evaluation.tick()
    return scores


def _score(source: PostingsSource, phrases: Sequence[ScoredPhrase], number: int) -> float:
    """The weight of the phrases in a document, counted in its text."""
    start, text_start = source.column("start")[number], source.column("text_start")[number]
    body, norm, score = source.folded[start : source.column("end")[number]], source.plain_norms()[number], 0.0
    for each in phrases:
        if times := min(body.count(each.needle), _MOST_TIMES):
            first = body.find(each.needle)
            bonus = TITLE_WEIGHT if start + first < source.column("title_end")[number] else NUMBER_WEIGHT
            score += each.idf * ((K1 + 1) * times / (times + norm) + (bonus if start + first < text_start else 0.0))
    return score


def best_relaxed(evaluation: Evaluation, query: Query, allowed: int, wanted: int, sort: str) -> tuple[int, list[tuple[int, float]]]:
    """How many of the allowed documents contain any pair of the query's text, and the best `wanted` of them (index.scoring).

    Every document is scored by its pairs alone; the characters, the weight of title and number and the prior are added for the best of those.
    """
    source, text = evaluation.source, query.relaxed_text
    found = grams_of(text, source.frequency, source.size)
    pairs = [GramPostings(source.counts_by_segment(gram), gram, weight) for gram, weight in found.pairs.items()]
    scores = _by_grams(evaluation, pairs, ((1 << source.size) - 1) & ~allowed)
    total = len(scores) - scores.count(0.0)
    if sort == "date":
        return total, newest(evaluation, list(compress(count(), scores)), wanted)
    levels = _levels(evaluation, found.whole) if query.prior else []
    kept = max(wanted, _WINDOW)
    floor = heapq.nlargest(kept, scores)[-1] if scores else 0.0
    best = _best(evaluation, {n: scores[n] for n in compress(count(), map(floor.__le__, scores)) if scores[n]}, kept)
    scorer = _Scorer(source, text, found, pairs)
    near = {number: scorer.score(number) for number, _score in best[:_WINDOW]}
    for number in near:
        near[number] += next((bonus for documents, bonus in levels if documents >> number & 1), 0.0)
    evaluation.tick()
    return total, (_best(evaluation, near, _WINDOW) + best[_WINDOW:])[: max(wanted, 0)]


def _levels(evaluation: Evaluation, whole: float) -> list[tuple[int, float]]:
    """The documents of each level with what the prior adds to their scores."""
    source = evaluation.source
    shares = [(level, share) for level, share in SHARES.items() if share]
    return [(source.with_fact("level", level or "unknown"), PRIOR * share * whole) for level, share in shares]


class GramPostings:
    """A gram of a text with its postings, which are read once for all documents and again for the best, and its weight."""

    def __init__(self, segments: list[SegmentPostings], gram: str, weight: float) -> None:
        self.segments, self.needle, self.weight = segments, gram.encode("utf-8"), weight

    def times(self, number: int) -> int:
        """How often a document contains the gram."""
        for base, docs, counts in reversed(self.segments):
            if base <= number:
                at = bisect_left(docs, number - base)
                return counts[at] if at < len(docs) and docs[at] == number - base else 0
        return 0


def _by_grams(evaluation: Evaluation, wanted: Sequence[GramPostings], denied: int) -> list[float]:
    """BM25 of every document by its number; 0 for one that contains none of the grams and for those denied."""
    norms, sums = evaluation.source.norms(), [0.0] * evaluation.source.size
    for gram in wanted:
        most = gram.weight * (K1 + 1)
        for base, docs, counts in gram.segments:
            for number, times in zip(map(base.__add__, docs), counts, strict=True):
                sums[number] += most * times / (times + norms[number])
        evaluation.tick()
    for number in numbers_of(denied):
        sums[number] = 0.0
    return sums


class _Scorer:
    """BM25F of single documents: pairs and characters, title and number counted TITLE_TIMES, and the runs of three."""

    def __init__(self, source: PostingsSource, text: str, found: Grams, pairs: Sequence[GramPostings]) -> None:
        self._source, self._norms, self._pairs = source, source.norms(), pairs
        self._singles = [GramPostings(source.counts_by_segment(char), char, weight) for char, weight in found.singles.items()]
        self._runs = [(run.encode("utf-8"), weight) for run, weight in runs_of(text, found.pairs).items()]

    def score(self, number: int) -> float:
        """The score of the document with that number."""
        source, more = self._source, TITLE_TIMES - 1
        start, text_start = source.column("start")[number], source.column("text_start")[number]
        body = source.folded[start : source.column("end")[number]]
        head, score = body[: text_start - start], 0.0
        norm = self._norms[number]
        for pair in self._pairs:
            if times := pair.times(number):
                times += more * head.count(pair.needle)
                score += pair.weight * times / (times + norm)
        for single in self._singles:
            if times := single.times(number):  # a part counts once, however often it contains the character
                in_head = head.count(single.needle)
                times = (times > in_head) + (TITLE_TIMES if in_head else 0)
                score += single.weight * times / (times + norm)
        score *= K1 + 1
        title, text = (source.column(name)[number] - start for name in ("title_end", "attached_start"))
        for needle, weight in self._runs:
            score += weight * TEXT_RUN if body.find(needle, len(head), text) >= 0 else 0.0
            score += weight * TITLE_RUN if body.find(needle, 0, title) >= 0 else 0.0
        return score


def _best(evaluation: Evaluation, scores: dict[int, float], wanted: int) -> list[tuple[int, float]]:
    """The best `wanted` by score, then newer first, then the lower id."""
    if wanted <= 0 or not scores:
        return []
    floor = min(heapq.nlargest(wanted, scores.values()))
    dates, idents = evaluation.source.column("published"), evaluation.source.column("ident")
    reaching = ((-score, -dates[n], idents[n], n) for n, score in scores.items() if score >= floor)
    return [(n, -score) for score, _date, _ident, n in heapq.nsmallest(wanted, reaching)]


def newest(evaluation: Evaluation, numbers: Sequence[int], wanted: int) -> list[tuple[int, float]]:
    """The newest `wanted` without scores, undated last, then by id."""
    dates, idents = evaluation.source.column("published"), evaluation.source.column("ident")
    return [(n, 0.0) for _date, _ident, n in heapq.nsmallest(wanted, ((-dates[n], idents[n], n) for n in numbers))]


__all__ = ["Place", "PostingsSource", "Ranked", "rank"]
