"""scheduler.py as a process whose clock jumps: it looks for jumps four times a second, because the test's nights last a moment."""

import sys

import scheduler

if __name__ == "__main__":
    scheduler.LOOK_SECONDS = 0.25
    sys.exit(scheduler.main())
