"""The `search` command. It reads the index alone and imports no more than it must: an answer comes at once."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from cli.terminal import marked, wants_colour
from index.engine import Answer, Engine, Hit
from index.nodes import Query
from index.open import open_engine
from index.query import MAX_OFFSET, Filters, parse_query
from index.snippet import Snippet, snippet_of
from notices.config import load_config
from notices.display import csv_cell, masked, safe
from notices.errors import IndexUnusable, NoticesError, QuerySyntaxError, UserError

_DATE_FIELDS = {"published": "published_date", "written": "written_date", "effective": "effective_date"}
_SCOPES = {"all": "any", "title": "title", "text": "text", "attachment": "attachment"}
_CSV = ("id", "title", "published_date", "issuer", "document_number", "kind", "url")


def main(argv: Sequence[str] | None = None) -> int:
    """Search; 0 when something was found, 1 when nothing was, 2 for usage or configuration."""
    args = parser().parse_args(argv)
    try:
        engine = opened(load_config(os.environ).index)
        code = batch(engine, args) if args.batch else single(engine, args)
        sys.stdout.flush()
    except QuerySyntaxError as error:
        print(f"search: {safe(str(error))}\n  {safe(error.query)}\n  {' ' * _width(error.query[: error.position])}^", file=sys.stderr)
        return error.exit_code
    except NoticesError as error:
        print(f"search: {safe(str(error))}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _width(text: str) -> int:
    """Columns on a terminal: wide characters take two."""
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    made = argparse.ArgumentParser("search", description="Search the archive: every character of every notice is findable.", epilog="exit codes: 0 found, 1 nothing found, 2 usage or configuration")
    made.add_argument("query", nargs="*", metavar="QUERY", help='what to look for; a blank means AND; quotes, OR, -, ( ), 标题:… work')
    made.add_argument("--source", action="append", default=[], metavar="NAME", help="only this source")
    made.add_argument("--issuer", default="", metavar="TEXT", help="the issuer's name holds TEXT")
    made.add_argument("--region", default="", metavar="CODE", help="this region and those in it")
    made.add_argument("--kind", action="append", default=[], metavar="KIND", help="通知, 公告 …")
    made.add_argument("--number", default="", metavar="TEXT", help="the document number, whole or in part")
    made.add_argument("--state", action="append", default=[], metavar="STATE", help="listed, missing, withdrawn or back")
    made.add_argument("--since", type=date.fromisoformat, metavar="DATE", help="from this day on (YYYY-MM-DD)")
    made.add_argument("--until", type=date.fromisoformat, metavar="DATE", help="up to this day")
    made.add_argument("--date-field", choices=sorted(_DATE_FIELDS), default="published", help="which date the two mean")
    made.add_argument("--has", choices=("attachment",), help="only notices with an attachment")
    made.add_argument("--in", dest="scope", choices=sorted(_SCOPES), default="all", help="where to look")
    made.add_argument("--sort", choices=("relevance", "date"), default="relevance")
    made.add_argument("--limit", type=int, default=10, metavar="N")
    made.add_argument("--offset", type=int, default=0, metavar="N")
    made.add_argument("--exact", action="store_true", help="read nothing into the query, add no similar notices")
    made.add_argument("--json", action="store_true", help="one JSON object a query")
    made.add_argument("--csv", action="store_true", help="a table for spreadsheets")
    made.add_argument("--batch", metavar="FILE", help="one query a line (- for standard input); answers as JSON lines")
    return made


def opened(url: str) -> Engine:
    """The index, or an error that says what to do."""
    try:
        return open_engine(url)
    except IndexUnusable as error:
        raise UserError(f"{error}\nno index to search: `notices crawl` or `notices import` make one, `notices index --rebuild` mends one") from error


def filters_of(args: argparse.Namespace) -> Filters:
    """The filters that the options ask for."""
    return Filters(
        source=tuple(args.source), issuer=args.issuer, region=args.region, kind=tuple(args.kind), number=args.number, state=tuple(args.state),
        since=args.since, until=args.until, date_field=_DATE_FIELDS[args.date_field], has_attachment=args.has == "attachment",
        scope=_SCOPES[args.scope],
    )  # type: ignore[arg-type]  # fmt: skip


def single(engine: Engine, args: argparse.Namespace) -> int:
    """Answer the one query of the command line."""
    began = time.perf_counter()
    text = " ".join(args.query)
    query, answer = ask(engine, text, args)
    took = (time.perf_counter() - began) * 1000
    if args.json:
        print(json.dumps(as_json(engine, query, answer, took), ensure_ascii=False))
    elif args.csv:
        _print_csv(answer)
    else:
        _print_lines(engine, query, answer, took)
    return 0 if answer.total or answer.relaxed else 1


def ask(engine: Engine, text: str, args: argparse.Namespace) -> tuple[Query, Answer]:
    """Parse and answer. Raises QuerySyntaxError, QueryLimitError or UserError."""
    if not 0 <= args.offset <= MAX_OFFSET or not 0 <= args.limit <= 1000:
        raise UserError(f"--offset is 0 to {MAX_OFFSET} and --limit 0 to 1000 (they are {args.offset} and {args.limit})")
    query = parse_query(text, filters_of(args), exact=args.exact)
    return query, engine.search(query, limit=args.limit, offset=args.offset, sort=args.sort)


def batch(engine: Engine, args: argparse.Namespace) -> int:
    """One JSON object a line of the file, in order; a query that does not parse answers with its error, exit 2 at the end."""
    code = 1
    for text in _batch_lines(args.batch):
        began = time.perf_counter()
        try:
            query, answer = ask(engine, text, args)
        except UserError as error:
            code = 2
            print(json.dumps({"query": text, "error": str(error), "position": getattr(error, "position", None)}, ensure_ascii=False))
            continue
        took = (time.perf_counter() - began) * 1000
        code = 0 if code == 1 and answer.total else code
        print(json.dumps(as_json(engine, query, answer, took), ensure_ascii=False))
    return code


def _batch_lines(name: str) -> Iterator[str]:
    try:
        with open(0 if name == "-" else name, encoding="utf-8", errors="replace", newline="\n") as handle:
            yield from (line.rstrip("\r\n") for line in handle if line.strip())
    except OSError as error:
        raise UserError(f"{name}: {error.strerror}") from error


def as_json(engine: Engine, query: Query, answer: Answer, took: float) -> dict[str, Any]:
    """The documented shape of an answer."""
    hits = [_hit_json(hit, snippet) for hit, snippet in with_snippets(engine, query, answer.hits)]
    understood = [{"kind": u.kind, "read": u.read, "meaning": u.meaning} for u in query.understood]
    return {"query": query.text, "total": answer.total, "relaxed": answer.relaxed, "hits": hits, "understood": understood, "took_ms": round(took, 2)}


def with_snippets(engine: Engine, query: Query, hits: Sequence[Hit]) -> Iterator[tuple[Hit, Snippet]]:
    """Each hit with the passage that shows it."""
    texts = engine.texts([hit.id for hit in hits])
    for hit in hits:
        text, attachments = texts.get(hit.id, ("", ()))
        hidden = [replace(a, pages=tuple(masked(page) for page in a.pages)) for a in attachments]
        yield hit, snippet_of(masked(hit.title), masked(text), hidden, query.highlights)


def _hit_json(hit: Hit, snippet: Snippet) -> dict[str, Any]:
    return {
        "id": hit.id, "url": hit.url, "title": masked(hit.title), "source": hit.source, "issuer": hit.issuer or None,
        "document_number": hit.document_number or None, "kind": hit.kind or None, "published_date": _iso(hit.published_date),
        "written_date": _iso(hit.written_date), "score": hit.score, "exact": hit.exact, "state": hit.state, "revision": hit.revision,
        "snippet": {"text": snippet.text, "marks": [list(m) for m in snippet.marks]}, "where": snippet.where,
    }  # fmt: skip


def _iso(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _print_csv(answer: Answer) -> None:
    import csv

    writer = csv.writer(sys.stdout)
    writer.writerow(_CSV)
    for hit in answer.hits:
        writer.writerow([csv_cell(safe(masked(str(getattr(hit, name) or "")))) for name in _CSV])


def _print_lines(engine: Engine, query: Query, answer: Answer, took: float) -> None:
    colour, was_exact = wants_colour(), True
    for understood in query.understood:
        print(f"understood as {understood.kind}: {safe(understood.meaning)}")
    for hit, snippet in with_snippets(engine, query, answer.hits):
        if was_exact and not hit.exact:
            print(f"--- {'not found as written; ' if not answer.total else ''}similar notices ---")
        was_exact = hit.exact
        print("\n".join(_hit_lines(hit, snippet, query, colour)), end="\n\n")
    similar = f", {answer.relaxed} similar" if answer.relaxed else ""
    print(f"{answer.total} found{similar} ({took:.0f} ms)")


def _hit_lines(hit: Hit, snippet: Snippet, query: Query, colour: bool) -> Iterator[str]:
    from index.snippet import marks_in

    title = masked(hit.title) or "(no title)"
    yield marked(title, marks_in(title, query.highlights), colour)
    facts = (_iso(hit.published_date) or "undated", hit.issuer, hit.document_number, hit.state if hit.state != "listed" else "")
    yield "  " + "  ".join(safe(f) for f in facts if f)
    yield f"  {safe(hit.url)}"
    where = snippet.where
    place = "" if isinstance(where, str) else f"[{safe(str(where['attachment']))}, page {where['page']}] "
    if where != "title":
        yield f"  {place}{marked(snippet.text, snippet.marks, colour)}"


if __name__ == "__main__":
    sys.exit(main())
