"""`notices migrate`."""

from __future__ import annotations

import argparse

from cli.progress import Progress, Unit, is_shown
from cli.terminal import json_line
from notices.config import Config
from notices.text.language import _
from operations.preserve.moving import move_database


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices migrate`."""
    migrate = verbs.add_parser("migrate", help=_("move the archive's rows from SQLite to PostgreSQL, and compare them there"))
    migrate.add_argument("--to", required=True, metavar="URL", help=_("the empty database: postgresql+psycopg://user:password@host/name"))
    migrate.add_argument("--json", action="store_true", help=_("print JSON"))
    migrate.add_argument("--no-progress", action="store_true", help=_("do not show progress"))
    migrate.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Move the rows, print the count and digest of each table."""
    shown = is_shown(no_progress=args.no_progress)
    moved = move_database(config, args.to, lambda total: Progress("migrate", total, Unit(_("rows")), shown=shown))
    if args.json:
        print(json_line([{"table": each.name, "rows": each.rows, "sha256": each.digest} for each in moved]))
        return 0
    for each in moved:
        print(f"{each.name:16} {each.rows:>10}  {each.digest[:16]}")
    print(_("every row is in the new database with the same values; set `database` in notices.toml, or NOTICES_DATABASE, to use it"))
    return 0
