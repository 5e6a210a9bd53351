"""Answers as JSON, as a table, as lines for people. What is archived is shown safe and, unless asked otherwise, masked."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from cli.terminal import marked, wants_colour, width
from index.answer.snippet import Snippet, marks_in, snippet_of, tiers_of
from index.engine import Answer, Engine, Hit
from index.query.tree import Query
from notices.errors import NoticesError, QuerySyntaxError
from notices.text.display import csv_cell, masked, safe

if TYPE_CHECKING:
    from index.answer.facets import Facets

_CSV = ("id", "title", "published_date", "written_date", "issuer", "document_number", "kind", "state", "source", "exact", "url")
_DRIVING = "[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"


class Shown(NamedTuple):
    """An answered query on its way out: `took` milliseconds, `meant` a likelier query, `next` the cursor, `empty` an index without notices."""

    query: Query
    answer: Answer
    took: float = 0.0
    meant: str | None = None
    facets: Facets | None = None
    next: str | None = None
    empty: bool = False


def dumped(value: Any) -> str:
    """The value as JSON in one line; characters that could drive a terminal, and lone surrogates, are written out."""
    return re.sub(_DRIVING, lambda m: f"\\u{ord(m[0]):04x}", json.dumps(value, ensure_ascii=False))


def print_json(engine: Engine, shown: Shown, *, masking: bool = True) -> None:
    """The documented object, in one line."""
    print(dumped(as_json(engine, shown, masking=masking)))


def as_json(engine: Engine, shown: Shown, *, masking: bool = True) -> dict[str, Any]:
    """The documented shape of an answer (docs/search.md)."""
    query, answer = shown.query, shown.answer
    value: dict[str, Any] = {"query": query.text, "total": answer.total, "relaxed": answer.relaxed}
    value["hits"] = [_hit_json(hit, snippet, masking) for hit, snippet in with_snippets(engine, query, answer.hits, masking=masking)]
    value["understood"] = [{"kind": u.kind, "read": u.read, "meaning": u.meaning} for u in query.understood]
    value["took_ms"] = round(shown.took, 2)
    if shown.meant:
        value["did_you_mean"] = masked(shown.meant) if masking else shown.meant
    if shown.facets is not None:
        value["facets"] = {name: [{"value": v, "count": n} for v, n in values] for name, values in shown.facets.fields.items()}
        value["facets_counted"] = shown.facets.counted
    value["next"] = shown.next
    return value


def with_snippets(engine: Engine, query: Query, hits: Sequence[Hit], *, masking: bool) -> Iterator[tuple[Hit, Snippet]]:
    """Each hit with the passage that shows it."""
    texts = engine.texts([hit.id for hit in hits])
    for hit in hits:
        text, attachments = texts.get(hit.id, ("", ()))
        yield hit, snippet_of(hit.title, text, attachments, tiers_of(query), masked if masking else str)


def _hit_json(hit: Hit, snippet: Snippet, masking: bool) -> dict[str, Any]:
    return {
        "id": hit.id, "url": hit.url, "title": masked(hit.title) if masking else hit.title, "source": hit.source, "issuer": hit.issuer or None,
        "document_number": hit.document_number or None, "kind": hit.kind or None, "published_date": _iso(hit.published_date),
        "written_date": _iso(hit.written_date), "score": hit.score, "exact": hit.exact,
        "snippet": {"text": snippet.text, "marks": [list(m) for m in snippet.marks]}, "where": _where(snippet, masking),
        "path": list(snippet.path), "region": hit.region or None, "state": hit.state, "revision": hit.revision,
        "copies": hit.copies,
    }  # fmt: skip


def _where(snippet: Snippet, masking: bool) -> str | dict[str, str | int | None]:
    where = snippet.where
    return {**where, "attachment": masked(str(where["attachment"]))} if masking and isinstance(where, dict) else where


def _iso(value: date | None) -> str | None:
    return value.isoformat() if value else None


def print_csv(shown: Shown, *, masking: bool = True) -> None:
    """A table with a head; no cell can be a formula."""
    import csv

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_CSV)
    for hit in shown.answer.hits:
        values = (getattr(hit, name) for name in _CSV)
        writer.writerow([csv_cell(safe(masked(v) if masking and isinstance(v, str) else "" if v is None else str(v))) for v in values])


def print_lines(engine: Engine, shown: Shown, *, masking: bool = True, colour: bool | None = None) -> None:
    """The answer for people."""
    query, answer, was_exact = shown.query, shown.answer, True
    colour = wants_colour() if colour is None else colour
    for note in query.understood:
        print(_understood(note.kind, safe(note.read), safe(note.meaning)))
    for hit, snippet in with_snippets(engine, query, answer.hits, masking=masking):
        if was_exact and not hit.exact:
            print(f"--- {'' if answer.total or not query.highlights else 'not found as written; '}similar notices ---")
        was_exact = hit.exact
        print("\n".join(_hit_lines(hit, snippet, query, (colour, masking))), end="\n\n")
    for line in _facet_lines(shown.facets):
        print(line)
    if shown.meant:
        print(f"did you mean: {safe(masked(shown.meant) if masking else shown.meant)}")
    print(_summary(shown))


def _understood(kind: str, read: str, meaning: str) -> str:
    return f"{read} is searched as text: {meaning}" if kind == "unread" else f"understood as {kind}: {read} = {meaning}"


def _summary(shown: Shown) -> str:
    if shown.empty:
        return "the archive holds no notices yet: notices crawl NAME or notices import FILE.jsonl brings some"
    similar = f", {shown.answer.relaxed} similar" if shown.answer.relaxed else ""
    return f"{shown.answer.total} found{similar} ({shown.took:.0f} ms)"


def _hit_lines(hit: Hit, snippet: Snippet, query: Query, style: tuple[bool, bool]) -> Iterator[str]:
    colour, masking = style
    title = (masked(hit.title) if masking else hit.title) or "(no title)"
    yield marked(title, marks_in(title, query.highlights), colour)
    facts = (_iso(hit.published_date) or "undated", hit.issuer, hit.document_number, hit.state if hit.state != "listed" else "")
    more = f"  (and {hit.copies} more {'copies' if hit.copies > 1 else 'copy'}: --all-copies)" if hit.copies else ""
    yield "  " + "  ".join(safe(f) for f in facts if f) + more
    yield f"  {safe(hit.url)}"
    if snippet.path:
        yield f"  {safe(' > '.join(snippet.path))}"
    if snippet.where != "title":
        yield f"  {_place(snippet)}{marked(snippet.text, snippet.marks, colour)}"


def _place(snippet: Snippet) -> str:
    where = snippet.where
    if isinstance(where, str):
        return ""
    return f"[{safe(str(where['attachment']))}{', page ' + str(where['page']) if where['page'] else ''}] "


def _facet_lines(facets: Facets | None) -> Iterator[str]:
    if facets is not None:
        for name, values in facets.fields.items():
            if values:
                yield f"{name:11}" + "  ".join(f"{safe(value)} ({count})" for value, count in values)


def print_error(error: NoticesError) -> None:
    """What is wrong, on standard error; for a query that does not parse also where."""
    lines = [safe(line, one_line=True) for line in str(error).split("\n")]
    print("search: " + "\n".join(lines), file=sys.stderr)
    if isinstance(error, QuerySyntaxError):
        print(f"  {safe(error.query)}\n  {' ' * width(safe(error.query[: error.position]))}^", file=sys.stderr)
