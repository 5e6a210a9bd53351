"""The best of what a query matches: BM25, title and number weighted, newer first among equals.

Reading every matching text to count a phrase would take most of a query's time. The count of a phrase's rarest gram
bounds the count of the phrase, so texts are read from the highest bound down, until no bound reaches the page.
"""

from __future__ import annotations

import heapq
import math
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from index.query.tree import And, Everything, Node, Or, Phrase, Query
from index.whoosh.bitsets import flags_of, numbers_of
from index.whoosh.matching import Run, Source, begin, matches
from notices.text.fold import grams

K1, B = 1.2, 0.75
TITLE_WEIGHT, NUMBER_WEIGHT = 3.0, 4.0
_MOST_TIMES = 255  # counts are kept up to this, so they are compared up to this
_RELAXED_POSTINGS = 60_000
HEAD_SHARE, NEAR_SHARE = 0.5, 0.5
_SHORT = 4  # characters alone only add noise to a longer text, which has pairs enough
_WINDOW = 100  # of the relaxed, so many are looked into for title and order of words
_TICK = 512


class Ranked(NamedTuple):
    """A page of (document, score, exact), the count of exact matches and of relaxed ones."""

    total: int
    relaxed: int
    page: list[tuple[int, float, bool]]


def rank(source: Source, query: Query, *, limit: int, offset: int, sort: str) -> Ranked:
    """The page of an answer: exact matches by score (or date), then relaxed ones where the exact do not fill the page."""
    run = begin(source)
    allowed = source.everything() if query.filters == Everything() else matches(run, query.filters)
    exact = matches(run, query.node) & allowed
    total, wanted = exact.bit_count(), offset + max(limit, 0)
    first = newest(run, numbers_of(exact), wanted) if sort == "date" else best_exact(run, query, exact, wanted)
    page = [(n, s, True) for n, s in first[offset:]]
    relaxed = 0
    if query.relaxed_text and total < wanted:
        skip = max(0, offset - total)
        relaxed, rest = best_relaxed(run, query.relaxed_text, allowed & ~exact, skip + limit - len(page), sort)
        page += [(n, s, False) for n, s in rest[skip:]]
    return Ranked(total, relaxed, page[: max(limit, 0)])


class Sought(NamedTuple):
    """A phrase as it is scored: its bytes, the gram that bounds its count, how much a find weighs."""

    needle: bytes
    gram: str
    is_gram: bool
    idf: float


class Scale(NamedTuple):
    """What BM25 adds to a count below the line: a constant, and so much for each byte of the document."""

    constant: float
    by_byte: float
    lengths: array[int]

    def of(self, times: int, number: int) -> float:
        """The weight of so many finds in that document, before rarity."""
        return times * (K1 + 1) / (times + self.constant + self.by_byte * self.lengths[number])


def best_exact(run: Run, query: Query, exact: int, wanted: int) -> list[tuple[int, float]]:
    """The best `wanted` of the exact matches with their scores, best first."""
    boosts = dict.fromkeys(numbers_of(exact), 0.0)
    for node, weight in query.boosts:
        for number in numbers_of(matches(run, node) & exact):
            boosts[number] += weight
    sought = [_sought(run, text) for text in dict.fromkeys(p.text for p in _phrases(query.node))]
    bounds, held, scale = dict(boosts), flags_of(exact, run.source.size), _scale(run.source)
    for each in sought:
        _add_bounds(run, each, held, scale, bounds)
    if not all(each.is_gram for each in sought):
        bounds = _read(run, sought, boosts, bounds, wanted)
    return _best(run, bounds, wanted)


def _phrases(node: Node) -> Iterator[Phrase]:
    """The phrases that a match may hold; what stands under a Not is left out."""
    if isinstance(node, Phrase):
        yield node
    elif isinstance(node, And | Or):
        for part in node.parts:
            yield from _phrases(part)


def _sought(run: Run, text: str) -> Sought:
    is_gram = len(text) <= 2
    gram = text if is_gram else min(grams(text)[:-1], key=run.source.frequency)
    return Sought(text.encode("utf-8"), gram, is_gram, _idf(run.source, run.source.frequency(gram)))


def _idf(source: Source, frequency: int) -> float:
    total = max(source.size, 1)
    return math.log(1 + (total - frequency + 0.5) / (frequency + 0.5))


def _scale(source: Source) -> Scale:
    total = max(source.everything().bit_count(), 1)
    average = max((source.folded.size() if source.folded is not None else 1) / total, 1)
    return Scale(K1 * (1 - B), K1 * B / average, source.lengths())


def _add_bounds(run: Run, sought: Sought, held: bytes, scale: Scale, bounds: dict[int, float]) -> None:
    """Add to each document what the phrase can weigh there at most; for a gram that is what it weighs."""
    constant, by_byte, lengths = scale.constant, scale.by_byte, scale.lengths
    needle, folded, most = sought.needle, run.source.folded, sought.idf * (K1 + 1)
    in_title, in_number = sought.idf * TITLE_WEIGHT, sought.idf * NUMBER_WEIGHT
    starts, titles, texts = (run.source.column(name) for name in ("start", "title_end", "text_start"))
    for count, (number, times) in enumerate(zip(*run.source.counts(sought.gram), strict=True)):
        if held[number]:
            start = starts[number]
            first = folded[start : texts[number]].find(needle)
            bonus = 0.0 if first < 0 else in_title if start + first < titles[number] else in_number
            bounds[number] += most * times / (times + constant + by_byte * lengths[number]) + bonus
        if not count % _TICK:
            run.tick()


def _read(run: Run, sought: Sequence[Sought], boosts: dict[int, float], bounds: dict[int, float], wanted: int) -> dict[int, float]:
    """The scores of the documents that can be among the best `wanted`."""
    scale, scores, best = _scale(run.source), dict[int, float](), list[float]()
    for number in sorted(bounds, key=bounds.__getitem__, reverse=True) if wanted else ():
        if len(best) == wanted and bounds[number] < best[0]:
            break
        scores[number] = score = boosts[number] + _score(run.source, sought, number, scale)
        (heapq.heappush if len(best) < wanted else heapq.heappushpop)(best, score)
        if not len(scores) % _TICK:
            run.tick()
    return scores


def _score(source: Source, sought: Sequence[Sought], number: int, scale: Scale) -> float:
    """What the phrases weigh in a document, counted in its text."""
    start, text_start = source.column("start")[number], source.column("text_start")[number]
    body, score = source.folded[start : source.column("end")[number]], 0.0
    for each in sought:
        if times := min(body.count(each.needle), _MOST_TIMES):
            first = body.find(each.needle)
            bonus = TITLE_WEIGHT if start + first < source.column("title_end")[number] else NUMBER_WEIGHT
            score += each.idf * (scale.of(times, number) + (bonus if start + first < text_start else 0.0))
    return score


def best_relaxed(run: Run, text: str, allowed: int, wanted: int, sort: str) -> tuple[int, list[tuple[int, float]]]:
    """How many of the allowed documents hold any of the text's rarer grams, and the best `wanted` of them."""
    weights = _weights(run.source, text)
    scores = _by_grams(run, weights, flags_of(allowed, run.source.size))
    if sort == "date":
        return len(scores), newest(run, list(scores), wanted)
    best = _best(run, scores, max(wanted, _WINDOW))
    near = {number: score + _nearness(run.source, text, weights, number) for number, score in best[:_WINDOW]}
    run.tick()
    return len(scores), (_best(run, near, _WINDOW) + best[_WINDOW:])[: max(wanted, 0)]


def _weights(source: Source, text: str) -> dict[str, float]:
    """The text's pairs, of a short one its characters too, by rarity with their weights, until a bound of postings."""
    pairs = grams(text)[:-1]
    times = Counter(pairs if len(text) > _SHORT else [*pairs, *text])
    found, read = dict[str, float](), 0
    for frequency, gram in sorted((source.frequency(gram), gram) for gram in times):
        if frequency and (not read or read + frequency <= _RELAXED_POSTINGS):
            read += frequency
            found[gram] = _idf(source, frequency) * times[gram]
    return found


def _by_grams(run: Run, weights: dict[str, float], allowed: bytes) -> dict[int, float]:
    """BM25 over the grams."""
    scale, scores = _scale(run.source), dict[int, float]()
    constant, by_byte, lengths, get = scale.constant, scale.by_byte, scale.lengths, scores.get
    for gram, weight in weights.items():
        most = weight * (K1 + 1)
        for number, times in zip(*run.source.counts(gram), strict=True):
            if allowed[number]:
                scores[number] = get(number, 0.0) + most * times / (times + constant + by_byte * lengths[number])
        run.tick()
    return scores


def _nearness(source: Source, text: str, weights: dict[str, float], number: int) -> float:
    """What a document gains for pairs in its title or number, and for pairs that follow one another as in the text."""
    start, text_start = source.column("start")[number], source.column("text_start")[number]
    body = source.folded[start : source.column("end")[number]]
    head, gain = body[: text_start - start], 0.0
    for at, pair in enumerate(grams(text)[:-1]):
        weight = weights.get(pair, 0.0)
        if weight and pair.encode("utf-8") in head:
            gain += HEAD_SHARE * weight
        if weight and len(triple := text[at : at + 3]) == 3 and triple.encode("utf-8") in body:
            gain += NEAR_SHARE * weight
    return gain


def _best(run: Run, scores: dict[int, float], wanted: int) -> list[tuple[int, float]]:
    """The best `wanted` by score, then newer first, then the lower id."""
    if wanted <= 0 or not scores:
        return []
    floor = min(heapq.nlargest(wanted, scores.values()))
    dates, idents = run.source.column("published"), run.source.column("ident")
    reaching = ((-score, -dates[n], idents[n], n) for n, score in scores.items() if score >= floor)
    return [(n, -score) for score, _date, _ident, n in heapq.nsmallest(wanted, reaching)]


def newest(run: Run, numbers: Sequence[int], wanted: int) -> list[tuple[int, float]]:
    """The newest `wanted`, undated last, then by id, unscored."""
    dates, idents = run.source.column("published"), run.source.column("ident")
    return [(n, 0.0) for _date, _ident, n in heapq.nsmallest(wanted, ((-dates[n], idents[n], n) for n in numbers))]


__all__ = ["Ranked", "Source", "rank"]
