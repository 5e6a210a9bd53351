"""The `search` command. It reads the index alone and imports no more than it must: an answer comes at once."""

from __future__ import annotations

import os
import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cli.search_options import read_options
from cli.search_output import Shown, print_csv, print_error, print_json, print_lines
from index.engine import Answer, Engine
from index.nodes import Query
from index.open import open_engine
from index.query import MAX_OFFSET, parse_query
from index.query_answer import answer
from notices.config import Config, load_config
from notices.errors import IndexUnusable, NoticesError, QuerySyntaxError, UserError

MAX_LIMIT = 1000


def main(argv: Sequence[str] | None = None) -> int:
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
        from cli.search_batch import batch

        return batch(engine, args, config.home)
    if args.complete is not None:
        from cli.search_batch import complete

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


def asked(engine: Engine, text: str, args: Namespace, home: Path) -> Shown:
    """A query parsed and answered, with all that the options ask for. Raises QuerySyntaxError, QueryLimitError or UserError."""
    began = time.perf_counter()
    if not 0 <= args.offset <= MAX_OFFSET or not 0 <= args.limit <= MAX_LIMIT:
        raise UserError(f"--offset is 0 to {MAX_OFFSET} and --limit 0 to {MAX_LIMIT} (they are {args.offset} and {args.limit})")
    query, found = _similar(engine, args) if args.similar is not None else _found(engine, text, args, home)
    shown = Shown(query, found, sort=args.sort)
    if args.facets:
        from index.query_facets import facets

        shown = replace(shown, facets=facets(engine, query))
    if not found.total and found.relaxed and not query.understood and not args.exact and args.similar is None:
        shown = replace(shown, meant=_meant(engine, query, found))
    return replace(shown, took=(time.perf_counter() - began) * 1000, empty=not found.hits and not engine.count())


def _found(engine: Engine, text: str, args: Namespace, home: Path) -> tuple[Query, Answer]:
    query = parse_query(text, args.filters, exact=args.exact, home=home, lenient=True)
    if args.after is not None:
        from index.query_cursor import page_after

        return query, page_after(engine, query, args.after, args.limit)
    found = answer(engine, query, limit=args.limit, offset=args.offset, sort=args.sort)
    unread = next((u for u in query.understood if u.kind == "unread" and "：" not in u.read), None)
    if unread and not found.total:
        raise QuerySyntaxError(unread.meaning, text, max(text.find(unread.read), 0))
    return query, found


def _similar(engine: Engine, args: Namespace) -> tuple[Query, Answer]:
    from index.query_suggest import similar, without

    query = similar(engine, args.similar)
    found = engine.search(query, limit=args.limit + 1, offset=args.offset)
    hits = without(found.hits, args.similar)[: args.limit]
    return query, Answer(0, max(found.relaxed - 1, 0), hits)


def _meant(engine: Engine, query: Query, found: Answer) -> str | None:
    from index.query_suggest import did_you_mean

    near = [hit for hit in found.hits if not hit.exact][:5]
    texts = engine.texts([hit.id for hit in near])
    return did_you_mean(engine, query.text, [*(hit.title for hit in near), *(text for text, _ in texts.values())])


if __name__ == "__main__":
    sys.exit(main())
