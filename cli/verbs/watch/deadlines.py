"""`notices deadlines`: what notices say must be done until when, with the sentence."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from datetime import UTC, datetime

from cli.terminal import json_line
from notices.config import Config
from notices.text.display import safe
from notices.text.language import _
from operations.read.json_values import json_value
from operations.read.lookup import find_ids
from pipeline.sql.database import archive_id, database_errors, open_for_reading
from watch.deadlines import Deadline, Term, calendar, deadlines, terms


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices deadlines`."""
    verb = verbs.add_parser("deadlines", help=_("list the deadlines that notices state, with the sentence"))
    verb.add_argument("wanted", nargs="?", metavar="NOTICE", help=_("its id, document number, address or title"))
    verb.add_argument("--all", action="store_true", help=_("those that are over too, and those without an end day"))
    form = verb.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help=_("print one JSON object per deadline"))
    form.add_argument("--ics", action="store_true", help=_("print an iCalendar file"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the deadlines, the next first. Raises UnknownName."""
    database, now = open_for_reading(config), datetime.now(UTC)
    with database_errors(config.database):
        notices = None if args.wanted is None else set(find_ids(database, args.wanted))
        found = deadlines(database, None if args.all else now, notices)
        if args.ics:
            sys.stdout.buffer.write(calendar(found, archive_id(database), now))
            return 0
        undated = terms(database, notices) if args.all or notices else []
    for each in found:
        print(json_line(_as_json(each)) if args.json else _lines(each))
    for term in undated:
        print(json_line({**_as_json(term), "end": None, "year_inferred": False}) if args.json else _term(term))
    return 0


def _as_json(each: Deadline | Term) -> dict[str, object]:
    return {field.name: json_value(getattr(each, field.name)) for field in fields(each)}


def _term(each: Term) -> str:
    return f"{_('no end day is stated')}  {safe(each.label)}  [{each.notice}] {safe(each.title)}\n    {safe(each.sentence)}"


def _lines(each: Deadline) -> str:
    last = each.end.isoformat(" ", "minutes") if not each.whole_days else each.end.date().isoformat()
    when = _("before {moment}").format(moment=last) + (_(" (year inferred)") if each.year_inferred else "")
    return f"{when}  {safe(each.label)}  [{each.notice}] {safe(each.title)}\n    {safe(each.sentence)}"
