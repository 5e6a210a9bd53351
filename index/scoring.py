"""How similar notices are scored, the same on every engine: BM25F over one field of pairs and of distinct characters, and a prior by the issuer's level.

Title and number count several times in the one field; scored apart and added they cost 0.04 of MRR@10. Weights: benchmarks.ranking.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from notices.text.fold import grams

K1, B = 1.2, 0.75  # those that Tantivy has built in
TITLE_TIMES = 5
MOST_POSTINGS, LEAST_POSTINGS = 150_000, 20_000
POSTINGS_A_DOCUMENT = 2
"""Postings of pairs that are read, for each document of the index, within those bounds. One is enough: MRR@10 is the same with four (benchmarks.ranking)."""
_SHORT = 4
TEXT_RUN, TITLE_RUN, MOST_RUNS = 0.25, 0.75, 12
"""What a run of three characters adds where text or title contains it, as a share of the rarity of its two pairs: words next to each other."""
PRIOR = 0.08
"""The most that the level of an issuer adds, as a share of the weight of all grams of the query."""
SHARES = {"national": 1.0, "": 1.0, "province": 0.4, "city": 0.2, "county": 0.0}
"""Of PRIOR by level: a law of the land before a city's of the same wording. An issuer of unknown level is not held to be a small one."""


class Grams(NamedTuple):
    """The grams of a text with their weights: rarity by `times`, how often the text contains them. A similar document has one of the `pairs` at least."""

    pairs: dict[str, float]
    singles: dict[str, float]
    times: Counter[str]

    @property
    def whole(self) -> float:
        """The most that all of them together can weigh, by which the prior is measured."""
        return (K1 + 1) * (sum(self.pairs.values()) + sum(self.singles.values()))


def rarity(total: int, frequency: int) -> float:
    """The weight of a gram that so many of `total` documents contain (idf)."""
    return math.log(1 + (max(total, 1) - frequency + 0.5) / (frequency + 0.5))


def grams_of(text: str, frequency: Callable[[str], int], total: int) -> Grams:
    """The grams of a folded text for an index of `total` documents: the rarest first, as many postings of pairs as are worth reading."""
    times, read = Counter([*grams(text)[:-1], *text]), 0
    most = min(MOST_POSTINGS, max(LEAST_POSTINGS, POSTINGS_A_DOCUMENT * total))
    pairs: dict[str, float] = {}
    for count, gram in sorted((frequency(gram), gram) for gram in times if len(gram) == 2):
        if count and (not read or read + count <= most):
            read += count
            pairs[gram] = rarity(total, count) * times[gram]
    singles = {char: rarity(total, count) * times[char] for char in dict.fromkeys(text) if (count := frequency(char))}
    # A short text has few pairs, and one of pairs that occur nowhere none: then a character is enough.
    return Grams(pairs, singles, times) if pairs and len(text) > _SHORT else Grams({**pairs, **singles}, {}, times)


def runs_of(text: str, pairs: dict[str, float]) -> dict[str, float]:
    """The runs of three characters both of whose pairs are scored, with the weight of both; the rarest, MOST_RUNS at most."""
    runs = {text[at : at + 3] for at in range(len(text) - 2)}
    known = {run: pairs[run[:2]] + pairs[run[1:]] for run in runs if run[:2] in pairs and run[1:] in pairs}
    return {run: known[run] for run in sorted(known, key=lambda run: (-known[run], run))[:MOST_RUNS]}


def cover(text: str, frequency: Callable[[str], int]) -> list[int]:
    """Offsets of pairs that together cover every character of a run of three or more, the rarest pair among them."""
    last = len(text) - 2
    rarities = [frequency(text[at : at + 2]) for at in range(last + 1)]
    plain = [*range(0, last, 2), last]
    rarest = min(range(last + 1), key=rarities.__getitem__)
    if rarities[rarest] * 2 >= min(rarities[at] for at in plain):
        return plain
    return sorted({0, last, *range(rarest, -1, -2), *range(rarest, last + 1, 2)})
