"""`make bench`: the figures of docs/performance.md, each against a peer in the same run.

`python -m benchmarks.run [--documents 15000] [CORPUS_FOLDER]`; the search part puts its tables and plots into docs/, the end is a table of the goals.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks import main_job

DOCS = Path(__file__).resolve().parents[1] / "docs"


def main() -> int:
    """Measure the main job, search at each size, then the goals at the first size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", default="15000", help="how many search is measured over; several sizes with commas between them")
    parser.add_argument("corpus", type=Path, nargs="?")
    args = parser.parse_args()
    main_job.main(args.corpus)
    command = [sys.executable, "-m", "benchmarks.search_scale", "--documents", args.documents, "--docs", str(DOCS)]
    corpus = ["--corpus", str(args.corpus)] if args.corpus else []
    code = subprocess.run([*command, *corpus], check=False).returncode
    goals = [sys.executable, "-m", "benchmarks.costs", "goals", "--notices", args.documents.partition(",")[0]]
    return subprocess.run([*goals, *corpus], check=False).returncode or code


if __name__ == "__main__":
    sys.exit(main())
