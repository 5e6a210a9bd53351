"""`notices worker`: do what the clock enqueues, on any machine that has the archive's home."""

from __future__ import annotations

import argparse
import logging

from notices.config import Config
from notices.errors import UserError
from notices.text.language import _
from operations.log_lines import log_to_stderr

_MOST = 64


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices worker`."""
    verb = verbs.add_parser("worker", help=_("do what the schedule enqueues, with other workers on the same PostgreSQL (docs/cluster.md)"))
    verb.add_argument("--jobs", type=int, default=4, metavar="N", help=_("how many jobs at a time (default: 4); one crawl takes 100 MB"))
    verb.add_argument(
        "--heartbeat",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help=_("how often it says that it lives (default: 10); the same for all workers"),
    )
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Work until a signal; 0. Raises UserError, ConfigError or ServerAway."""
    if not 1 <= args.jobs <= _MOST:
        raise UserError(_("--jobs {jobs}: at least 1 and at most {most}").format(jobs=args.jobs, most=_MOST))
    if not 0.5 <= args.heartbeat <= 600:
        raise UserError(_("--heartbeat {seconds:g}: at least 0.5 and at most 600 seconds").format(seconds=args.heartbeat))
    from operations.queue.working import work  # start-up time

    log_to_stderr(logging.WARNING, config.log_format)
    logging.getLogger("worker").setLevel(logging.INFO)
    logging.getLogger("operations.queue").setLevel(logging.INFO)
    return work(config, args.jobs, args.heartbeat)
