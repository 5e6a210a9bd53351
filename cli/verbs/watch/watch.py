"""`notices watch`: saved searches, what they were told, and telling it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from cli.terminal import json_line, padded
from cli.verbs.watch.channel import test_channels
from index.engines import open_engine
from notices.config import Config
from notices.errors import BadInput, NoticesError
from notices.hours import ZONE
from notices.reference.working_days import working_days
from notices.text.display import safe
from notices.text.language import _, in_english
from operations.indexing import owner_of
from operations.read.json_values import json_object
from pipeline.sql.database import database_errors, open_database, open_for_reading
from watch.channels import channel_named, channels
from watch.delivery import deliver_due
from watch.events import Event, note_told, told_in, untold
from watch.matching import match_new
from watch.notes import make_notes
from watch.saved import BUSY, Forecast, WatchSpec, WatchView, add_watch, forecast, pause, remove, watches

DIGEST = "@workdays 08:30"


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices watch` and its verbs."""
    verb = verbs.add_parser("watch", help=_("save searches and be told of what they find"))
    actions = verb.add_subparsers(required=True, metavar="ACTION")
    add = _action(actions, "add", _("save a search; shows what was understood and what to expect"), _add)
    add.add_argument("name", metavar="NAME")
    add.add_argument("query", metavar="QUERY", help=_("as search --exact reads it"))
    add.add_argument("--to", action="append", default=[], metavar="CHANNEL", help=_("send its messages there; may be repeated"))
    add.add_argument(
        "--every",
        default="",
        metavar="CRON",
        help=_("collect what is found and tell it at these times (Asia/Shanghai); @workdays 08:30: on working days"),
    )
    add.add_argument("--digest", action="store_true", help=_("one message at 08:30 on working days"))
    add.add_argument("--busy", action="store_true", help=_("save it even when it means more than 50 messages a day"))
    add.add_argument("--dry-run", action="store_true", help=_("only show what to expect"))
    _action(actions, "list", _("list the saved searches"), _list)
    for name, text, run in (
        ("show", _("show one saved search"), _list),
        ("pause", _("stop telling of one"), _pause),
        ("resume", _("tell of one again, from now on"), _resume),
        ("remove", _("remove one, with its hits"), _remove),
    ):
        _action(actions, name, text, run).add_argument("name", metavar="NAME")
    told = _action(actions, "told", _("list all that a message told of, by the message's id"), _told)
    told.add_argument("message", metavar="ID")
    test = _action(actions, "test", _("send one real message and show the receiver's answer"), _test)
    test.add_argument("name", metavar="NAME")
    _action(
        actions, "report", _("tell channels of sources that are not well, searches that fell silent, and once a day how all is"), _report
    )
    run_now = _action(actions, "run", _("match what is new, deliver what is due, and print the events"), _run_now)
    run_now.add_argument("--silent", action="store_true", help=_("print no events; those of searches without a channel wait"))
    run_now.add_argument("name", nargs="?", metavar="NAME", help=_("only this one"))


def _action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, run: Callable[[argparse.Namespace, Config], int]
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=text, description=text)
    parser.add_argument("--json", action="store_true", help=_("print JSON"))
    parser.set_defaults(run=run)
    return parser


def _add(args: argparse.Namespace, config: Config) -> int:
    every = args.every or (DIGEST if args.digest else "")
    spec = WatchSpec(args.name, args.query, tuple(args.to), every)
    for each in spec.channels:
        channel_named(channels(config), each)
    expected = _forecast(config, spec)
    if args.json:
        with in_english():
            value = {"name": spec.name, "query": spec.query, "understood": _understood(spec)}
        print(json_line({**value, "expected": expected and json_object(expected)}))
    else:
        _print_forecast(spec, expected)
    if expected and expected.messages_a_week > BUSY * 7 and not args.busy:
        raise BadInput(
            _("{count:.0f} messages a day are to be expected; --busy saves it all the same, --digest collects them").format(
                count=expected.messages_a_week / 7
            )
        )
    if every.startswith("@"):
        _say_unknown_years(config)
    if not args.dry_run:
        database = open_database(config)
        with database_errors(config.database):
            add_watch(database, spec, datetime.now(UTC))
    return 0


def _say_unknown_years(config: Config) -> None:
    """Warn of public holidays in the next two months that nobody has told the program of."""
    today = datetime.now(ZONE).date()
    days = working_days(config.days_off, config.days_worked)
    for year in sorted({today.year, (today + timedelta(days=61)).year}):
        if not days.knows(year):
            text = _(
                "public holidays of {year} are not known: every weekday counts as a working day until days_off in notices.toml names them"
            )
            print(_("warning: {problem}").format(problem=text.format(year=year)), file=sys.stderr)


def _forecast(config: Config, spec: WatchSpec) -> Forecast | None:
    """What to expect; None while the archive has no index."""
    from index.search import read_query  # a query that cannot be read is an error with an index or without

    read_query(spec.query, exact=True)
    try:
        engine = open_engine(config.index, owner=owner_of(config))
    except NoticesError:
        return None
    try:
        return forecast(engine, spec, datetime.now(ZONE).date())
    finally:
        engine.close()


def _understood(spec: WatchSpec) -> str:
    """How the query was read, in words."""
    from index.query.description import described  # start-up time
    from index.query.parse import parse_query

    return described(parse_query(spec.query, exact=True).tree)


def _print_forecast(spec: WatchSpec, expected: Forecast | None) -> None:
    print(f"{safe(spec.name)}: {safe(spec.query)}")
    print(_("understood as: {what}").format(what=safe(_understood(spec))))
    if expected is None:
        print(_("the archive has no index yet: nothing can be expected"))
        return
    print(
        _("found: {total} in all, {year} of the last 365 days, {month} of the last 30 days; about {messages} messages a week").format(
            total=expected.total, year=expected.last_365_days, month=expected.last_30_days, messages=expected.messages_a_week
        )
    )


def _list(args: argparse.Namespace, config: Config) -> int:
    database = open_for_reading(config)
    with database_errors(config.database):
        found = watches(database, getattr(args, "name", None))
    if args.json:
        for each in found:
            print(json_line(json_object(each)))
    elif found:
        print("\n".join(padded([(_("name"), _("told"), _("waiting"), _("to"), _("when"), _("query")), *map(_cells, found)])))
    else:
        print(_("no saved search: notices watch add NAME QUERY saves one"))
    return 0


def _cells(each: WatchView) -> tuple[str, ...]:
    when = "paused" if each.paused else each.every or "at once"
    return safe(each.name), str(each.hits), str(each.waiting), safe(", ".join(each.channels)) or "-", when, safe(each.query)


def _pause(args: argparse.Namespace, config: Config) -> int:
    pause(open_database(config), args.name, paused=True)
    return 0


def _resume(args: argparse.Namespace, config: Config) -> int:
    pause(open_database(config), args.name, paused=False)
    return 0


def _remove(args: argparse.Namespace, config: Config) -> int:
    remove(open_database(config), args.name)
    return 0


def _test(args: argparse.Namespace, config: Config) -> int:
    """Send a message to each channel of the watch; exit 3 when one was not taken."""
    (watch,) = watches(open_for_reading(config), args.name)
    if not watch.channels:
        raise BadInput(_("watch {name!r} has no channel to test").format(name=args.name))
    return test_channels(config, watch.channels, args.json)


def _told(args: argparse.Namespace, config: Config) -> int:
    """Print the events of a message, those too for which it had no room. Raises UnknownName."""
    database = open_for_reading(config)
    with database_errors(config.database):
        _print_events(args, told_in(database, args.message))
    return 0


def _run_now(args: argparse.Namespace, config: Config) -> int:
    """Print the events of watches without a channel; exit 3 when a watch could not be read or a message not be sent."""
    database = open_database(config)
    with database_errors(config.database):
        if args.name is not None:
            watches(database, args.name)
        matched = match_new(database, args.name)
        delivered = deliver_due(config, database, datetime.now(UTC))
        _print_events(args, () if args.silent else delivered.events)
        while not args.silent and (events := untold(database, args.name)):
            _print_events(args, events)
            note_told(database, events)
    for name, why in (broken := (*matched.broken, *delivered.broken)):
        print(_("notices: watch {name}: {why}").format(name=safe(name), why=safe(why)), file=sys.stderr)
    if delivered.failed or delivered.dead:
        print(
            _("notices: {count} messages were not sent: notices channel letters lists them").format(
                count=delivered.failed + delivered.dead
            ),
            file=sys.stderr,
        )
    return 3 if broken or delivered.failed or delivered.dead else 0


def _report(args: argparse.Namespace, config: Config) -> int:
    """Print the notes that were due, and send what waits; exit 3 when a message was not sent."""
    database, now = open_database(config), datetime.now(UTC)
    with database_errors(config.database):
        for each in make_notes(config, database, now):
            print(json_line(json_object(each)) if args.json else safe(each.subject))
        delivered = deliver_due(config, database, now)
    return 3 if delivered.failed or delivered.dead else 0


def _print_events(args: argparse.Namespace, events: Sequence[Event]) -> None:
    for each in events:
        print(json_line(json_object(each)) if args.json else _line(each))
    sys.stdout.flush()


def _line(each: Event) -> str:
    return safe(f"{each.seq}  {each.watch}  {each.event}  [{each.notice}] {each.title or each.url}")
