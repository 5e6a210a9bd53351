"""`make bench`: the figures of docs/performance.md, each against a peer in the same run.

`python -m benchmarks.run [--documents 15000] [CORPUS_FOLDER]`; the search part puts its tables and plots into docs/.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks import main_job

DOCS = Path(__file__).resolve().parents[1] / "docs"


def main() -> int:
    """Measure the main job, then search at each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", default="15000", help="how many search is measured over; several sizes with commas between them")
    parser.add_argument("corpus", type=Path, nargs="?")
    args = parser.parse_args()
    main_job.main(args.corpus)
    command = [sys.executable, "-m", "benchmarks.search_scale", "--documents", args.documents, "--docs", str(DOCS)]
    return subprocess.run([*command, *(["--corpus", str(args.corpus)] if args.corpus else [])], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
