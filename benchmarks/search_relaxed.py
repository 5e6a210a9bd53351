"""Half-remembered titles: does the document stand high in the answer? MRR@10 and recall@10, ours beside the usual ways, in one run.

`python -m benchmarks.search_relaxed [--titles 300] [--engines tantivy,fts5-bigrams] [--corpus FOLDER] [--out FOLDER]`
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.corpus import lines
from benchmarks.search_corpus import documents, sentences
from benchmarks.search_peers import NAMES, Peer, peer
from benchmarks.search_questions import Asked
from index.engine import Document
from notices.errors import ConfigError, QueryLimitError
from notices.text.fold import fold

LONGEST, MOST = 20_000, 60
_STOP = ("的", "了", "和", "是", "在", "对", "与", "要")
_LEADS = ("关于{}怎么规定", "如何{}吗", "{}有什么要求", "请问{}怎么办")


def main() -> int:
    """Print a table of MRR@10 and recall@10 for each engine and way of asking; leave search_relaxed.json in the out folder."""
    args = _arguments()
    stored = _stored(args.corpus)
    asked = list(_questions(stored, args.titles))
    found: dict[str, Any] = {
        "documents": len(stored),
        "titles": len({ident for _, ident, _ in asked}),
        "queries": len(asked),
        "engines": {},
    }
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.engines.split(","):
        with tempfile.TemporaryDirectory(dir=args.out) as folder:
            found["engines"][name] = _measured(name, Path(folder), stored, asked)
        (args.out / "search_relaxed.json").write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
    print(_table(found))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--titles", type=int, default=300)
    parser.add_argument("--engines", default=",".join(NAMES))
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--out", type=Path, default=Path("search_relaxed"))
    return parser.parse_args()


def _stored(corpus: Path | None) -> list[Document]:
    """The corpus as documents, texts cut at LONGEST characters; 1,500 invented documents without a corpus."""
    if corpus is None:
        return list(documents(1_500, sentences(None)))
    rows = (row for row in lines(corpus) if row["title"] and row["text"])
    return [_document(number, row) for number, row in enumerate(rows, 1)]


def _document(number: int, row: dict[str, str | None]) -> Document:
    day = row["published_date"]
    return Document(
        id=number,
        revision=1,
        url=f"https://notices.example/{number}.html",
        title=row["title"] or "",
        text=(row["text"] or "")[:LONGEST],
        issuer=row["issuer"] or "",
        published_date=date.fromisoformat(day) if day and re.fullmatch(r"\d{4}-\d\d-\d\d", day) else None,
    )


def _questions(stored: list[Document], titles: int, seed: int = 17) -> Iterator[tuple[str, int, str]]:
    """Way of asking, the document sought, and the text typed; titles that two documents share are not asked for."""
    rng, seen = random.Random(seed), dict[str, int]()
    for document in stored:
        seen[fold(document.title)] = seen.get(fold(document.title), 0) + 1
    fit = [d for d in stored if 10 <= len(fold(d.title)) <= MOST and seen[fold(d.title)] == 1]
    for document in rng.sample(fit, min(titles, len(fit))):
        for way, ask in WAYS.items():
            yield way, document.id, ask(document, rng)


def core(title: str) -> str:
    """What a title is about: without the issuer before 关于 and the kind behind the last 的, where that leaves six characters."""
    about = re.sub(r"^.{0,30}?关于(?:印发)?", "", title)
    about = re.sub(r"的?(通知|公告|意见|通报|批复|公示|函|决定)$", "", about)
    return re.sub(r"[《》〈〉“”]", "", about if len(about) >= 6 else title)


def pieces(title: str) -> list[str]:
    """A title as runs of three characters, the nearest thing to words that needs no dictionary and so favours no engine."""
    plain = core(title)
    return [plain[at : at + 3] for at in range(0, len(plain), 3)]


def dropped(document: Document, rng: random.Random) -> str:
    """Every third run left out, from the second or the third on."""
    first = rng.randrange(1, 3)
    return "".join(piece for n, piece in enumerate(pieces(document.title)) if n % 3 != first)


def swapped(document: Document, rng: random.Random) -> str:
    """The second half before the first."""
    plain = core(document.title)
    cut = len(plain) // 2 + rng.randrange(-1, 2)
    return plain[cut:] + plain[:cut]


def question(document: Document, rng: random.Random) -> str:
    """The subject asked as a question."""
    return rng.choice(_LEADS).format(core(document.title))


def stopped(document: Document, rng: random.Random) -> str:
    """Stop words between the runs."""
    return "".join(piece + (rng.choice(_STOP) if n % 2 else "") for n, piece in enumerate(pieces(document.title)))


def separate(document: Document, rng: random.Random) -> str:
    """A few runs of the title, blank-separated and out of order, with one run of the text."""
    few = rng.sample(every := pieces(document.title), min(4, len(every)))
    runs = re.findall(r"[一-鿿]{4,8}", document.text) or few
    return " ".join([*few, rng.choice(runs)])


def passage(document: Document, rng: random.Random) -> str:
    """A sentence of the text with its middle third cut out, asked as a question."""
    runs = re.findall(r"[一-鿿]{12,40}", document.text) or [core(document.title)]
    run = rng.choice(runs)
    third = len(run) // 3
    return rng.choice(_LEADS).format(run[:third] + run[2 * third :])


WAYS: dict[str, Callable[[Document, random.Random], str]] = {
    "words dropped": dropped,
    "halves swapped": swapped,
    "question": question,
    "stop words": stopped,
    "loose words": separate,
    "passage": passage,
}


def _measured(name: str, folder: Path, stored: list[Document], asked: list[tuple[str, int, str]]) -> dict[str, Any]:
    """MRR@10 and recall@10 of each way and of all, and the median time of an answer; or why the engine refused."""
    engine = peer(name, folder)
    try:
        engine.build(iter(stored))
        engine.open()
    except ConfigError as error:
        return {"refused": str(error)}
    ranks: dict[str, list[int]] = {way: [] for way in (*WAYS, "all")}
    times, missed = list[float](), list[str]()
    for way, ident, text in asked:
        start = time.perf_counter()
        ids = _asked(engine, text)
        times.append((time.perf_counter() - start) * 1_000)
        rank = ids.index(ident) + 1 if ident in ids else 0
        for each in (way, "all"):
            ranks[each].append(rank)
        missed += [] if rank else [text]
    engine.close()
    return {"ways": {way: _scores(found) for way, found in ranks.items()}, "p50_ms": sorted(times)[len(times) // 2], "missed": missed[:30]}


def _asked(engine: Peer, text: str) -> list[int]:
    """The first page; empty where the engine gives the query up for its length in time."""
    try:
        return engine.ask(Asked("relaxed", (text,), loose=True))[1]
    except QueryLimitError:
        return []


def _scores(ranks: list[int]) -> dict[str, float]:
    """Of the ranks 1 to 10, 0 for not found."""
    return {"mrr": sum(1 / r for r in ranks if r) / max(1, len(ranks)), "recall": sum(map(bool, ranks)) / max(1, len(ranks))}


def _table(found: dict[str, Any]) -> str:
    engines = {name: figures for name, figures in found["engines"].items() if "ways" in figures}
    rows = [f"{found['documents']:,} documents, {found['queries']:,} queries for {found['titles']} of them", ""]
    rows += ["| MRR@10 / recall@10 | " + " | ".join(engines) + " |", "|---" * (len(engines) + 1) + "|"]
    for way in (*WAYS, "all"):
        scores = [e["ways"][way] for e in engines.values()]
        rows.append(f"| {way} | " + " | ".join(f"{s['mrr']:.3f} / {s['recall']:.3f}" for s in scores) + " |")
    rows.append("| median answer, ms | " + " | ".join(f"{e['p50_ms']:.0f}" for e in engines.values()) + " |")
    rows += [f"\n{name}: {figures['refused']}" for name, figures in found["engines"].items() if "ways" not in figures]
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
