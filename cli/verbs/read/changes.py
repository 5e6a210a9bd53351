"""`notices changes`: what happened to notices, in order."""

from __future__ import annotations

import argparse
from itertools import islice

from cli.terminal import in_china, json_line
from cli.terms import term
from notices.config import Config
from notices.text.display import safe
from notices.text.language import _
from operations.read.changes import ChangeView, changes, cursor_of, follow
from operations.read.json_values import json_object
from pipeline.sql.database import database_errors, open_for_reading


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices changes`."""
    verb = verbs.add_parser("changes", help=_("list what happened to notices: new, edited, missing, withdrawn, back, corrected, repealed"))
    verb.add_argument("--since", metavar="SEQ|DATE", help=_("only changes after this number, or from this day on"))
    verb.add_argument("--follow", action="store_true", help=_("wait for further changes until stopped"))
    verb.add_argument("--limit", type=int, metavar="N", help=_("at most N changes"))
    verb.add_argument("--json", action="store_true", help=_("print one JSON object per change"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the changes, the oldest first. Raises UserError for a cursor that the log has not reached."""
    database = open_for_reading(config)
    with database_errors(config.database):
        after = cursor_of(database, args.since)
        found = follow(database, after) if args.follow else changes(database, after)
        for each in islice(found, args.limit):
            print(json_line(json_object(each)) if args.json else _line(each), flush=args.follow)
    return 0


def _line(each: ChangeView) -> str:
    words = [str(each.seq), in_china(each.at), term(each.kind), f"[{each.notice}]", safe(each.title or each.url)]
    if each.by is not None:
        words.append(_("(by {notice})").format(notice=each.by))
    return "  ".join([*words, _("(baseline)")] if each.baseline else words)
