"""200 readers on a large archive: `python -m benchmarks.web [--notices 100000] [--engine tantivy] [--readers 200] [--seconds 60] [--thinking 1] [--work FOLDER]`.

Half of the questions are searches, each of a run of 2 to 6 characters out of a random text, half are pages of random notices; so hardly any answer is one that the
server has kept. The readers share the machine with the server. Prints the answers, p50 and p95 of each kind, errors, the largest page, and
the engine's own time for such searches.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from benchmarks.search_corpus import sentences
from benchmarks.web.archive import config_of, make_archive
from benchmarks.web.readers import Crowd, Question, plain, read
from index.engines import open_engine
from index.search import SearchRequest, search
from notices.config import Config


def main() -> int:
    """Make the archive, serve it, read it."""
    args = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        config = config_of((args.work or Path(folder)).absolute(), args.engine)
        began = time.monotonic()
        make_archive(config, args.notices)
        print(
            f"archive of {args.notices} notices, {args.engine}: {time.monotonic() - began:.0f} s; load {os.getloadavg()[0]:.1f}", flush=True
        )
        runs = [run for sentence in sentences(None) for run in re.findall(r"[一-鿿]{6,}", sentence)]

        def ask(rng: random.Random) -> Question:
            if rng.random() < 0.5:
                return "notice", f"/n/{rng.randint(1, args.notices)}"
            return "search", f"/search?q={quote(_piece(runs, rng))}"

        _engine_alone(config, runs)
        server, port = _serve(config, args.workers)
        try:
            read(port, Crowd(20, 5, 0.1), ask, seed=2)  # every process has opened its index
            for thinking in [args.thinking, 0.0] if args.thinking else [0.0]:
                seen = read(port, Crowd(args.readers, args.seconds, thinking), ask)
                total = sum(map(len, seen.seconds.values()))
                print(f"{args.readers} readers, {thinking} s between questions, {args.workers} processes: {total / args.seconds:.0f} answers/s, "
                      f"{len(seen.errors)} errors; load {os.getloadavg()[0]:.1f}")  # fmt: skip
                print(*(f"  {line}" for line in [*plain(seen, ("search", "notice")), *seen.errors[:3]]), sep="\n", flush=True)
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(30)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notices", type=int, default=100_000)
    parser.add_argument("--engine", choices=("tantivy", "whoosh"), default="tantivy")
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--thinking", type=float, default=1.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--work", type=Path, help="a folder for the archive that stays")
    return parser.parse_args()


def _piece(runs: list[str], rng: random.Random) -> str:
    run = rng.choice(runs)
    start = rng.randrange(len(run) - 2)
    return run[start : start + rng.randint(2, 6)]


def _engine_alone(config: Config, runs: list[str]) -> None:
    rng, took = random.Random(3), list[float]()
    engine = open_engine(config.index)
    for _ in range(200):
        took.append(search(engine, SearchRequest(_piece(runs, rng), snippets=False, facets=False), config.home).took_ms)
    engine.close()
    print(f"the engine alone, one question at a time: p50 {statistics.median(took):.1f} ms, p95 {sorted(took)[190]:.1f} ms", flush=True)


def _serve(config: Config, workers: int) -> tuple[subprocess.Popen[str], int]:
    environment = {**os.environ, "NOTICES_HOME": str(config.home), "NOTICES_INDEX": config.index}
    command = [
        sys.executable,
        "-c",
        "from cli.main import main; raise SystemExit(main())",
        "serve",
        "--port",
        "0",
        "--workers",
        str(workers),
    ]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert server.stdout is not None
    port = re.search(r":(\d+)/", server.stdout.readline())
    assert port is not None, "the server did not say its address"
    return server, int(port[1])


if __name__ == "__main__":
    raise SystemExit(main())
