"""One query of the `search` command: parsed, answered, with what the options add to the answer."""

from __future__ import annotations

import time
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from cli.search_output import Shown
from index.engine import Answer, Engine
from index.nodes import Query
from index.query import MAX_OFFSET, parse_query
from index.query_answer import answer
from notices.errors import QuerySyntaxError, UserError

MAX_LIMIT = 1000


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
