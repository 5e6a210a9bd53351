"""How search grows: build, memory, size and latency of each engine, every engine in a process of its own.

`python -m benchmarks.search_scale [--documents 10000] [--engines tantivy,fts5-bigrams] [--corpus FOLDER] [--out FOLDER]`
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from benchmarks.search_corpus import documents, sentences
from benchmarks.search_peers import NAMES, Asked, Peer, peer
from benchmarks.search_questions import questions, sample, scanned, substrings
from benchmarks.search_report import plot, table
from index.engine import Document
from notices.errors import ConfigError, QueryLimitError

GROUP_SECONDS = 60
SCAN_MOST = 100_000


def main() -> int:
    """Measure, print a table, leave search_scale.json and search_scale.svg in the out folder."""
    args = _arguments()
    if args.step:
        _STEPS[args.step](args)
        return 0
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=args.out) as folder:
        args.folder = Path(folder)
        facts = _step(args, "draw", "")
        found = {"documents": args.documents, "scanned": facts["scanned"], "engines": {}}
        for name in args.engines.split(","):
            found["engines"][name] = _engine(args, name)
            _keep(args.out, found)
    print(table(found))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--engines", default=",".join(NAMES))
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--out", type=Path, default=Path("search_scale"))
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--step", choices=("draw", "build", "ask"), help=argparse.SUPPRESS)
    parser.add_argument("--engine", help=argparse.SUPPRESS)
    return parser.parse_args()


def _keep(out: Path, found: dict[str, Any]) -> None:
    (out / "search_scale.json").write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
    (out / "search_scale.svg").write_text(plot(found), encoding="utf-8")


def _engine(args: argparse.Namespace, name: str) -> dict[str, Any]:
    """One engine's figures, or why it has none."""
    folder: Path = args.folder / name
    folder.mkdir()
    built = _step(args, "build", name)
    asked = {} if "refused" in built else _step(args, "ask", name)
    megabytes = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
    shutil.rmtree(folder)
    return {**asked, **built, "index_mb": megabytes, "ask_peak_mb": asked.get("peak_mb")}


def _step(args: argparse.Namespace, step: str, name: str) -> dict[str, Any]:
    """Run a step in a process of its own; what it printed, and the highest sum of memory it and its children held."""
    command = [sys.executable, "-m", "benchmarks.search_scale", "--step", step, "--engine", name, "--folder", str(args.folder)]
    command += ["--documents", str(args.documents)] + (["--corpus", str(args.corpus)] if args.corpus else [])
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONWARNINGS": "ignore"}) as process:
        peak = 0
        while process.poll() is None:
            peak = max(peak, _memory(process.pid))
            time.sleep(0.1)
        assert process.stdout
        output = process.stdout.read()
    if process.returncode:
        raise SystemExit(f"search_scale: {step} {name} ended with {process.returncode}")
    return {**json.loads(output), "peak_mb": peak / 1e6}


def _memory(pid: int) -> int:
    try:
        root = psutil.Process(pid)
        return sum(each.memory_info().rss for each in (root, *root.children(recursive=True)))
    except psutil.Error:  # it ended between two looks
        return 0


def _draw(args: argparse.Namespace) -> None:
    """Write the documents, the questions and the substrings into the folder."""
    with (args.folder / "documents").open("wb") as file:
        for document in documents(args.documents, sentences(args.corpus)):
            pickle.dump(document, file)
    drawn = sample(_documents(args), 2_000)
    asked = questions(drawn)
    (args.folder / "asked").write_bytes(pickle.dumps((asked, substrings(drawn))))
    print(json.dumps({"scanned": scanned(_documents(args), asked) if args.documents <= SCAN_MOST else {}}))


def _documents(args: argparse.Namespace) -> Iterator[Document]:
    with (args.folder / "documents").open("rb") as file:
        for _ in range(args.documents):
            yield pickle.load(file)


def _build(args: argparse.Namespace) -> None:
    start = time.perf_counter()
    try:
        peer(args.engine, args.folder / args.engine).build(_documents(args))
    except ConfigError as error:
        print(json.dumps({"refused": str(error)}))
        return
    print(json.dumps({"docs_per_s": args.documents / (time.perf_counter() - start)}))


def _ask(args: argparse.Namespace) -> None:
    engine = peer(args.engine, args.folder / args.engine)
    engine.open()
    asked, pieces = pickle.loads((args.folder / "asked").read_bytes())
    engine.ask(asked[0])  # opening files and dictionaries is no part of an answer's time
    groups = {group: _group(engine, [a for a in asked if a.group == group]) for group in dict.fromkeys(a.group for a in asked)}
    print(json.dumps({"groups": groups, **_recall(engine, pieces)}))
    engine.close()


def _group(engine: Peer, asked: list[Asked]) -> dict[str, Any]:
    """Latencies of one group, each question once; those not asked within GROUP_SECONDS are counted as such."""
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
    times.sort()
    p95 = times[min(len(times) - 1, int(len(times) * 0.95))]
    unasked = len(asked) - len(times)
    return {"p50_ms": statistics.median(times), "p95_ms": p95, "hits": hits, "refused": refused, "asked": len(times), "unasked": unasked}


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
