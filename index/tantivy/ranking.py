"""The page of an answer from a Tantivy index: exact matches first, then documents with any of the words' n-grams."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar, cast

from tantivy import DocAddress, Occur
from tantivy import Query as Tantivy

from index.deadline import SECONDS, deadline
from index.laid_out import PREFIXES, RANKED
from index.query.tree import Everything, Is, Query
from index.scoring import PRIOR, SHARES, TEXT_RUN, TITLE_RUN, grams_of, runs_of
from index.tantivy.query import Terms, any_of, unscored
from notices.errors import QueryLimitError
from notices.text.fold import grams
from notices.text.language import _

_OLD_POSTINGS, _SHORT = 60_000, 4  # of an index without the field of ranked grams
_BLOCK = 100
_MOST_VALUES, _OF_A_SEGMENT = 5_000, 20_000  # of a field; Tantivy makes 65,000 buckets at most of one question
Result = TypeVar("Result")


class Place(NamedTuple):
    """A document's address on a page, its score, and whether it matches exactly."""

    address: DocAddress
    score: float
    exact: bool


class Ranked(NamedTuple):
    """A page, with the counts of exact matches and of relaxed ones."""

    total: int
    relaxed: int
    page: list[Place]


class _Found(Protocol):
    """tantivy.SearchResult: its stub does not know `count`."""

    count: int
    hits: list[tuple[float, DocAddress]]


def rank(terms: Terms, query: Query, *, limit: int, offset: int, sort: str) -> Ranked:
    """The page of an answer: exact matches by score (or date), then relaxed ones where the exact do not fill the page."""
    exact = _exact(terms, query)
    by_date = sort == "date" or not query.is_ranked
    total, found = _top(terms, exact, limit, offset, by_date)
    places = [Place(address, score, True) for address, score in found]
    relaxed = 0
    if query.relaxed_text and total < offset + limit:
        loose = _relaxed(terms, query, exact)
        relaxed, more = _top(terms, loose, limit - len(places), max(0, offset - total), sort == "date")
        places += [Place(address, score, False) for address, score in more]
    return Ranked(total, relaxed, places)


def count_values(terms: Terms, query: Query, fields: Sequence[str]) -> tuple[int, Mapping[str, Counter[str]]]:
    """How many match exactly, and how many of them have each value of each field: every match is counted, in columns."""
    wanted = unscored(_exact(terms, query._replace(boosts=())))
    asked: dict[str, object] = {
        name: {"terms": {"field": f"value_{name}", "size": _MOST_VALUES, "segment_size": _OF_A_SEGMENT}} for name in fields
    }
    found = terms.searcher.aggregate(wanted, asked | {"all": {"value_count": {"field": "id"}}})  # every document has an id
    return int(found["all"]["value"]), {
        name: Counter({each["key"]: each["doc_count"] for each in found[name]["buckets"]}) for name in fields
    }


def _exact(terms: Terms, query: Query) -> Tantivy:
    clauses = [(Occur.Must, terms.query(query.node))]
    if query.filters != Everything():
        clauses.append((Occur.Must, unscored(terms.query(query.filters))))
    clauses += [(Occur.Should, Tantivy.const_score_query(terms.query(node), weight)) for node, weight in query.boosts]
    return clauses[0][1] if len(clauses) == 1 else Tantivy.boolean_query(clauses)


def _relaxed(terms: Terms, query: Query, exact: Tantivy) -> Tantivy:
    """Any pair of the text, without exact matches, and within the filters; scored as index.scoring says."""
    scored = _scored(terms, query) if terms.has(RANKED) else [(Occur.Must, _any_gram(terms, query.relaxed_text))]
    clauses = [*scored, (Occur.MustNot, exact)]
    if query.filters != Everything():
        clauses.append((Occur.Must, unscored(terms.query(query.filters))))
    return Tantivy.boolean_query(clauses)


def _scored(terms: Terms, query: Query) -> list[tuple[Occur, Tantivy]]:
    """The grams and the prior; Tantivy multiplies by a gram's rarity itself."""
    text = query.relaxed_text
    found = grams_of(text, lambda gram: terms.frequency(RANKED, gram), terms.searcher.num_docs)
    needed = any_of(terms.ranked(gram, found.times[gram]) for gram in found.pairs)
    clauses = [(Occur.Must, needed), *((Occur.Should, terms.ranked(gram, found.times[gram])) for gram in found.singles)]
    for run, weight in runs_of(text, found.pairs).items():
        for name, share in (("title", TITLE_RUN), ("text", TEXT_RUN)):
            clauses.append((Occur.Should, Tantivy.const_score_query(terms.run(run, name), share * weight)))
    if query.prior:
        for level, share in SHARES.items():
            if share:
                of_level = terms.query(Is("level", (level or "unknown",)))
                clauses.append((Occur.Should, Tantivy.const_score_query(of_level, PRIOR * share * found.whole)))
    return clauses


def _any_gram(terms: Terms, text: str) -> Tantivy:
    """For an index without the field of ranked grams: any character pair of the text, each field scored by itself."""
    wanted = Counter(grams(text)[:-1] if len(text) > _SHORT else [*grams(text)[:-1], *text])
    fields = {gram: _fields(terms, gram) for gram in wanted}
    clauses: list[Tantivy] = []
    read = 0
    for frequency, gram in sorted((sum(counts.values()), gram) for gram, counts in fields.items()):
        if frequency and (not read or read + frequency <= _OLD_POSTINGS):
            read += frequency
            clauses += [terms.run(gram, name, float(wanted[gram])) for name in fields[gram]]
    return any_of(clauses)


def _fields(terms: Terms, gram: str) -> dict[str, int]:
    """The fields that contain a gram, each with the number of documents."""
    count = terms.frequency
    if len(gram) == 1:
        return {name: times for name, letter in PREFIXES.items() if (times := count("chars", letter + gram))}
    return {name: times for name in PREFIXES if (times := count(name, gram))}


def _top(terms: Terms, query: Tantivy, limit: int, offset: int, by_date: bool) -> tuple[int, list[tuple[DocAddress, float]]]:
    """How many match, and the page of them with their scores, by score or newest first."""
    if by_date:
        newest = cast("_Found", terms.searcher.search(query, max(limit, 1), True, "recent", offset))
        return newest.count, [(address, 0.0) for _key, address in newest.hits[: max(limit, 0)]]
    begin = offset - offset % _BLOCK
    end = offset + max(limit, 1)
    best = cast("_Found", terms.searcher.search(query, end - begin + -end % _BLOCK, True, None, begin))
    hits = [(address, float(score)) for score, address in best.hits]
    blocks = (_newer_first(terms, hits[at : at + _BLOCK]) for at in range(0, len(hits), _BLOCK))
    return best.count, [hit for block in blocks for hit in block][offset - begin :][: max(limit, 0)]


def _newer_first(terms: Terms, hits: list[tuple[DocAddress, float]]) -> list[tuple[DocAddress, float]]:
    """The hits by score, the newer of equal ones first: Tantivy orders those by where they are stored.

    Whole blocks are ordered, wherever a page begins, so pages join without a gap.
    """
    recent = terms.searcher.fast_field_values("recent", [address for address, _score in hits])
    order = sorted(range(len(hits)), key=lambda n: (-hits[n][1], -int(recent[n] or 0)))
    return [hits[n] for n in order]


def within_limit(work: Callable[[], Result]) -> Result:
    """What the work returns. Raises QueryLimitError when it takes longer than a query may; Tantivy cannot be interrupted."""
    done: list[Result] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # raised again below, in the caller's thread
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True, name="query")
    thread.start()
    thread.join(max(deadline() - time.monotonic(), 0.0))
    if thread.is_alive():
        raise QueryLimitError(_("the query took longer than {value:g} s; make it more specific").format(value=SECONDS))
    if failed:
        raise failed[0]
    return done[0]
