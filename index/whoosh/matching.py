"""Evaluating a query tree over anything that lists documents by gram.

A phrase of one or two characters is a gram. A longer one is looked for in the folded texts of the documents that hold
its rarest grams, so a hit always holds the phrase. Sets of documents are whole numbers, see whoosh_bits.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterable
from typing import Any, Protocol

from index.deadline import SECONDS, deadline
from index.query.tree import And, Between, Contains, Everything, HasAttachment, Is, Node, Not, Or, Phrase
from index.whoosh.bitsets import numbers_of, of_flags, of_numbers
from notices.errors import QueryLimitError
from notices.text.fold import fold, grams

_RAREST = 3
_TICK = 1_024
_COLUMN_OF = {"published_date": "published", "written_date": "written", "effective_date": "effective"}


class Source(Protocol):
    """What evaluation reads; see index.whoosh.postings.Postings."""

    folded: Any
    size: int

    def everything(self) -> int: ...
    def column(self, name: str) -> array[int]: ...
    def lengths(self) -> array[int]: ...
    def frequency(self, gram: str) -> int: ...
    def with_gram(self, gram: str) -> int: ...
    def counts(self, gram: str) -> tuple[array[int], bytes]: ...
    def with_fact(self, field: str, value: str, *, prefix: bool = False) -> int: ...
    def values_of(self, field: str) -> list[str]: ...


class Run:
    """One query's evaluation: its source, its deadline (of time.monotonic) and what it has found so far."""

    def __init__(self, source: Source, deadline: float) -> None:
        self.source, self.deadline = source, deadline
        self.memory: dict[Node, int] = {}

    def tick(self) -> None:
        """Raise QueryLimitError when the query's time is over."""
        if time.monotonic() > self.deadline:
            raise QueryLimitError(f"the query took longer than {SECONDS:g} s; make it more specific")


def begin(source: Source) -> Run:
    """An evaluation whose time starts now."""
    return Run(source, deadline())


def matches(run: Run, node: Node) -> int:
    """The documents that a tree matches."""
    if node not in run.memory:
        run.tick()
        run.memory[node] = _matches(run, node)
    return run.memory[node]


def _matches(run: Run, node: Node) -> int:  # noqa: PLR0911 (a line a kind of node)
    source = run.source
    match node:
        case Phrase():
            return _phrase(run, node)
        case And(parts):
            return _all_of(run, parts)
        case Or(parts):
            return _union(matches(run, p) for p in parts)
        case Not(part):
            return source.everything() & ~matches(run, part)
        case Is(name, values, prefix):
            return _union(source.with_fact(name, v, prefix=prefix) for v in values)
        case Contains():
            return _contains(run, node)
        case Between():
            return _between(run, node)
        case HasAttachment():
            return source.with_fact("has", "attachment")
        case Everything():
            return source.everything()


def _union(sets: Iterable[int]) -> int:
    found = 0
    for each in sets:
        found |= each
    return found


def _all_of(run: Run, parts: tuple[Node, ...]) -> int:
    """What all match; what is looked up comes before phrases, which are verified in what is left alone."""
    found = run.source.everything()
    for part in sorted((p for p in parts if not isinstance(p, Not)), key=_is_read):
        found &= _verified(run, part, found) if isinstance(part, Phrase) else matches(run, part)
        if not found:
            return 0
    for denied in (p for p in parts if isinstance(p, Not)):
        found &= ~matches(run, denied.part)
    return found


def _is_read(node: Node) -> int:
    """0 for what is a set already, 1 for what may take reading texts."""
    return int(isinstance(node, Phrase | And | Or))


def _phrase(run: Run, phrase: Phrase) -> int:
    return _verified(run, phrase, run.source.everything())


def _verified(run: Run, phrase: Phrase, among: int) -> int:
    """Documents among these that hold the run: by gram alone when that is enough, else by looking into them."""
    if phrase in run.memory:
        return run.memory[phrase] & among
    candidates = _candidates(run, phrase.text) & among
    if len(phrase.text) <= 2 and phrase.scope == "any":
        return candidates
    first, last = _REGION[phrase.scope]
    starts, ends = run.source.column(first), run.source.column(last)
    needle, folded, numbers, found = phrase.text.encode("utf-8"), run.source.folded, numbers_of(candidates), list[int]()
    for at in range(0, len(numbers), _TICK):
        found += [n for n in numbers[at : at + _TICK] if needle in folded[starts[n] : ends[n]]]
        run.tick()
    return of_numbers(found, run.source.size)


_REGION = {
    "any": ("start", "end"),
    "title": ("start", "title_end"),
    "text": ("text_start", "attached_start"),
    "attachment": ("attached_start", "end"),
}


def _candidates(run: Run, text: str) -> int:
    """Documents that hold the rarest grams of a run."""
    if len(text) == 1:
        return run.source.with_gram(text)
    found = run.source.everything()
    for pair in sorted(dict.fromkeys(grams(text)[:-1]), key=run.source.frequency)[:_RAREST]:
        found &= run.source.with_gram(pair)
        if not found:
            break
    return found


def _contains(run: Run, node: Contains) -> int:
    """Documents whose short field holds the run: number and issuer are the second and third part of the folded text."""
    source = run.source
    if node.field == "source":
        names = source.values_of("source")
        return _union(source.with_fact("source", name) for name in names if node.text in fold(name))
    needle, which = node.text.encode("utf-8"), 1 if node.field == "document_number" else 2
    starts, ends = source.column("start"), source.column("text_start")

    numbers = numbers_of(_candidates(run, node.text))
    return of_numbers((n for n in numbers if needle in source.folded[starts[n] : ends[n]].split(b"\0")[which]), source.size)


def _between(run: Run, node: Between) -> int:
    values = run.source.column(_COLUMN_OF[node.field])
    low = node.since.toordinal() if node.since else 1
    high = node.until.toordinal() if node.until else 10_000_000
    return of_flags(bytes(low <= value <= high for value in values)) & run.source.everything()
