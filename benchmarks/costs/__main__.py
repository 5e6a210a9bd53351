"""What the archive costs as it grows.

`python -m benchmarks.costs status [--notices 100000]`: CPU of `status` on an archive grown by copies.
`python -m benchmarks.costs crawl [--notices 200] [--rounds 3]`: CPU of a crawl, its start and a page, beside bare Scrapy.
`python -m benchmarks.costs grown [--rounds 3]`: CPU of a new page in archives of 10,000 to 200,000 notices.
`python -m benchmarks.costs goals [--notices 2000] [--corpus FOLDER]`: the stated goals, and which are met.
"""

from __future__ import annotations

import argparse
import compileall
import sys
import tempfile
from pathlib import Path

from benchmarks.costs import crawls, goals, measures
from tests.support.archive_home import ROOT

ROOMS = ("notices", "crawler", "pipeline", "preservation", "index", "operations", "watch", "cli")


def main() -> int:
    """Print the figures that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["status", "crawl", "grown", "goals"])
    parser.add_argument("--notices", type=int)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--corpus", type=Path)
    asked = parser.parse_args()
    for room in ROOMS:  # as Python itself does at the first start of an installed program, unless it is told not to
        compileall.compile_dir(ROOT / room, quiet=2)
    with tempfile.TemporaryDirectory() as folder:
        if asked.what == "goals":
            print(goals.table(goals.measured(Path(folder), asked.notices or 2000, asked.corpus)))
            return 0
        if asked.what == "crawl":
            print(crawls.measured(Path(folder), asked.notices or 200, asked.rounds))
            return 0
        if asked.what == "grown":
            for size, milliseconds in crawls.grown(Path(folder), rounds=asked.rounds).items():
                print(f"a new page in an archive of {size:,} notices: {milliseconds:.2f} ms of CPU")
            return 0
        notices = asked.notices or 100_000
        seconds, bare = measures.status(Path(folder), notices), measures.bare_sqlalchemy()
    print(f"status at {notices:,} notices: {seconds:.2f} s of CPU; importing SQLAlchemy's ORM alone: {bare:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
