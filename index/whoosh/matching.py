"""Evaluating a query tree over anything that lists documents by gram.

A phrase of one or two characters is a gram. A longer one is searched in the folded texts of the documents that contain
its rarest grams, so a hit always contains the phrase. Sets of documents are integers, see index.whoosh.bitsets.
"""

from __future__ import annotations

import mmap
import time
from array import array
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from index.deadline import SECONDS, deadline
from index.query.tree import And, Between, Contains, Everything, HasAttachment, Is, Node, Not, Or, Phrase
from index.whoosh.bitsets import numbers_of, of_flags, of_numbers
from notices.errors import QueryLimitError
from notices.text.fold import fold, grams
from notices.text.language import _

_RAREST = 3
_TICK = 1_024
_COLUMN_OF = {"published_date": "published", "written_date": "written", "effective_date": "effective"}


class SegmentPostings(NamedTuple):
    """A gram's postings in one segment: its first number, the documents counted from there, ascending, and how often each contains the gram."""

    base: int
    docs: array[int]
    counts: bytes


class PostingsSource(Protocol):
    """What an evaluation reads; see index.whoosh.postings.Postings."""

    folded: mmap.mmap | bytes
    size: int

    def everything(self) -> int: ...
    def column(self, name: str) -> array[int]: ...
    def norms(self) -> array[float]: ...
    def plain_norms(self) -> array[float]: ...
    def frequency(self, gram: str) -> int: ...
    def with_gram(self, gram: str) -> int: ...
    def counts_by_segment(self, gram: str) -> list[SegmentPostings]: ...
    def with_fact(self, field: str, value: str, *, prefix: bool = False) -> int: ...
    def values_of(self, field: str) -> list[str]: ...


class Evaluation:
    """One query's evaluation: its source, its deadline (of time.monotonic) and the sets found so far."""

    def __init__(self, source: PostingsSource, deadline: float) -> None:
        self.source, self.deadline = source, deadline
        self.memory: dict[Node, int] = {}

    def tick(self) -> None:
        """Raise QueryLimitError when the query's time is over."""
        if time.monotonic() > self.deadline:
            raise QueryLimitError(_("the query took longer than {value:g} s; make it more specific").format(value=SECONDS))


def begin(source: PostingsSource) -> Evaluation:
    """An evaluation whose time starts now."""
    return Evaluation(source, deadline())


def matches(evaluation: Evaluation, node: Node) -> int:
    """The documents that a tree matches."""
    if node not in evaluation.memory:
        evaluation.tick()
        evaluation.memory[node] = _matches(evaluation, node)
    return evaluation.memory[node]


def _matches(evaluation: Evaluation, node: Node) -> int:  # noqa: PLR0911 (a line a kind of node)
    source = evaluation.source
    match node:
        case Phrase():
            return _phrase(evaluation, node)
        case And(parts):
            return _all_of(evaluation, parts)
        case Or(parts):
            return _union(matches(evaluation, p) for p in parts)
        case Not(part):
            return source.everything() & ~matches(evaluation, part)
        case Is(name, values, prefix):
            return _union(source.with_fact(name, v, prefix=prefix) for v in values)
        case Contains():
            return _contains(evaluation, node)
        case Between():
            return _between(evaluation, node)
        case HasAttachment():
            return source.with_fact("has", "attachment")
        case Everything():
            return source.everything()


def _union(sets: Iterable[int]) -> int:
    found = 0
    for each in sets:
        found |= each
    return found


def _all_of(evaluation: Evaluation, parts: tuple[Node, ...]) -> int:
    """Documents that all parts match. Lookups come first; phrases are verified only in the documents that are left."""
    found = evaluation.source.everything()
    for part in sorted((p for p in parts if not isinstance(p, Not)), key=_reads_texts):
        found &= _verified(evaluation, part, found) if isinstance(part, Phrase) else matches(evaluation, part)
        if not found:
            return 0
    for denied in (p for p in parts if isinstance(p, Not)):
        found &= ~matches(evaluation, denied.part)
    return found


def _reads_texts(node: Node) -> int:
    """1 for a node whose evaluation may read texts, 0 for one that is looked up."""
    return int(isinstance(node, Phrase | And | Or))


def _phrase(evaluation: Evaluation, phrase: Phrase) -> int:
    return _verified(evaluation, phrase, evaluation.source.everything())


def _verified(evaluation: Evaluation, phrase: Phrase, among: int) -> int:
    """Documents among these that contain the run: from the postings when they suffice, else from the texts."""
    if phrase in evaluation.memory:
        return evaluation.memory[phrase] & among
    candidates = _candidates(evaluation, phrase.text) & among
    if len(phrase.text) <= 2 and phrase.scope == "any":
        return candidates
    first, last = _REGION[phrase.scope]
    starts, ends = evaluation.source.column(first), evaluation.source.column(last)
    needle, folded, numbers, found = phrase.text.encode("utf-8"), evaluation.source.folded, numbers_of(candidates), list[int]()
    for at in range(0, len(numbers), _TICK):
        found += [n for n in numbers[at : at + _TICK] if needle in folded[starts[n] : ends[n]]]
        evaluation.tick()
    return of_numbers(found, evaluation.source.size)


_REGION = {
    "any": ("start", "end"),
    "title": ("start", "title_end"),
    "text": ("text_start", "attached_start"),
    "attachment": ("attached_start", "end"),
}


def _candidates(evaluation: Evaluation, text: str) -> int:
    """Documents that contain the rarest grams of a run."""
    if len(text) == 1:
        return evaluation.source.with_gram(text)
    found = evaluation.source.everything()
    for pair in sorted(dict.fromkeys(grams(text)[:-1]), key=evaluation.source.frequency)[:_RAREST]:
        found &= evaluation.source.with_gram(pair)
        if not found:
            break
    return found


def _contains(evaluation: Evaluation, node: Contains) -> int:
    """Documents whose short field contains the run: number and issuer are the second and third part of the folded text."""
    source = evaluation.source
    if node.field == "source":
        names = source.values_of("source")
        return _union(source.with_fact("source", name) for name in names if node.text in fold(name))
    needle, which = node.text.encode("utf-8"), 1 if node.field == "document_number" else 2
    starts, ends = source.column("start"), source.column("text_start")

    heads = ((n, source.folded[starts[n] : ends[n]]) for n in numbers_of(_candidates(evaluation, node.text)))
    return of_numbers((n for n, head in heads if needle in head and needle in head.split(b"\0")[which]), source.size)


def _between(evaluation: Evaluation, node: Between) -> int:
    values = evaluation.source.column(_COLUMN_OF[node.field])
    low = node.since.toordinal() if node.since else 1
    high = node.until.toordinal() if node.until else 10_000_000
    return of_flags(bytes(low <= value <= high for value in values)) & evaluation.source.everything()
