"""One query of the `search` command: parsed, answered, with what the options add to the answer."""

from __future__ import annotations

import time
from argparse import Namespace
from pathlib import Path

from cli.search.output import Shown
from index.answer.snippet import snippet_of, tiers_of
from index.answer.tiers import answer, every_copy
from index.engine import Answer, Engine
from index.query.parse import MAX_OFFSET, parse_query
from index.query.tree import Query
from notices.errors import QuerySyntaxError, UserError

MAX_LIMIT = 1000


def asked(engine: Engine, text: str, args: Namespace, home: Path) -> Shown:
    """A query parsed and answered, with all that the options ask for. Raises QuerySyntaxError, QueryLimitError or UserError."""
    began = time.perf_counter()
    if not 0 <= args.offset <= MAX_OFFSET or not 0 <= args.limit <= MAX_LIMIT:
        raise UserError(f"--offset is 0 to {MAX_OFFSET} and --limit 0 to {MAX_LIMIT} (they are {args.offset} and {args.limit})")
    query, found = _similar(engine, args) if args.similar is not None else _found(engine, text, args, home)
    shown = Shown(query, found, next=_next(engine, query, found, args))
    if args.facets:
        from index.answer.facets import facets

        shown = shown._replace(facets=facets(engine, query))
    if not found.total and found.relaxed and not query.understood and not args.exact and args.similar is None:
        shown = shown._replace(meant=_meant(engine, query, found))
    return shown._replace(took=(time.perf_counter() - began) * 1000, empty=not found.hits and not engine.count())


def _found(engine: Engine, text: str, args: Namespace, home: Path) -> tuple[Query, Answer]:
    query = parse_query(text, args.filters, exact=args.exact, home=home, lenient=True)
    if args.after is not None and args.sort == "date":
        from index.answer.cursor import page_after

        return query, page_after(engine, query, args.after, args.limit, every_copy=args.all_copies)
    ask = every_copy if args.all_copies else answer
    found = ask(engine, query, limit=args.limit, offset=_offset(engine, query, args), sort=args.sort)
    unread = next((u for u in query.understood if u.kind == "unread" and "：" not in u.read), None)
    if unread and not found.total:
        raise QuerySyntaxError(unread.meaning, text, max(text.find(unread.read), 0))
    return query, found


def _offset(engine: Engine, query: Query, args: Namespace) -> int:
    """Where the page begins: at the cursor's count, else at --offset."""
    if args.after is None:
        return int(args.offset)
    from index.answer.cursor import offset_of

    return offset_of(engine, query, args.after, every_copy=args.all_copies)


def _next(engine: Engine, query: Query, found: Answer, args: Namespace) -> str | None:
    """The cursor that goes on after this page; None at the end, and for --similar."""
    if args.similar is not None or not args.json:
        return None
    from index.answer.cursor import cursor_at, cursor_of

    if args.sort == "date":
        return next((cursor_of(hit) for hit in reversed(found.hits) if hit.exact), None)
    end = _offset(engine, query, args) + len(found.hits)
    full = len(found.hits) == args.limit and args.limit and end <= MAX_OFFSET
    return cursor_at(engine, query, end, every_copy=args.all_copies) if full else None


def _similar(engine: Engine, args: Namespace) -> tuple[Query, Answer]:
    from index.answer.suggest import similar, without

    query, group = similar(engine, args.similar)
    own = None if args.all_copies else group
    ask = every_copy if args.all_copies else answer
    found = ask(engine, query, limit=args.limit + 1, offset=args.offset)
    hits = [hit for hit in without(found.hits, args.similar) if own is None or hit.group != own]
    return query, Answer(0, max(found.relaxed - 1, 0), tuple(hits[: args.limit]))


def _meant(engine: Engine, query: Query, found: Answer) -> str | None:
    from index.answer.suggest import did_you_mean

    near = [hit for hit in found.hits if not hit.exact][:5]
    texts = engine.texts([hit.id for hit in near])
    shown = [snippet_of(hit.title, *texts.get(hit.id, ("", ())), tiers_of(query)).text for hit in near]
    return did_you_mean(engine, query.text, [*(hit.title for hit in near), *shown, *(text for text, _ in texts.values())])
