"""The search page, and completion of a typed text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from index.answer.snippet import marks_in
from index.answer.suggest import completions
from index.search import SORTS, SearchHit, SearchResult
from notices.errors import NoticesError, QueryLimitError
from notices.text.display import masked, safe
from notices.text.language import _
from web.archive import Archive
from web.pages import archive_of, page, validated
from web.views.export import MOST_PACKED, forms
from web.views.query import Asked, asked, facet_pairs

CHEAP_FROM = 4  # filters: every combination of facets is a page to a crawler, so beyond three an answer has no facets to follow
_LONGEST_TYPED = 100


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet: the pairs of the address that asks for it, or for all again where it is chosen."""

    value: str
    count: int
    pairs: tuple[tuple[str, str], ...]
    chosen: bool


def show(request: Request) -> Response:
    """The page: the form alone, or with an answer."""
    question = asked(request)
    if question.is_empty:
        return page(request, "home.html", {"question": question, "query": "", "notices": _held(archive_of(request))})
    cheap = len(question.filters) >= CHEAP_FROM
    facets = not cheap and question.request.after is None and not question.request.similar and question.as_of is None
    result = question._replace(request=question.request._replace(facets=facets)).answered(archive_of(request))
    values = {
        "question": question,
        "query": question.text,
        "result": result,
        "hits": list(_divided(result)),
        "facets": dict(_facets(result, question)),
        "cheap": cheap,
        "sorts": SORTS,
        "highlights": result.query.highlights,
        "marks_in": marks_in,
        "masked": masked,
        "saved": saved_query(question),
        "forms": forms(),
        "most_packed": MOST_PACKED,
        "can_save": request.app.state.access.exists(),
    }
    answer = page(request, "search.html", values)
    if question.filters or question.request.after:
        answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


_FIELDS = ("source", "issuer", "region", "kind", "number", "state", "validity", "theme")  # of addresses and of queries alike


def saved_query(question: Asked) -> str:
    """The words and filters as one query, as a saved search has it; empty where none says the same."""
    words, days = [question.text] if question.text else [], dict(question.filters)
    if question.as_of or question.is_past or question.request.similar or days.keys() & {"in"} or dict(question.pairs).get("date"):
        return ""
    for name, value in question.filters:
        if name in _FIELDS:
            words.append(f'{name}:"{value}"' if " " in value else f"{name}:{value}")
    words += ["has:attachment"] if days.get("has") else []
    if days.get("since") or days.get("until"):
        words.append(f"date:{days.get('since', '')}..{days.get('until', '')}")
    return " ".join(words)


def _held(archive: Archive) -> int:
    """How many notices the index has, which costs nothing; 0 where it cannot be asked now, as this page has no need of it."""
    try:
        with archive.engine() as engine:
            return engine.count()
    except NoticesError:
        return 0


def _divided(result: SearchResult) -> Iterator[tuple[SearchHit, bool]]:
    """Each hit, and whether it is the first of the similar ones."""
    before = True
    for shown in result.hits:
        yield shown, before and not shown.hit.exact
        before = shown.hit.exact


def _facets(result: SearchResult, question: Asked) -> Iterator[tuple[str, list[FacetValue]]]:
    if result.facets is None:
        return
    for field, values in result.facets.fields.items():
        shown = []
        for value, count in values:
            pairs = tuple(facet_pairs(field, value))
            chosen = all(pair in question.pairs for pair in pairs)
            shown.append(FacetValue(value, count, question.without(*pairs) if chosen else question.adding(*pairs), chosen))
        if shown:
            yield field, shown


def complete(request: Request) -> Response:
    """Titles and document numbers that contain the typed text, as a list of strings."""
    typed = request.query_params.get("q", "")
    if len(typed) > _LONGEST_TYPED:
        raise QueryLimitError(_("{name}: at most {most} characters are allowed").format(name="q", most=_LONGEST_TYPED))
    with archive_of(request).engine() as engine:
        found = [safe(masked(text)) for text in completions(engine, typed)] if typed.strip() else []
    return validated(request, JSONResponse(found))
