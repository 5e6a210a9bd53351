"""`notices schedule`: like `python scheduler.py`; what lies ahead; pauses."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from cli.terminal import padded
from notices.config import Config
from notices.errors import UserError
from notices.text.display import safe


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices schedule`."""
    verb = verbs.add_parser("schedule", help="run every source on its schedule until stopped")
    verb.add_argument("action", nargs="?", choices=("run", "pause", "resume"), default="run", help="run (default), pause or resume")
    verb.add_argument("names", nargs="*", metavar="NAME", help="with pause and resume: sources or jobs (default: all)")
    verb.add_argument("--for", dest="hours", type=float, metavar="HOURS", help="with pause: for so many hours (default: until resumed)")
    verb.add_argument("--once", action="store_true", help="run everything that is due now, then exit")
    verb.add_argument("--show", action="store_true", help="print what will begin within the next hours, and what waits and why")
    verb.add_argument("--hours", dest="ahead", type=float, default=24.0, metavar="N", help="with --show: so many hours (default: 24)")
    verb.add_argument("--json", action="store_true", help="with --show: print one JSON object a line")
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Run the clock, or tell and change what it will do; return the exit code. Raises UserError."""
    _check(args)
    if args.show:
        return _show(args, config)
    if args.action != "run":
        return _pause(args, config)
    import scheduler  # start-up time: loads the clock, which completion and help need not

    return scheduler.run(config, once=args.once)


def _check(args: argparse.Namespace) -> None:
    if args.names and args.action == "run":
        raise UserError(f"schedule runs all jobs; {args.names[0]!r} can only be paused or resumed (one source now: notices crawl NAME)")
    for option, value in (("--for", args.hours), ("--hours", args.ahead)):
        if value is not None and not 0 < value <= 24 * 366:
            raise UserError(f"{option} {value:g}: must be above 0 and at most {24 * 366} hours")
    if args.hours is not None and args.action != "pause":
        raise UserError("--for belongs to: notices schedule pause")


def _show(args: argparse.Namespace, config: Config) -> int:
    from operations.schedule.upcoming import upcoming  # start-up time
    from pipeline.sql.database import database_errors, open_for_reading

    database = open_for_reading(config)
    with database_errors(config.database):
        found = upcoming(config, database, datetime.now(UTC), timedelta(hours=args.ahead))
    if args.json:
        for each in found:
            at = each.at.astimezone(UTC).isoformat(timespec="seconds") if each.at else None
            print(json.dumps({"job": each.job, "at": at, "reason": each.reason}, ensure_ascii=False))
        return 0
    rows = [("when (Asia/Shanghai)", "job", ""), *((_local(each.at), safe(each.job), safe(each.reason)) for each in found)]
    print("\n".join(line.rstrip() for line in padded(rows)))
    return 0


def _local(moment: datetime | None) -> str:
    from notices.cron import ZONE  # start-up time

    return moment.astimezone(ZONE).strftime("%Y-%m-%d %H:%M") if moment else "not before resume"


def _pause(args: argparse.Namespace, config: Config) -> int:
    from operations.schedule.holds import pause, paused, resume  # start-up time
    from operations.schedule.jobs import read_schedule

    now = datetime.now(UTC)
    if args.action == "resume":
        ended = resume(config, args.names, now)
        missing = [name for name in args.names if name not in ended]
        if missing:
            raise UserError(f"{missing[0]!r} is not paused; paused: {', '.join(paused(config, now)) or 'nothing'}")
        print(f"resumed: {', '.join(_words(ended)) or 'nothing was paused'}")
        return 0
    known = {name for job in read_schedule(config).jobs for name in (job.name, job.source) if name}
    for name in args.names:
        if name not in known:
            raise UserError(f"no job or enabled source {name!r}; known: {', '.join(sorted(known))}")
    until = now + timedelta(hours=args.hours) if args.hours else None
    pause(config, args.names, until, now)
    print(f"paused {', '.join(args.names) or 'everything'} {f'until {_local(until)}' if until else 'until: notices schedule resume'}")
    return 0


def _words(names: list[str]) -> Iterator[str]:
    for name in names:
        yield "everything" if name == "*" else name
