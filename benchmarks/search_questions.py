"""What is asked of every engine: questions and substrings drawn from the documents by a seed, and the hits a full scan counts."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.search_corpus import KINDS
from index.engine import Document
from notices.text.fold import fold

EACH = 40
PAGE = 10  # hits that every question asks for
SCANNED = ("rare", "common", "long phrase", "one character")
_HAN = r"[一-鿿]"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: all of `words`, none of `without`, either one where `either`; of one kind; `loose` ranks by any part of it."""

    group: str
    words: tuple[str, ...]
    without: tuple[str, ...] = ()
    either: bool = False
    kind: str = ""
    loose: bool = False


def sample(documents: Iterable[Document], size: int, seed: int = 3) -> list[Document]:
    """That many documents, each as likely as any other."""
    rng, kept = random.Random(seed), list[Document]()
    for seen, document in enumerate(documents):
        if seen < size:
            kept.append(document)
        elif (place := rng.randrange(seen + 1)) < size:
            kept[place] = document
    return kept


def questions(drawn: list[Document], seed: int = 5) -> list[Asked]:
    """EACH questions of each group. Rare runs stand in one of the drawn documents, common ones in a twentieth or more."""
    rng = random.Random(seed)
    rare, common = _by_share(drawn, 8, rng, (0, 1)), _by_share(drawn, 4, rng, (max(2, len(drawn) // 20), len(drawn)))
    longs = [_run(rng.choice(drawn), rng.randrange(14, 25), rng) for _ in range(EACH)]
    asked = [Asked(group, (word,)) for group, words in (("rare", rare), ("common", common), ("long phrase", longs)) for word in words]
    asked += [Asked("one character", (_run(rng.choice(drawn), 1, rng),)) for _ in range(EACH)]
    asked += [_boolean(drawn, turn, rng) for turn in range(EACH)]
    asked += [Asked("filter", (_run(rng.choice(drawn), 2, rng),), kind=rng.choice(KINDS)) for _ in range(EACH)]
    asked += [Asked("number", (rng.choice(drawn).document_number,)) for _ in range(EACH)]
    return asked + [Asked("relaxed", (_loosened(rng.choice(drawn).title, rng),), loose=True) for _ in range(EACH)]


def substrings(drawn: list[Document], count: int = 1_000, seed: int = 11) -> list[tuple[str, int]]:
    """Runs of 1 to 20 characters of the texts, signs and line ends and all, each with its document's id."""
    rng, found = random.Random(seed), list[tuple[str, int]]()
    while len(found) < count:
        document, length = rng.choice(drawn), rng.randint(1, 20)
        at = rng.randrange(max(1, len(document.text) - length))
        if re.search(r"\w", piece := document.text[at : at + length]):
            found.append((piece, document.id))
    return found


def scanned(documents: Iterable[Document], asked: list[Asked]) -> dict[str, int]:
    """For each group of one plain run, how many hits its questions have together, counted by reading every document."""
    runs = [(a.group, fold(a.words[0])) for a in asked if a.group in SCANNED]
    counts = dict.fromkeys(SCANNED, 0)
    for d in documents:
        whole = "\0".join(map(fold, (d.title, d.document_number, d.issuer, d.text)))
        for group, run in runs:
            counts[group] += run in whole
    return counts


def _run(document: Document, length: int, rng: random.Random) -> str:
    """A run of Chinese characters from the text; a shorter one where the text has none so long."""
    for size in range(length, 0, -1):
        runs: list[str] = [m for m in re.findall(_HAN + "+", document.text) if len(m) >= size]
        if runs:
            at = rng.randrange(len(run := rng.choice(runs)) - size + 1)
            return run[at : at + size]
    return "的"


def _by_share(drawn: list[Document], length: int, rng: random.Random, share: tuple[int, int]) -> list[str]:
    """Distinct runs that as many of the drawn documents hold as `share` says; after 4,000 tries as many as were found."""
    found: dict[str, None] = {}
    for _ in range(4_000):
        run = _run(rng.choice(drawn), length, rng)
        if len(found) < EACH and run not in found and share[0] <= sum(run in d.text for d in drawn) <= share[1]:
            found[run] = None
    return list(found)


def _boolean(drawn: list[Document], turn: int, rng: random.Random) -> Asked:
    one, other = (_run(rng.choice(drawn), rng.choice((2, 3, 4)), rng) for _ in "ab")
    if turn % 3 == 0:
        return Asked("boolean", (one, other))
    return Asked("boolean", (one, other), either=True) if turn % 3 == 1 else Asked("boolean", (one,), without=(other,))


def _loosened(title: str, rng: random.Random) -> str:
    """A title as it is half remembered: its middle cut out, asked as a question."""
    cut = len(title) // 2
    return rng.choice(("关于{}怎么规定", "{}如何办理", "{}有哪些要求")).format(title[cut - 8 : cut - 2] + title[cut : cut + 8])
