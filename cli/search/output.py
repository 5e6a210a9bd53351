"""Results as JSON, as a table, as lines for people. Whatever comes from an archived text is made safe for terminals and spreadsheets."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cli.terminal import json_line, left, marked, wants_colour, width
from cli.terms import term
from index.answer.snippet import Snippet, marks_in
from index.search import SearchHit, SearchResult
from notices.errors import NoticesError, QuerySyntaxError
from notices.text.display import csv_cell, masked, safe
from notices.text.language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index.answer.advice import Advice
    from index.answer.facets import Facets
    from index.engine import Hit
    from index.query.tree import Interpretation

_CODED = ("state", "attachment")  # facets whose values are codes
_CSV = ("id", "title", "published_date", "written_date", "issuer", "document_number", "kind", "state", "source", "exact", "url")


def print_json(result: SearchResult) -> None:
    """Print the documented object, in one line."""
    print(json_line(result.as_json()))


def print_csv(result: SearchResult, *, mask: bool) -> None:
    """Print a table with a header row, after a byte order mark, without which spreadsheets take it for GBK; no cell can be a formula."""
    import csv  # only --csv needs it: a search starts faster without it

    sys.stdout.write("\ufeff")
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_CSV)
    for hit, _snippet in result.hits:
        values = (getattr(hit, name) for name in _CSV)
        writer.writerow([csv_cell(safe(masked(v) if mask and isinstance(v, str) else "" if v is None else str(v))) for v in values])


def print_lines(result: SearchResult, *, colour: bool | None = None) -> None:
    """Print the result for people; `colour` None: as the terminal and the environment say."""
    colour = wants_colour() if colour is None else colour
    was_exact, highlights = True, result.query.highlights
    for note in result.query.interpretations:
        print(_interpretation(note))
    for n, shown in enumerate(result.hits):
        if was_exact and not shown.hit.exact:
            unfound = highlights and not result.total
            print(_("--- not found as written; similar notices ---") if unfound else _("--- similar notices ---"))
        was_exact = shown.hit.exact
        print("\n".join((*_hit_lines(shown, highlights, colour), *_explanation(result, n))), end="\n\n")
    for line in _facet_lines(result.facets):
        print(line)
    for hint in result.advice:
        print(_hint(hint))
    if result.did_you_mean:
        print(_("did you mean: {did_you_mean}").format(did_you_mean=safe(result.did_you_mean)))
    print(_summary(result))


def _interpretation(note: Interpretation) -> str:
    read, meaning = safe(note.read), safe(note.meaning)
    if note.kind == "unread":
        return _("{read} is searched as text: {meaning}").format(read=read, meaning=meaning)
    return _("understood as {kind}: {read} = {meaning}").format(kind=term(note.kind), read=read, meaning=meaning)


def _hint(hint: Advice) -> str:
    read, near = safe(hint.read), safe(", ".join(hint.near))
    if hint.kind == "field":
        return _("{read}: is not a field and is searched as text; the fields nearest to it: {near}").format(
            read=read, near=near or _("none (see search --help)")
        )
    return _("no notice has the {field} {read}; nearest to it: {near}").format(field=term(hint.field), read=read, near=near or _("none"))


def _summary(result: SearchResult) -> str:
    if result.empty:
        return _("the archive contains no notices yet; run `notices crawl NAME` or `notices import FILE.jsonl` to add some")
    similar = _(", {count} similar").format(count=result.relaxed) if result.relaxed else ""
    shown = sum(hit.exact for hit, _snippet in result.hits)
    more = _("; {count} shown: --limit N shows more, --offset N goes on").format(count=shown) if shown < result.total else ""
    return _("{count} found{similar} ({milliseconds:.0f} ms){more}").format(
        count=result.total, similar=similar, milliseconds=result.took_ms, more=more
    )


def _hit_lines(shown: SearchHit, highlights: Sequence[str], colour: bool) -> Iterator[str]:
    hit, snippet = shown
    title = hit.title or _("(no title)")
    yield f"[{hit.id}] {marked(title, marks_in(title, highlights), colour)}"
    published = hit.published_date.isoformat() if hit.published_date else _("undated")
    facts = (published, hit.issuer, hit.document_number, term(hit.state) if hit.state != "listed" else "")
    copies = ngettext("(and {count} more copy: --all-copies)", "(and {count} more copies: --all-copies)", hit.copies)
    yield "  " + "  ".join(safe(f) for f in facts if f) + (f"  {copies.format(count=hit.copies)}" if hit.copies else "")
    yield f"  {safe(hit.url)}"
    if hit.notice:
        yield "  " + _went(hit)
    if snippet.path:
        yield f"  {safe(' > '.join(snippet.path))}"
    if snippet.where != "title":
        yield f"  {_place(snippet)}{marked(snippet.text, snippet.marks, colour)}"


def _went(hit: Hit) -> str:
    """Which revision it is, and since when its source shows it no longer."""
    went = _("revision {n}, withdrawn on {day}") if hit.went == "withdrawn" else _("revision {n}, replaced on {day}")
    return went.format(n=hit.revision, day=hit.gone)


def _explanation(result: SearchResult, n: int) -> Iterator[str]:
    if result.explained and (each := result.explained[n]):
        yield "  " + _("level of its issuer: {level}, which adds {share:.1%} of the weight of the query").format(
            level=each.level, share=each.prior
        )


def _place(snippet: Snippet) -> str:
    where = snippet.where
    if isinstance(where, str):
        return ""
    page = _(", page {number}").format(number=where["page"]) if where["page"] else ""
    recognised = _(", recognised from a picture ({confidence})").format(confidence=where["confidence"]) if "confidence" in where else ""
    member = f": {safe(str(where['member']))}" if "member" in where else ""
    return f"[{safe(str(where['attachment']))}{member or page}{recognised}] "


def _facet_lines(facets: Facets | None) -> Iterator[str]:
    if facets is not None:
        for name, values in facets.fields.items():
            if values:
                yield left(term(name), 11) + "  ".join(
                    f"{safe(term(value) if name in _CODED else value)} ({count})" for value, count in values
                )


def print_error(error: NoticesError) -> None:
    """Print the message on standard error; for a query that does not parse, also the place."""
    lines = [safe(line, one_line=True) for line in str(error).split("\n")]
    print(_("search: ") + "\n".join(lines), file=sys.stderr)
    if isinstance(error, QuerySyntaxError):
        print(f"  {safe(error.query)}\n  {' ' * width(safe(error.query[: error.position]))}^", file=sys.stderr)
