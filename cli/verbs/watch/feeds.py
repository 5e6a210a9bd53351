"""`notices feeds`: feeds and calendars as files."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from notices.config import Config
from notices.text.display import safe
from notices.text.language import _
from pipeline.sql.database import database_errors, open_for_reading
from watch.feeds import build_feeds


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices feeds`."""
    verb = verbs.add_parser("feeds", help=_("write Atom and JSON feeds, and calendars of deadlines, as files"))
    actions = verb.add_subparsers(required=True, metavar="ACTION")
    build = actions.add_parser("build", help=_("write the feeds into a folder"))
    build.add_argument("folder", type=Path, metavar="DIR")
    build.add_argument("--base", default="", metavar="URL", help=_("the address under which the folder is served"))
    build.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the names of the files."""
    database = open_for_reading(config)
    with database_errors(config.database):
        for name in build_feeds(database, args.folder, args.base, datetime.now(UTC)):
            print(safe(name))
    return 0
