"""What the `search` command does. It reads the index alone and imports no more than it must: an answer comes at once."""

from __future__ import annotations

import gc
import os
import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from cli.search.ask import asked
from cli.search.options import read_options
from cli.search.output import print_csv, print_error, print_json, print_lines
from index.engine import Engine
from index.engines import open_engine
from notices.config import Config, load_config
from notices.errors import IndexUnusable, NoticesError


def run(argv: Sequence[str] | None = None) -> int:
    """Search; 0 when something was found, 1 when nothing was, 2 for usage, configuration or an index that cannot be read."""
    args = read_options(sys.argv[1:] if argv is None else argv)
    _never_fail_to_print()
    try:
        config = load_config(os.environ)
        engine = opened(config)
        code = _run(engine, args, config)
        sys.stdout.flush()
        return code
    except NoticesError as error:
        print_error(error)
        return error.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of our output is gone: nothing to tell it
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # an index damaged under our hands raises anything at all
        return _unreadable(error)


def _never_fail_to_print() -> None:
    """What a terminal's encoding lacks is written out."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _unreadable(error: Exception) -> int:
    import traceback

    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(where.filename).name}:{where.lineno}"
    print_error(
        IndexUnusable(f"the index cannot be read ({type(error).__name__}: {error}, {place}); make it anew: notices index --rebuild")
    )
    return 2


def _run(engine: Engine, args: Namespace, config: Config) -> int:
    if args.batch:
        from cli.search.batch import batch

        gc.enable()  # see cli.search.command: this runs for as long as it is asked
        return batch(engine, args, config.home)
    if args.complete is not None:
        from cli.search.batch import complete

        return complete(engine, args.complete)
    return single(engine, args, config.home)


def opened(config: Config) -> Engine:
    """The index. Raises IndexUnusable with what to type when there is none, or none that can be read."""
    for left in (1, 0):
        try:
            return open_engine(config.index)
        except IndexUnusable as error:
            if not left:
                raise IndexUnusable(_advice(config, error)) from error
            time.sleep(0.05)  # a rebuild may just be swapping a new index in
    raise AssertionError


def _advice(config: Config, error: IndexUnusable) -> str:
    if not (config.home / "notices.db").exists() and config.database.startswith("sqlite"):
        return (
            f"there is no archive in {config.home} (NOTICES_HOME names another folder)\n"
            "  notices demo                  makes one from a bundled site and searches it\n"
            "  notices source list           shows the sites that can be crawled, notices crawl NAME crawls one\n"
            "  notices import FILE.jsonl     takes in a collection you have"
        )
    return f"the archive's index cannot be read: {error}\n  notices index --rebuild       makes it anew; if that is running just now, wait for it to end"


def single(engine: Engine, args: Namespace, home: Path) -> int:
    """Answer the one query of the command line."""
    shown = asked(engine, " ".join(args.query), args, home)
    if args.json:
        print_json(engine, shown, masking=not args.unmasked)
    elif args.csv:
        print_csv(shown, masking=not args.unmasked)
    else:
        print_lines(engine, shown, masking=not args.unmasked, colour=False if args.no_color else None)
    return 0 if shown.answer.hits or shown.answer.total or shown.answer.relaxed else 1
