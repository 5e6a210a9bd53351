"""`notices schedule`: like `python scheduler.py`."""

from __future__ import annotations

import argparse
import logging

from notices.config import Config


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices schedule`."""
    verb = verbs.add_parser("schedule", help="run every source on its schedule until stopped")
    verb.add_argument("--once", action="store_true", help="run everything that is due now, then exit")
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Run the clock; return its exit code."""
    import scheduler  # start-up time: loads the clock, which completion and help need not

    logging.getLogger("scheduler").setLevel(logging.INFO)
    return scheduler.run(config, once=args.once)
