"""`make bench`: the figures of docs/performance.md, each against a peer in the same run."""

from __future__ import annotations

import sys

from benchmarks import main_job

if __name__ == "__main__":
    sys.exit(main_job.main())
