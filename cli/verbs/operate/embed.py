"""`notices embed`: vectors of notices, in the background."""

from __future__ import annotations

import argparse

from cli.progress import Progress, Unit, is_shown
from notices.config import Config
from notices.errors import ConfigError
from notices.text.language import _
from pipeline.sql.database import database_errors, open_database


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices embed`."""
    verb = verbs.add_parser("embed", help=_("make vectors, so that similar notices are ordered by meaning (extra semantic)"))
    verb.add_argument("--limit", type=int, metavar="N", help=_("at most so many notices; the next call goes on"))
    verb.add_argument("--no-progress", action="store_true", help=_("no progress bar"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Make the vectors that are lacking; return 0. Raises ConfigError where the extra is not installed."""
    from index.answer.meaning_order import encoder  # start-up time
    from operations.embedding import embed

    model = encoder()
    if model is None:
        raise ConfigError(_("notices embed needs the extra `semantic`: pip install 'notices-archive[semantic]'"))
    if args.limit is not None and args.limit < 1:
        raise ConfigError(_("--limit {number}: must be 1 or more").format(number=args.limit))
    database = open_database(config)
    with database_errors(config.database), Progress("embed", 0, Unit("notices"), shown=is_shown(no_progress=args.no_progress)) as progress:
        found = embed(database, config, model, limit=args.limit, tell=progress)
    database.dispose()
    print(_("{done} notices got vectors, {left} still lack them").format(done=found.done, left=found.left))
    return 0
