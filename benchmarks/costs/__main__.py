"""What the archive costs as it grows.

`python -m benchmarks.costs status [--notices 100000]`: CPU of `status` on an archive grown by copies.
`python -m benchmarks.costs crawl [--notices 200] [--rounds 3]`: CPU of a crawl, its start and a page, beside bare Scrapy.
`python -m benchmarks.costs goals [--notices 2000] [--corpus FOLDER]`: the stated goals, and which are met.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.costs import crawls, goals, measures


def main() -> int:
    """Print the figures that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["status", "crawl", "goals"])
    parser.add_argument("--notices", type=int)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--corpus", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if asked.what == "goals":
            print(goals.table(goals.measured(Path(folder), asked.notices or 2000, asked.corpus)))
            return 0
        if asked.what == "crawl":
            print(crawls.measured(Path(folder), asked.notices or 200, asked.rounds))
            return 0
        notices = asked.notices or 100_000
        seconds, bare = measures.status(Path(folder), notices), measures.bare_sqlalchemy()
    print(f"status at {notices:,} notices: {seconds:.2f} s of CPU; importing SQLAlchemy's ORM alone: {bare:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
