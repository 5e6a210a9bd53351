"""What a new notice costs where many searches are saved: CPU and memory of the matcher, over texts of a corpus or invented ones.

`python -m benchmarks.costs.watches [--watches 1000] [--notices 10000] [CORPUS]`
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

from benchmarks.corpus import lines
from benchmarks.search_corpus import invented
from index.engine import Document
from index.query.tree import And, Everything, Node, Not, Or, Phrase, Query
from notices.text.fold import fold
from watch.matcher import Matcher

_SENTENCES = 60  # of an invented text


def texts(folder: Path | None) -> list[str]:
    """The texts of the corpus folder, else 500 invented ones."""
    if folder is not None:
        return [text for line in lines(folder) if (text := line["text"])]
    chance, sentences = random.Random(1), invented()
    return ["。".join(chance.sample(sentences, _SENTENCES)) for _ in range(500)]


def queries(found: Sequence[str], count: int) -> dict[str, Query]:
    """Searches as people save them: runs of 2 to 8 characters of the texts, alone, joined, as alternatives, with exclusions."""
    chance = random.Random(2)

    def run() -> Phrase:
        folded = fold(chance.choice(found))
        at = chance.randrange(max(1, len(folded) - 8))
        return Phrase(folded[at : at + chance.randint(2, 8)] or "两感", "any")

    def node() -> Node:
        shape = chance.random()
        if shape < 0.5:
            return run()
        if shape < 0.75:
            return And((run(), run()))
        return Or((run(), run())) if shape < 0.9 else And((run(), Not(run())))

    return {str(n): Query("", node(), Everything()) for n in range(count)}


def documents(found: Sequence[str], count: int) -> Iterator[Document]:
    """So many notices, the texts in turn."""
    for n, text in enumerate(islice(cycle(found), count), 1):
        yield Document(id=n, revision=1, url=f"http://notices.example/{n}", title=text[:40], text=text)


def main(argv: Sequence[str]) -> int:
    """Print the table."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.costs.watches", description=__doc__)
    options.add_argument("corpus", nargs="?", type=Path)
    options.add_argument("--watches", type=int, default=1000)
    options.add_argument("--notices", type=int, default=10_000)
    chosen = options.parse_args(argv)
    found = texts(chosen.corpus)
    wanted = queries(found, chosen.watches)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.process_time()
    matcher = Matcher(wanted)
    built = time.process_time() - begun
    begun, hits, size = time.process_time(), 0, 0
    for document in documents(found, chosen.notices):
        hits += len(matcher.matching(document))
        size += len(document.text)
    spent = time.process_time() - begun
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"| watches | notices | characters each | build, ms CPU | a notice, ms CPU | hits | memory more, MB |\n|{'---|' * 7}")
    print(
        f"| {chosen.watches} | {chosen.notices} | {size // chosen.notices} | {1000 * built:.1f} | {1000 * spent / chosen.notices:.3f} | {hits} | {memory:.0f} |"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
