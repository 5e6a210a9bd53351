"""Searching an index: search(engine, SearchRequest, home) -> SearchResult, which the command line, the web, the API and watches call."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from index.answer.past import names_past, of_notice, without_word
from index.answer.snippet import Snippet, snippet_of, tiers_of
from index.answer.tiers import answer, every_copy
from index.engine import Answer, ArchivedText, Engine, Hit, Page
from index.meaning.expand import expand
from index.query.parse import MAX_OFFSET, Filters, parse_query
from index.query.tree import And, Is, Node, Or, Query
from notices.errors import QuerySyntaxError, UserError
from notices.text.display import masked
from notices.text.language import _

if TYPE_CHECKING:
    from index.answer.advice import Advice
    from index.answer.facets import Facets

MAX_LIMIT = 1000
SORTS = ("relevance", "date", "archived", "changed", "deadline")
VECTORS = "vectors.db"  # in the home: what `notices embed` makes
_NO_SNIPPET, _NO_TEXT = Snippet("", (), "title"), ArchivedText()
Json = dict[str, object]


class SearchRequest(NamedTuple):
    """A question to an index. A named tuple, so that a search that has just started need not load dataclasses.

    `after` is the `next` of an earlier result. `exact` expands nothing and adds no similar notices. `similar` asks for notices like
    the one that it names (id, address, document number or title), in place of `text`. With `every_copy` each copy of an instrument is a hit. `masked` stars out personal
    data in titles, snippets and suggestions; turn it off for maintainers only. Without `prior`, and within a region, similar notices are
    ranked by their wording alone. `explain` tells of each similar hit what its issuer's level added. Without `meaning` an archive's
    vectors (extra `semantic`) are not used. `past` searches the revisions that their sources show no longer, as the word 在:历史 does.
    """

    text: str = ""
    filters: Filters = Filters()
    page: Page = Page()
    after: str | None = None
    exact: bool = False
    every_copy: bool = False
    similar: str | None = None
    facets: bool = False
    wants_next: bool = False
    snippets: bool = True
    masked: bool = True
    prior: bool = True
    explain: bool = False
    meaning: bool = True
    past: bool = False


class Explained(NamedTuple):
    """Why a similar hit is where it is: the level of its issuer, and what that added as a share of the weight of the whole query."""

    level: str
    prior: float


class SearchHit(NamedTuple):
    """A hit and the passage that shows why it matches."""

    hit: Hit
    snippet: Snippet


class SearchResult(NamedTuple):
    """What a search found. `total` counts exact matches, `relaxed` similar notices; both count copies.

    `took_ms` is the time of the whole answer, snippets included. `next` continues the answer, None at its end.
    `empty` is true when the index contains no notices at all. `advice` helps where nothing contains the query.
    `explained`, where it was asked for, has an element for each hit.
    """

    query: Query
    total: int
    relaxed: int
    hits: tuple[SearchHit, ...]
    took_ms: float
    did_you_mean: str | None = None
    facets: Facets | None = None
    next: str | None = None
    empty: bool = False
    advice: tuple[Advice, ...] = ()
    explained: tuple[Explained | None, ...] = ()

    @property
    def found(self) -> bool:
        """Whether there is any hit, on this page or another."""
        return bool(self.hits or self.total or self.relaxed)

    def as_json(self) -> Json:
        """The documented shape of an answer (docs/search.md)."""
        value: Json = {"query": self.query.text, "total": self.total, "relaxed": self.relaxed}
        from index.answer.hit_json import hit_json  # start-up time: only JSON needs it

        value["hits"] = [hit_json(hit, snippet) for hit, snippet in self.hits]
        if self.explained:
            value["explained"] = [each and {"level": each.level, "prior": each.prior} for each in self.explained]
        value["understood"] = [{"kind": i.kind, "read": i.read, "meaning": i.meaning} for i in self.query.interpretations]
        value["took_ms"] = round(self.took_ms, 2)
        if self.did_you_mean:
            value["did_you_mean"] = self.did_you_mean
        if self.advice:
            value["advice"] = [each._asdict() | {"near": list(each.near)} for each in self.advice]
        if self.facets is not None:
            value["facets"] = {name: [{"value": v, "count": n} for v, n in values] for name, values in self.facets.fields.items()}
            value["facets_counted"] = self.facets.counted
        value["next"] = self.next
        return value


def error_as_json(text: str, error: UserError) -> Json:
    """The documented shape of a query that cannot be answered; `position` is a character of the query or None."""
    return {"query": text, "error": str(error), "position": getattr(error, "position", None)}


def search(engine: Engine, request: SearchRequest, home: Path | None) -> SearchResult:
    """The answer to a request. `home` is the archive's folder: its own aliases.

    Raises QuerySyntaxError, QueryLimitError, UnknownName (no notice `similar`) or UserError (page or cursor).
    """
    began = time.perf_counter()
    _check(request.page)
    if request.past or names_past(request.text):
        return _search_past(engine, request, home)
    counting = engine
    if request.meaning and not request.exact and home and (home / VECTORS).exists():
        from index.answer.meaning_order import by_meaning  # start-up time: few archives have vectors

        engine = by_meaning(engine, home / VECTORS)
    query, found = _similar(engine, request) if request.similar is not None else _found(engine, request, home)
    following = _next(engine, query, found, request) if request.wants_next else None
    facets, meant = _facets(counting, query, request), _suggestion(engine, query, found, request)
    empty = not found.hits and not engine.count()
    helpful = _advice(engine, query, found, request) if not (found.total or empty) else ()
    hits = tuple(shown(engine, query, found.hits, request))
    explained = tuple(_explained(query, hit) for hit in found.hits) if request.explain else ()
    took = (time.perf_counter() - began) * 1000
    return SearchResult(query, found.total, found.relaxed, hits, took, meant, facets, following, empty, helpful, explained)


def _search_past(engine: Engine, request: SearchRequest, home: Path | None) -> SearchResult:
    """The answer from the index of the past; its hits have the ids of their notices."""
    if request.similar is not None:
        raise UserError(_("similar notices are of today; the past cannot be asked for them"))
    today = request._replace(text=without_word(request.text), past=False, meaning=False)
    past = engine.past()
    if past is None:
        query = read_query(today.text, today.filters, exact=today.exact, home=home, lenient=True)
        return SearchResult(query._replace(text=request.text), 0, 0, (), 0.0, empty=not engine.count())
    try:
        found = search(past, today, home)
    finally:
        past.close()
    hits = tuple(SearchHit(of_notice(hit), snippet) for hit, snippet in found.hits)
    return found._replace(hits=hits, query=found.query._replace(text=request.text), empty=False)


def read_query(text: str, filters: Filters | None = None, *, exact: bool = False, home: Path | None = None, lenient: bool = False) -> Query:
    """A query parsed and, unless `exact`, expanded; see index.query.parse.parse_query for `lenient` and what it raises.

    Raises QuerySyntaxError for one that asks for the past: only a search can.
    """
    if names_past(text):
        raise QuerySyntaxError(_("the past can be searched, but not watched or asked for as on a day; leave out 在:历史"), text, 0)
    parsed = parse_query(text, filters, exact=exact, lenient=lenient)
    return parsed.query if exact else expand(parsed, home)


def _check(page: Page) -> None:
    if not 0 <= page.offset <= MAX_OFFSET or not 0 <= page.limit <= MAX_LIMIT:
        raise UserError(
            _("offset must be 0 to {most_offset} and limit 0 to {most_limit}; they are {offset} and {limit}").format(
                most_offset=MAX_OFFSET, most_limit=MAX_LIMIT, offset=page.offset, limit=page.limit
            )
        )


def _found(engine: Engine, request: SearchRequest, home: Path | None) -> tuple[Query, Answer]:
    query = read_query(request.text, request.filters, exact=request.exact, home=home, lenient=True)
    query = query._replace(prior=request.prior and not (_names_region(query.node) or _names_region(query.filters)))
    limit, _, sort = request.page
    if request.after is not None and sort == "date":
        from index.answer.cursor import page_after  # loaded by those who page: a first search starts faster without it

        return query, page_after(engine, query, request.after, limit, every_copy=request.every_copy)
    ask = every_copy if request.every_copy else answer
    if sort in SORTS[2:]:
        from index.answer.by_day import by_day  # see above

        found = by_day(engine, query, Page(limit, _offset(engine, query, request), sort), every_copy=request.every_copy)
    else:
        found = ask(engine, query, limit=limit, offset=_offset(engine, query, request), sort=sort)
    unread = next((i for i in query.interpretations if i.kind == "unread" and "：" not in i.read), None)
    if unread and not found.total:
        raise QuerySyntaxError(unread.meaning, request.text, max(request.text.find(unread.read), 0))
    return query, found


def _names_region(node: Node) -> bool:
    """Whether a filter asks for a region: then the notices of that region are wanted, whatever their level."""
    if isinstance(node, And | Or):
        return any(map(_names_region, node.parts))
    return isinstance(node, Is) and node.field == "region"


def _explained(query: Query, hit: Hit) -> Explained | None:
    """What the prior added to a similar hit; None for an exact one."""
    from index.scoring import PRIOR, SHARES  # only --explain needs them: a search starts faster without it
    from notices.reference.levels import level_of

    if hit.exact:
        return None
    level = level_of(hit.title, hit.issuer, hit.region)
    return Explained(level or "unknown", PRIOR * SHARES[level] if query.prior else 0.0)


def _offset(engine: Engine, query: Query, request: SearchRequest) -> int:
    """The first hit of the page: from the cursor, else from the page."""
    if request.after is None:
        return request.page.offset
    from index.answer.cursor import offset_of  # see _found

    return offset_of(engine, query, request.after, every_copy=request.every_copy)


def _next(engine: Engine, query: Query, found: Answer, request: SearchRequest) -> str | None:
    """The cursor that continues after this page; None at the end, and for similar notices."""
    if request.similar is not None:
        return None
    from index.answer.cursor import cursor_at, cursor_of  # see _found

    limit, _, sort = request.page
    if sort == "date":
        return next((cursor_of(hit) for hit in reversed(found.hits) if hit.exact), None)
    end = _offset(engine, query, request) + len(found.hits)
    full = len(found.hits) == limit and limit and end <= MAX_OFFSET
    return cursor_at(engine, query, end, every_copy=request.every_copy) if full else None


def _similar(engine: Engine, request: SearchRequest) -> tuple[Query, Answer]:
    from index.answer.named import notice_named  # see _found
    from index.answer.suggest import similar, without

    ident = notice_named(engine, request.similar or "")
    query, group = similar(engine, ident)
    own = None if request.every_copy else group
    ask = every_copy if request.every_copy else answer
    found = ask(engine, query, limit=request.page.limit + 1, offset=request.page.offset)
    hits = [hit for hit in without(found.hits, ident) if own is None or hit.group != own]
    return query, Answer(0, max(found.relaxed - 1, 0), tuple(hits[: request.page.limit]))


def _advice(engine: Engine, query: Query, found: Answer, request: SearchRequest) -> tuple[Advice, ...]:
    if request.similar is not None or request.exact:
        return ()
    from index.answer.advice import advice  # see _found

    return advice(engine, query)


def _facets(engine: Engine, query: Query, request: SearchRequest) -> Facets | None:
    if not request.facets:
        return None
    from index.answer.facets import facets  # see _found

    return facets(engine, query)


def _suggestion(engine: Engine, query: Query, found: Answer, request: SearchRequest) -> str | None:
    """A likelier query, in the wording of the similar notices; only where nothing contains the query and nothing was read into it."""
    if found.total or not found.relaxed or query.interpretations or request.exact or request.similar is not None:
        return None
    from index.answer.suggest import did_you_mean, pieces  # see _found

    near = [hit for hit in found.hits if not hit.exact][:5]
    texts = engine.texts([hit.id for hit in near])
    meant = did_you_mean(engine, query.text, [piece for hit in near for piece in pieces(query, hit, *texts.get(hit.id, _NO_TEXT))])
    return masked(meant) if meant and request.masked else meant


def shown(engine: Engine, query: Query, hits: tuple[Hit, ...], request: SearchRequest) -> Iterator[SearchHit]:
    """Each hit with its snippet, masked as the request says."""
    mask = masked if request.masked else str
    texts = engine.texts([hit.id for hit in hits]) if request.snippets else {}
    for hit in hits:
        text, attachments = texts.get(hit.id, _NO_TEXT)
        snippet = snippet_of(hit.title, text, attachments, tiers_of(query), mask) if request.snippets else _NO_SNIPPET
        if request.masked and not isinstance(snippet.where, str):
            names: dict[str, str | int | float | None] = {
                name: masked(str(snippet.where[name])) for name in ("attachment", "member") if name in snippet.where
            }
            snippet = snippet._replace(where={**snippet.where, **names})
        yield SearchHit(hit._replace(title=mask(hit.title)), snippet)
