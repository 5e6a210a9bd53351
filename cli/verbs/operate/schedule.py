"""`notices schedule`: like `python scheduler.py`; what lies ahead; pauses."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from cli.terminal import json_line, padded
from notices.config import Config
from notices.errors import UserError
from notices.text.display import safe
from notices.text.language import _, told

if TYPE_CHECKING:
    from operations.schedule.upcoming import Moment

_OFTEN = 12  # moments: so many of a job would fill the page


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices schedule`."""
    verb = verbs.add_parser("schedule", help=_("run every source on its schedule until stopped"))
    verb.add_argument("action", nargs="?", choices=("run", "pause", "resume"), default="run", help=_("run (default), pause or resume"))
    verb.add_argument("names", nargs="*", metavar="NAME", help=_("with pause and resume: sources or jobs (default: all)"))
    verb.add_argument("--for", dest="hours", type=float, metavar="HOURS", help=_("with pause: for so many hours (default: until resumed)"))
    verb.add_argument("--once", action="store_true", help=_("run everything that is due now, then exit"))
    verb.add_argument("--show", action="store_true", help=_("print what will begin within the next hours, and what waits and why"))
    verb.add_argument("--hours", dest="ahead", type=float, default=24.0, metavar="N", help=_("with --show: so many hours (default: 24)"))
    verb.add_argument("--json", action="store_true", help=_("with --show: print one JSON object a line"))
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
        raise UserError(
            _("schedule runs all jobs; {name!r} can only be paused or resumed (one source now: notices crawl NAME)").format(
                name=args.names[0]
            )
        )
    for option, value in (("--for", args.hours), ("--hours", args.ahead)):
        if value is not None and not 0 < value <= 24 * 366:
            raise UserError(
                _("{option} {value:g}: must be above 0 and at most {most} hours").format(option=option, value=value, most=24 * 366)
            )
    if args.hours is not None and args.action != "pause":
        raise UserError(_("--for belongs to: notices schedule pause"))


def _show(args: argparse.Namespace, config: Config) -> int:
    from operations.schedule.upcoming import upcoming  # start-up time
    from pipeline.sql.database import database_errors, open_for_reading

    database = open_for_reading(config)
    with database_errors(config.database):
        found = upcoming(config, database, datetime.now(UTC), timedelta(hours=args.ahead))
    if args.json:
        for each in found:
            at = each.at.astimezone(UTC).isoformat(timespec="seconds") if each.at else None
            print(json_line({"job": each.job, "at": at, "reason": each.reason}))
        return 0
    rows = [(_("when (Asia/Shanghai)"), _("job"), ""), *((_local(at), safe(job), safe(text)) for job, at, text in _folded(found))]
    print("\n".join(line.rstrip() for line in padded(rows)))
    return 0


def _folded(found: Sequence[Moment]) -> Iterator[tuple[str, datetime | None, str]]:
    """A line for each moment; those of a job that comes again and again in one step are one line, where they begin."""
    coming: dict[str, list[datetime]] = {}
    for each in found:
        if each.at and not each.reason:
            coming.setdefault(each.job, []).append(each.at)
    steps = {job: one.pop() for job, at in coming.items() if len(at) >= _OFTEN and len(one := {b - a for a, b in pairwise(at)}) == 1}
    for each in found:
        moments = coming.get(each.job, [])
        if each.reason or each.job not in steps:
            yield each.job, each.at, told(each.reason)
        elif each.at == moments[0]:
            text = _("and every {minutes} minutes, {count} times in all")
            yield each.job, each.at, text.format(minutes=round(steps[each.job].total_seconds() / 60), count=len(moments))


def _local(moment: datetime | None) -> str:
    from notices.hours import ZONE  # start-up time

    return moment.astimezone(ZONE).strftime("%Y-%m-%d %H:%M") if moment else _("not before resume")


def _pause(args: argparse.Namespace, config: Config) -> int:
    from operations.schedule.holds import pause, paused, resume  # start-up time
    from operations.schedule.jobs import read_schedule

    now = datetime.now(UTC)
    if args.action == "resume":
        ended = resume(config, args.names, now)
        missing = [name for name in args.names if name not in ended]
        if missing:
            raise UserError(
                _("{name!r} is not paused; paused: {names}").format(name=missing[0], names=", ".join(paused(config, now)) or _("nothing"))
            )
        print(_("resumed: {names}").format(names=", ".join(_words(ended)) or _("nothing was paused")))
        return 0
    known = {name for job in read_schedule(config).jobs for name in (job.name, job.source) if name}
    for name in args.names:
        if name not in known:
            raise UserError(_("no job or enabled source {name!r}; known: {names}").format(name=name, names=", ".join(sorted(known))))
    until = now + timedelta(hours=args.hours) if args.hours else None
    pause(config, args.names, until, now)
    names = ", ".join(args.names) or _("everything")
    if until:
        print(_("paused {names} until {moment}").format(names=names, moment=_local(until)))
    else:
        print(_("paused {names} until: notices schedule resume").format(names=names))
    return 0


def _words(names: list[str]) -> Iterator[str]:
    for name in names:
        yield _("everything") if name == "*" else name
