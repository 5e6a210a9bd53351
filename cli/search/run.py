"""The `search` command. It reads only the index and imports no more than it must, so that an answer comes at once."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from cli.language import choose_language
from cli.process import INTERRUPTED, command_line, exit_code_of, is_disk_full, prepare_streams
from cli.search.options import Options, read_options
from cli.search.output import print_csv, print_error, print_json, print_lines
from index.engine import Engine
from index.engines import open_engine, outdated
from index.search import search
from notices.archive_id import Owner, read_marker
from notices.config import Config, load_config
from notices.errors import IndexUnusable, NoticesError
from notices.text.language import _


def run(argv: Sequence[str] | None = None) -> int:
    """Search; 0 when something was found, 1 when nothing was, 2 for usage, configuration or an unreadable index."""
    prepare_streams()
    try:
        options = read_options(choose_language(command_line() if argv is None else argv))
        config = load_config(os.environ)
        code = _run(open_index(config), options, config)
        sys.stdout.flush()
        return code
    except NoticesError as error:
        print_error(error)
        return error.exit_code
    except OSError as error:
        return exit_code_of(error, "search") if isinstance(error, BrokenPipeError) or is_disk_full(error) else _unreadable(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # an index that is damaged while we read it raises anything at all
        return _unreadable(error)


def _unreadable(error: Exception) -> int:
    import traceback  # only for an index that fails: a search starts faster without it

    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(where.filename).name}:{where.lineno}"
    print_error(
        IndexUnusable(
            _("the index cannot be read ({kind}: {error}, {place}); run `notices index --rebuild` to build it from the archive").format(
                kind=type(error).__name__, error=error, place=place
            )
        )
    )
    return 2


def _run(engine: Engine, options: Options, config: Config) -> int:
    if options.batch:
        from cli.search.batch import batch  # only --batch needs it: a search starts faster without it

        gc.enable()  # see cli.search.command: this runs for as long as there are queries
        return batch(engine, options.batch, options.request, config.home)
    if options.complete is not None:
        from cli.search.batch import complete  # see above

        return complete(engine, options.complete)
    return _answer(engine, options, config)


def open_index(config: Config) -> Engine:
    """The archive's index. Raises IndexUnusable with the command to run when there is none, or it cannot be read."""
    for left in (1, 0):
        try:
            engine = open_engine(config.index, owner=Owner(read_marker(config.home), config.home))
            if outdated(config.index):
                print(_("search: an earlier version of this program made the index; `notices index` brings it up to date"), file=sys.stderr)
            return engine
        except IndexUnusable as error:
            if not left:
                raise IndexUnusable(_advice(config, error)) from error
            time.sleep(0.05)  # a rebuild may be swapping a new index in at this moment
    raise AssertionError


def _advice(config: Config, error: IndexUnusable) -> str:
    if not (config.home / "notices.db").exists() and config.database.startswith("sqlite"):
        return (
            _("there is no archive in {home} (NOTICES_HOME selects another folder)").format(home=config.home)
            + "\n"
            + _(
                "  notices demo                  creates one from a bundled site and searches it\n"
                "  notices source list           lists the sites that can be crawled; notices crawl NAME crawls one\n"
                "  notices import FILE.jsonl     imports a collection you have"
            )
        )
    return (
        _("the archive's index cannot be read: {error}").format(error=error)
        + "\n"
        + _("  notices index --rebuild       rebuilds it from the archive; if a rebuild is running now, wait until it ends")
    )


def _answer(engine: Engine, options: Options, config: Config) -> int:
    """Answer the one query of the command line."""
    if options.as_of is None:
        result = search(engine, options.request, config.home)
    else:
        from operations.read.as_of import search_as_of  # it loads SQL: a search of today starts faster without it
        from pipeline.sql.database import database_errors, open_for_reading

        with database_errors(config.database):
            result = search_as_of(engine, open_for_reading(config), options.request, config.home, options.as_of)
    if options.form == "json":
        print_json(result)
    elif options.form == "csv":
        print_csv(result, mask=options.request.masked)
    else:
        print_lines(result, colour=options.colour)
    return 0 if result.found else 1
