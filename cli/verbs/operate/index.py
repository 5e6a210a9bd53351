"""`notices index`: bring the index up to date, rebuild it, change over to another."""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime

from notices.config import Config, load_config
from notices.errors import BadInput, ConfigError
from operations.index_switch import use_index
from operations.indexing import build_aside, drain, rebuild_index
from pipeline.sql.database import open_database
from preservation.proofs.checkpoints import daily_checkpoint


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices index`."""
    verb = verbs.add_parser("index", help="bring the index up to date with the archive")
    verb.add_argument("--rebuild", action="store_true", help="build it anew from SQL, aside, and swap")
    verb.add_argument("--to", metavar="URL", help="with --rebuild: build it there (tantivy:///folder), then use that one")
    verb.add_argument("--aside", action="store_true", help="with --to: build it, but leave the one in use")
    verb.set_defaults(run=run_index)


def run_index(args: argparse.Namespace, config: Config) -> int:
    """Drain or rebuild; prints the count."""
    if args.to is not None or args.aside:
        return _run_to(args, config)
    database = open_database(config)
    count = rebuild_index(config, database) if args.rebuild else drain(config, database)
    daily_checkpoint(database, config, datetime.now(UTC))
    print(f"{count} notices {'in the rebuilt index' if args.rebuild else 'written to the index'}")
    return 0


def _run_to(args: argparse.Namespace, config: Config) -> int:
    """Build at --to, let the configuration name it, and write there what came meanwhile."""
    if not args.rebuild or args.to is None:
        raise BadInput("--to and --aside go with --rebuild: notices index --rebuild --to URL [--aside]")
    database = open_database(config)
    print(f"{build_aside(config, database, args.to)} notices in the new index {args.to}")
    if args.aside:
        print(f"{config.index} is still the one in use; the same command without --aside changes over")
        return 0
    file = use_index(config, args.to)
    now = load_config(os.environ)
    if now.index != args.to:
        raise ConfigError(f"{file} names the new index, but NOTICES_INDEX is set to {now.index} and wins: set it to {args.to}")
    written = drain(now, database)
    print(f"{file} names it: it is the one in use now ({written} notices written since); {config.index} is left as it is")
    return 0
