"""What the archive costs as it grows.

`python -m benchmarks.costs status [--notices 100000]`: CPU of `status` on an archive grown by copies.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.costs import measures


def main() -> int:
    """Print the figures that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["status"])
    parser.add_argument("--notices", type=int, default=100_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seconds, bare = measures.status(Path(folder), asked.notices), measures.bare_sqlalchemy()
    print(f"status at {asked.notices:,} notices: {seconds:.2f} s of CPU; importing SQLAlchemy's ORM alone: {bare:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
