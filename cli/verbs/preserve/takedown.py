"""`notices takedown`: a notice or a passage out of everything that readers see; the list of takedowns; undoing one."""

from __future__ import annotations

import argparse
import sys

from cli.terminal import json_line
from notices.config import Config
from notices.errors import BadInput
from notices.text.display import safe
from notices.text.language import _
from operations.preserve.taking_down import Takedown, Wanted, passage_at, take_down, takedowns, undo_takedown
from operations.read.json_values import json_object
from operations.read.lookup import find_id
from pipeline.sql.database import database_errors, open_archive, open_for_reading

_SHORT = 40


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices takedown`."""
    verb = verbs.add_parser("takedown", help=_("take a notice or a passage out of everything that readers see"))
    verb.add_argument("wanted", metavar="NOTICE", help=_("its id, number, address or title; or list, or undo"))
    verb.add_argument("takedown", nargs="?", type=int, metavar="ID", help=_("with undo: the number of the takedown"))
    what = verb.add_mutually_exclusive_group()
    what.add_argument("--text", metavar="TEXT", help=_("only this passage, wherever the notice contains it"))
    what.add_argument("--span", metavar="A:B", help=_("only these characters of the newest text, wherever the notice contains them"))
    verb.add_argument("--reason", default="", metavar="TEXT", help=_("why; readers see it"))
    verb.add_argument("--legal", action="store_true", help=_("the law asks for it: web answers have the status 451"))
    verb.add_argument("--past", action="store_true", help=_("with list: also those that were undone"))
    verb.add_argument("--json", action="store_true", help=_("print JSON"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Take down, list or undo."""
    if args.wanted == "list":
        return _list(args, config)
    database = open_archive(config)
    if args.wanted == "undo":
        if args.takedown is None:
            raise BadInput(_("takedown undo: name a takedown by its number; notices takedown list lists them"))
        _print(undo_takedown(config, database, args.takedown, args.reason), args)
        return 0
    if args.takedown is not None:
        raise BadInput(_("takedown: a number follows only undo"))
    notice = find_id(database, args.wanted)
    passage = args.text if args.span is None else passage_at(database, notice, *_span(args.span))
    done = take_down(config, database, Wanted(notice, args.reason, passage, args.legal))
    _print(done.takedown, args)
    if done.copies:
        ids = ", ".join(map(str, done.copies))
        print(_("copies of the same instrument stay visible: {ids}").format(ids=ids), file=sys.stderr)
    return 0


def _span(span: str) -> tuple[int, int]:
    start, _colon, end = span.partition(":")
    if not (start.isdecimal() and end.isdecimal() and len(span) < 30):
        raise BadInput(_("--span {span!r}: two numbers are needed, such as 120:134").format(span=span))
    return int(start), int(end)


def _list(args: argparse.Namespace, config: Config) -> int:
    database = open_for_reading(config)
    with database_errors(config.database):
        found = takedowns(database, past=args.past)
    for each in found:
        _print(each, args)
    if not found and not args.json:
        print(_("nothing is taken down"))
    return 0


def _print(each: Takedown, args: argparse.Namespace) -> None:
    if args.json:
        print(json_line(json_object(each)))
        return
    passage = each.passage or ""
    shown = passage if len(passage) <= _SHORT else passage[:_SHORT] + "…"
    print(_("takedown {id}: notice {notice}, {what}, since {day}: {reason}").format(
        id=each.id, notice=each.notice, what=f"“{safe(shown)}”" if passage else _("the whole notice"), day=f"{each.made_at:%Y-%m-%d}",
        reason=safe(each.reason),
    ))  # fmt: skip
    if each.undone_at:
        print("  " + _("undone on {day}: {reason}").format(day=f"{each.undone_at:%Y-%m-%d}", reason=safe(each.undone_reason) or "-"))
