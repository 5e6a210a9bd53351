"""`notices index`: bring the index up to date, rebuild it, change over to another."""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime

from cli.progress import Progress, Unit, is_shown
from notices.config import Config, load_config, located
from notices.config_values import without_password
from notices.errors import BadInput, ConfigError
from notices.text.language import _
from operations.indexing import drain, rebuild_index, stage_index, use_index
from pipeline.sql.database import open_archive, open_database
from pipeline.sql.outbox import notice_count
from preservation.proofs.checkpoints import daily_checkpoint


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices index`."""
    verb = verbs.add_parser("index", help=_("bring the index up to date, or rebuild it"))
    verb.add_argument("--rebuild", action="store_true", help=_("build the index from SQL in a folder of its own, then swap it in"))
    verb.add_argument(
        "--to",
        metavar="URL",
        help=_("with --rebuild: build another index there (tantivy:FOLDER in the archive's home) and change over to it"),
    )
    verb.add_argument("--stage", action="store_true", help=_("with --to: only build it; the present index stays in use"))
    verb.add_argument("--aside", dest="stage", action="store_true", help=argparse.SUPPRESS)  # the name of --stage in the first release
    verb.add_argument("--no-progress", action="store_true", help=_("no progress bar"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Drain or rebuild; print the count."""
    if args.to is not None or args.stage:
        return _change_over(args, config)
    database = open_database(config)
    if args.rebuild:
        shown = is_shown(no_progress=args.no_progress)
        with Progress(_("rebuild"), notice_count(database), Unit(_("notices")), shown=shown) as progress:
            count = rebuild_index(config, database, progress)
    else:
        count = drain(config, database, whole=True)
    daily_checkpoint(database, config, datetime.now(UTC))
    said = _("{count} notices in the rebuilt index") if args.rebuild else _("{count} notices written to the index")
    print(said.format(count=count))
    return 0


def _change_over(args: argparse.Namespace, config: Config) -> int:
    """Build the index at --to, name it in the configuration, and write to it what came meanwhile."""
    if not args.rebuild or args.to is None:
        raise BadInput(_("--to and --stage go with --rebuild: notices index --rebuild --to URL [--stage]"))
    database, address = open_archive(config), located(config.home, args.to)
    print(
        _("{count} notices in the new index {address}").format(
            count=stage_index(config, database, address), address=without_password(address)
        )
    )
    if args.stage:
        print(
            _("{index} is still the one in use; the same command without --stage changes over").format(index=without_password(config.index))
        )
        return 0
    file = use_index(config, address)
    now = load_config(os.environ)
    if now.index != address:
        raise ConfigError(
            _("{file} names the new index, but the variable NOTICES_INDEX overrides it with {index}: set it to {address}").format(
                file=file, index=without_password(now.index), address=without_password(address)
            )
        )
    written = drain(now, database)
    print(
        _("the new index is in use now, named in {file} ({written} notices written meanwhile); {index} is left as it is").format(
            file=file, written=written, index=without_password(config.index)
        )
    )
    return 0
