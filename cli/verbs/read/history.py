"""`notices history`: everything that happened to a notice since it was first archived."""

from __future__ import annotations

import argparse

from cli.terminal import in_china, json_line, left
from cli.terms import term
from notices.config import Config
from notices.text.display import safe
from notices.text.language import _, told
from operations.read.history import Event, history
from operations.read.json_values import json_object
from operations.read.lookup import find_ids
from pipeline.sql.database import database_errors, open_for_reading


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices history`."""
    verb = verbs.add_parser("history", help=_("show a notice's revisions, observations, states and corrections"))
    verb.add_argument("wanted", metavar="NOTICE", help=_("its id, document number, address or title"))
    verb.add_argument("--json", action="store_true", help=_("print one JSON object per event"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print one line an event, oldest first. Raises UnknownName."""
    database = open_for_reading(config)
    with database_errors(config.database):
        for notice_id in find_ids(database, args.wanted):
            for event in history(database, notice_id):
                line = f"{in_china(event.at)}  {left(term(event.event), 10)} {safe(_detail(event))}"
                print(json_line(json_object(event)) if args.json else line)
    return 0


def _detail(event: Event) -> str:
    """What happened, its codes as words: an observation begins with its evidence, a change of state has the two states."""
    first, blank, rest = event.detail.partition(" ")
    if event.event == "observed":
        return f"{term(first)}{blank}{told(rest)}"
    if event.event == "state":
        arrow, _blank, after = rest.partition(" ")
        now, _blank, why = after.partition(" ")
        return f"{term(first)} {arrow} {term(now)} {told(why)}".rstrip()
    return told(event.detail)
