"""How search grows: build, memory, size and latency of each engine, every engine in a process of its own.

`python -m benchmarks.search_scale [--documents 10000,100000] [--engines tantivy,fts5-bigrams] [--corpus FOLDER] [--out FOLDER]
[--build-seconds 3600] [--work FOLDER] [--docs FOLDER]`
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.search_corpus import documents, sentences
from benchmarks.search_growth import growth_plot, growth_table
from benchmarks.search_peers import NAMES, Peer, peer
from benchmarks.search_questions import Asked, questions, sample, scanned, substrings
from benchmarks.search_report import ALL, conditions, plot, put, table
from benchmarks.search_steps import run_step
from index.engine import Document
from notices.errors import ConfigError, QueryLimitError

GROUP_SECONDS = 60
SCAN_MOST = 100_000


def main() -> int:
    """Measure, print tables, leave <count>.json and <count>.svg in the out folder; with --docs, tables and plots in the documentation."""
    args = _arguments()
    if args.step:
        _STEPS[args.step](args)
        return 0
    args.out.mkdir(parents=True, exist_ok=True)
    for count in map(int, str(args.documents).split(",")):
        if args.work:
            _size(args, count, args.work)
        else:
            with tempfile.TemporaryDirectory(dir=args.out) as folder:
                _size(args, count, Path(folder))
    _growth(args)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", default="10000", help="how many, or several sizes with commas between them")
    parser.add_argument("--engines", default=",".join(NAMES))
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--out", type=Path, default=Path("search_scale"))
    parser.add_argument("--build-seconds", type=float, default=3_600, help="after so long an engine gets no further document")
    parser.add_argument("--work", type=Path, help="folder of documents and indexes that stays: what it holds is not made again")
    parser.add_argument("--docs", type=Path, help="folder of performance.md and images/")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--step", choices=("draw", "build", "ask"), help=argparse.SUPPRESS)
    parser.add_argument("--engine", help=argparse.SUPPRESS)
    parser.add_argument("--built", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def _size(args: argparse.Namespace, count: int, work: Path) -> None:
    """Measure every engine at one size."""
    folder = work / str(count)
    folder.mkdir(parents=True, exist_ok=True)
    step = ["--documents", str(count), "--folder", str(folder), "--build-seconds", str(args.build_seconds)]
    step += ["--corpus", str(args.corpus)] if args.corpus else []
    drawn = run_step([*step, "--step", "draw"])
    found: dict[str, Any] = {"documents": count, "scanned": drawn["scanned"], **conditions(args.corpus), "engines": {}}
    for name in args.engines.split(","):
        found["engines"][name] = _engine(step, name, folder / name)
        found["load_after"] = os.getloadavg()[0]
        (args.out / f"{count}.json").write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
        (args.out / f"{count}.svg").write_text(plot(found), encoding="utf-8")
    print(table(found), flush=True)
    if args.docs:
        _document(args.docs, f"search {count}", table(found), plot(found))


def _growth(args: argparse.Namespace) -> None:
    """Every size that the out folder has figures of, beside one another."""
    paths = sorted((path for path in args.out.glob("*.json") if path.stem.isdigit()), key=lambda path: int(path.stem))
    sizes = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    if len(sizes) < 2:
        return
    print(growth_table(sizes))
    (args.out / "growth.svg").write_text(growth_plot(sizes), encoding="utf-8")
    if args.docs:
        _document(args.docs, "search growth in", growth_table(sizes), growth_plot(sizes))


def _document(docs: Path, name: str, figures: str, picture: str) -> None:
    """Put tables, and the plot above them, where the documentation has a place for them."""
    image = f"images/{name.replace(' ', '-')}.svg"
    if put(docs / "performance.md", name, f"![{name} documents]({image})\n\n{figures}"):
        (docs / image).write_text(picture, encoding="utf-8")
    else:
        print(f"{docs / 'performance.md'} has no place for {name!r}")


def _engine(step: list[str], name: str, folder: Path) -> dict[str, Any]:
    """One engine's figures, or why it has none. An index that was built before is asked again, with the build's figures as noted."""
    noted = folder.with_suffix(".build.json")
    if noted.is_file():
        built = json.loads(noted.read_text(encoding="utf-8"))
    else:
        folder.mkdir()
        built = run_step([*step, "--step", "build", "--engine", name])
        noted.write_text(json.dumps(built), encoding="utf-8")
    if "refused" in built:
        return built
    asked = run_step([*step, "--step", "ask", "--engine", name, "--built", str(built["built"])])
    megabytes = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
    return {**asked, **built, "index_mb": megabytes, "ask_peak_mb": asked["peak_mb"]}


def _draw(args: argparse.Namespace) -> None:
    """Write the documents, the questions and the substrings into the folder."""
    path = args.folder / "documents"
    if not path.exists():
        with (args.folder / "documents.tmp").open("wb") as file:
            for document in documents(int(args.documents), sentences(args.corpus)):
                pickle.dump(document, file)
        (args.folder / "documents.tmp").rename(path)
    drawn = sample(_documents(args), 2_000)
    asked = questions(drawn)
    (args.folder / "asked").write_bytes(pickle.dumps((asked, substrings(drawn))))
    print(json.dumps({"scanned": scanned(_documents(args), asked) if int(args.documents) <= SCAN_MOST else {}}))


def _documents(args: argparse.Namespace) -> Iterator[Document]:
    with (args.folder / "documents").open("rb") as file:
        for _ in range(int(args.documents)):
            yield pickle.load(file)


def _build(args: argparse.Namespace) -> None:
    start, built = time.perf_counter(), 0

    def until_late() -> Iterator[Document]:
        nonlocal built
        for built, document in enumerate(_documents(args), 1):  # noqa: B007 (the last number is the result)
            yield document
            if time.perf_counter() - start > args.build_seconds:
                return

    try:
        peer(args.engine, args.folder / args.engine).build(until_late())
    except ConfigError as error:
        print(json.dumps({"refused": str(error)}))
        return
    seconds = time.perf_counter() - start
    print(json.dumps({"docs_per_s": built / seconds, "built": built, "seconds": seconds, "cpu_s": sum(os.times()[:4])}))


def _ask(args: argparse.Namespace) -> None:
    engine = peer(args.engine, args.folder / args.engine)
    engine.open()
    asked, pieces = pickle.loads((args.folder / "asked").read_bytes())
    engine.ask(asked[0])  # opening files and dictionaries is no part of an answer's time
    groups, every = {}, list[float]()
    for group in dict.fromkeys(a.group for a in asked):
        groups[group], times = _group(engine, [a for a in asked if a.group == group])
        every += times
    groups[ALL] = {**_figures(every), **{key: sum(g[key] for g in groups.values()) for key in ("hits", "refused", "asked", "unasked")}}
    held = [(text, ident) for text, ident in pieces if ident <= args.built]
    print(json.dumps({"groups": groups, **_recall(engine, held)}))
    engine.close()


def _group(engine: Peer, asked: list[Asked]) -> tuple[dict[str, Any], list[float]]:
    """Figures and milliseconds of one group, each question once; those not asked within GROUP_SECONDS are counted as such."""
    times, hits, refused, end = list[float](), 0, 0, time.perf_counter() + GROUP_SECONDS
    for question in asked:
        start = time.perf_counter()
        if start > end:
            break
        try:
            hits += engine.ask(question)[0]
        except QueryLimitError:
            refused += 1
        times.append((time.perf_counter() - start) * 1_000)
    figures = {"hits": hits, "refused": refused, "asked": len(times), "unasked": len(asked) - len(times)}
    return {**_figures(times), **figures}, times


def _figures(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {"p50_ms": statistics.median(ordered), "p95_ms": ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]}


def _recall(engine: Peer, pieces: list[tuple[str, int]]) -> dict[str, Any]:
    """How many of the substrings found the document they were cut from, and some that did not."""
    missed, tried, end = list[str](), 0, time.perf_counter() + GROUP_SECONDS
    for text, ident in pieces:
        if time.perf_counter() > end:
            break
        tried += 1
        if not engine.holds(text, ident):
            missed.append(text)
    return {"substrings": tried, "found": tried - len(missed), "missed": missed[:10]}


_STEPS = {"draw": _draw, "build": _build, "ask": _ask}

if __name__ == "__main__":
    sys.exit(main())
