"""Does the notice that a question is about rank high among the similar ones? MRR@10 and CPU of an answer on both engines, in two halves.

`python -m benchmarks.ranking --corpus FOLDER [--questions 900] [--half a|b] [--lay]`: weights are tuned on half a and judged on half b. The regulations of the
corpus are cut into their articles (some 40,000 documents with the regulation's title); a question is one or two runs of three to six
characters of an article, sometimes with one of its title, in any order, with the words of a question around them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from index.engine import Document
from index.engines import open_engine, rebuild
from index.search import read_query

_ARTICLE = r"\n(?=第[一二三四五六七八九十百零]+条)"
_LEADS = ("关于{}怎么规定", "{}怎么办", "如何{}", "{}有什么要求", "请问{}是什么")
_SHORTEST, _LONGEST = 20, 3_000


def main() -> int:
    """Print a line for each engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=900)
    parser.add_argument("--half", choices=("a", "b"), help="only every other question")
    parser.add_argument("--lay", action="store_true", help="the questions of benchmarks/lay_questions.tsv")
    args = parser.parse_args()
    stored = list(articles(args.corpus))
    asked = list(lay_questions(stored) if args.lay else questions(stored, args.questions))[
        {"a": slice(0, None, 2), "b": slice(1, None, 2), None: slice(None)}[args.half]
    ]
    print(f"{len(stored):,} documents, {len(asked)} questions")
    for scheme in ("whoosh", "tantivy"):
        with tempfile.TemporaryDirectory() as folder:
            print(f"{scheme:8} {_measured(f'{scheme}://{folder}/index', stored, asked)}", flush=True)
    return 0


def articles(corpus: Path) -> Iterator[Document]:
    """Each article of the regulations as a document."""
    number = 0
    for raw in (corpus / "lawrefbook_regulations.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(raw)
        for article in re.split(_ARTICLE, re.sub(r"<!--.*?-->", "", row["text"]))[1:]:
            text = re.sub(r"\s+", "\n", article.strip()[:_LONGEST])
            if len(text) >= _SHORTEST:
                number += 1
                yield Document(number, 1, f"https://notices.example/{number}", row["title"], text)


def questions(stored: list[Document], most: int, seed: int = 3) -> Iterator[tuple[str, int]]:
    """(the text typed, the document sought)."""
    chance = random.Random(seed)
    for document in chance.sample([d for d in stored if len(d.text) > 60], most):
        runs = re.findall(r"[一-鿿]{4,30}", document.text)
        chosen = [_part(run, chance, chance.randrange(3, 7)) for run in chance.sample(runs, min(2, len(runs)))]
        if chance.random() < 0.4:
            chosen.append(_part(document.title, chance, 4))
        chance.shuffle(chosen)
        if chosen:
            yield chance.choice(_LEADS).format("的".join(chosen)), document.id


def lay_questions(stored: list[Document]) -> Iterator[tuple[str, int]]:
    """Our own questions in the words of people who do not know the law's, over the corpus that they were written for."""
    known = {hashlib.sha256(document.text.encode()).hexdigest()[:16]: document.id for document in stored}
    for line in (Path(__file__).parent / "lay_questions.tsv").read_text(encoding="utf-8").splitlines():
        digest, _, text = line.partition("\t")
        if digest in known:
            yield text, known[digest]


def _part(run: str, chance: random.Random, length: int) -> str:
    start = chance.randrange(max(1, len(run) - length))
    return run[start : start + length]


def _measured(url: str, stored: list[Document], asked: list[tuple[str, int]]) -> str:
    rebuild(url, stored)
    engine, ranks, times = open_engine(url), list[int](), list[float]()
    for text, wanted in asked:
        query, began = read_query(text), time.process_time()
        ids = [hit.id for hit in engine.search(query, limit=10).hits]
        times.append((time.process_time() - began) * 1_000)
        ranks.append(ids.index(wanted) + 1 if wanted in ids else 0)
    engine.close()
    times.sort()
    mrr, recall = sum(1 / rank for rank in ranks if rank) / len(ranks), sum(map(bool, ranks)) / len(ranks)
    p50, p95 = times[len(times) // 2], times[int(len(times) * 0.95)]
    return f"MRR@10 {mrr:.3f}, recall@10 {recall:.3f}, CPU of an answer p50 {p50:.1f} ms, p95 {p95:.1f} ms"


if __name__ == "__main__":
    sys.exit(main())
