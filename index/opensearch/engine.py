"""The engine of a cluster: we make the tokens, OpenSearch stores and evaluates, and shows each engine one state of the index."""

from __future__ import annotations

import time
from base64 import b64decode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from index.deadline import SECONDS, deadline
from index.document import HitNumbers, hit_of, texts_of
from index.engine import Answer, ArchivedText, Document, Hit
from index.generations import PAST
from index.laid_out import RANKED
from index.opensearch import bulk, generations, ranking
from index.opensearch.client import PATIENCE, Cluster
from index.opensearch.facets import values_of
from index.opensearch.query import Clause, Clauses, pairs_of
from index.opensearch.replies import Found, Hits, Refreshed, Row, Size, SortValues
from index.opensearch.snapshot import Snapshot
from index.query.tree import Query
from notices.errors import IndexUnusable, QueryLimitError
from notices.text.language import _

_WINDOW = 10_000  # index.max_result_window: further on, search_after
_COLUMNS = ["id", "revision", "published", "written"]
_FETCH: Clause = {"stored_fields": ["shown"], "docvalue_fields": _COLUMNS}
_NOTHING_BUT_PLACES: Clause = {"stored_fields": [], "docvalue_fields": []}
_BATCH = 10_000
_TEXTS = 500
_MOST_REMEMBERED = 50_000


class OpenSearchEngine:
    """An index of a cluster, opened for reading and for writing."""

    def __init__(self, cluster: Cluster, index: str) -> None:
        self._cluster, self._index = cluster, index
        self._snapshot = Snapshot(cluster, index)
        self._known: tuple[int, dict[tuple[str, str], int]] = (0, {})
        self._after: tuple[object, SortValues] | None = None

    def look(self) -> None:
        """Take the state of this moment as the one that is searched."""
        self._snapshot.open()

    def write(self, documents: Iterable[Document], deleted: Sequence[int] = ()) -> int:
        """Replace each document by id, remove the deleted ids, commit durably; return how many were written.

        Raises DocumentsRefused, with their ids, when the cluster will not take some; all others are written.
        """
        stamp = self._next_stamp()
        kept: set[int] = set()
        lines = bulk.spooled(_noting(bulk.lines_of(documents, stamp), kept))
        first = next(lines, None)
        gone = bulk.deletions(self._cluster, self._index, [ident for ident in deleted if ident not in kept])
        written = bulk.write(self._cluster, self._index, _chained(gone, first, lines))
        refresh(self._cluster, self._index)
        self._snapshot.close()
        written.check(self._cluster)
        return written.given

    def _next_stamp(self) -> int:
        """The number of this write, in microseconds: higher than that of every write before, whatever the clocks of the machines say."""
        found = self._cluster.do("POST", f"/{self._index}/_search", _STATE, shape=Found, patience=PATIENCE)
        return max(time.time_ns() // 1000, int(found.aggregations["newest"].value or 0) + 1)

    def search(self, query: Query, *, limit: int = 10, offset: int = 0, sort: str = "relevance") -> Answer:
        """Answer a parsed query; see index.tantivy.ranking.rank, whose order this is."""
        limit = max(limit, 0)
        clauses = Clauses(self._frequencies("text", pairs_of(query.node, query.filters, *(node for node, _weight in query.boosts))))
        exact = ranking.exact(clauses, query)
        by_date = sort == "date" or not query.is_ranked
        total, hits = self._page(exact, limit, offset, by_date=by_date, exact=True)
        relaxed = 0
        if query.relaxed_text and total < offset + limit:
            loose = self._relaxed(query)
            relaxed, more = self._page(loose, limit - len(hits), max(0, offset - total), by_date=sort == "date", exact=False)
            hits += more
        return Answer(total, relaxed, tuple(hits))

    def _relaxed(self, query: Query) -> Clause:
        text = query.relaxed_text
        pairs = (pair for pair in ranking.grams_wanted(text) if len(pair) == 2)
        needed = pairs_of(query.node, query.filters)
        clauses = Clauses(self._frequencies("text", [*needed, *pairs]))
        return ranking.relaxed(clauses, query, self._frequencies(RANKED, ranking.grams_wanted(text)), self.count())

    def _frequencies(self, field: str, terms: Iterable[str]) -> Mapping[str, int]:
        """The number of documents whose field contains each term, remembered while the state is the same."""
        wanted = list(dict.fromkeys(terms))
        opened, known = self._known
        if opened != self._snapshot.opened or len(known) > _MOST_REMEMBERED:
            known = {}
        unknown = [term for term in wanted if (field, term) not in known]
        if unknown:
            counts = self._snapshot.counts([{"term": {field: term}} for term in unknown], seconds=_left())
            known |= {(field, term): count for term, count in zip(unknown, counts, strict=True)}
        self._known = self._snapshot.opened, known
        return {term: known[field, term] for term in wanted}

    def _page(self, clause: Clause, limit: int, offset: int, *, by_date: bool, exact: bool) -> tuple[int, list[Hit]]:
        """How many match, and the page of them."""
        sort = ranking.BY_DATE if by_date else ranking.BY_SCORE
        body: Clause = {"query": clause, "sort": sort, "size": limit, **_FETCH}
        if offset + limit <= _WINDOW:
            found = self._snapshot.ask({**body, "from": offset}, seconds=_left(), scored=not by_date).hits
        else:
            found = self._far(body, limit, offset, scored=not by_date)
        rows = found.hits
        if rows:
            self._after = (self._place(body, offset + len(rows)), rows[-1].sort)
        return found.total.value, [_hit(row, by_date=by_date, exact=exact) for row in rows]

    def _far(self, body: Clause, limit: int, offset: int, *, scored: bool) -> Hits:
        """A page beyond the window that the cluster counts: after the page before it, or after all before it."""
        at, after = (offset, self._after[1]) if self._after is not None and self._after[0] == self._place(body, offset) else (0, None)
        rows: list[Row] = []
        while True:
            step = min(_BATCH, (offset if at < offset else offset + limit) - at)
            asked = {**body, "size": step} | ({"search_after": after} if after else {})
            asked |= {} if at >= offset else _NOTHING_BUT_PLACES
            found = self._snapshot.ask(asked, seconds=_left(), scored=scored).hits
            rows += found.hits if at >= offset else []
            at += step
            if len(found.hits) < step or at >= offset + limit:
                return Hits(found.total, rows)
            after = found.hits[-1].sort

    def _place(self, body: Clause, offset: int) -> object:
        return self._snapshot.opened, repr((body["query"], body["sort"])), offset

    def values(self, query: Query, fields: Sequence[str]) -> tuple[int, Mapping[str, Counter[str]]]:
        """See index.engine.CountsValues: all are counted, and exactly."""
        clauses = Clauses(self._frequencies("text", pairs_of(query.node, query.filters)))
        return values_of(self._snapshot, ranking.exact(clauses, query._replace(boosts=())), fields, seconds=_left())

    def texts(self, ids: Sequence[int]) -> dict[int, ArchivedText]:
        """Original text and attachments of the documents, for snippets; unknown ids are left out."""
        found: dict[int, ArchivedText] = {}
        for at in range(0, len(ids), _TEXTS):
            some = list(dict.fromkeys(ids[at : at + _TEXTS]))
            body: Clause = {"query": _with_ids(some), "size": len(some), "stored_fields": ["original"], "docvalue_fields": ["id"]}
            for row in self._snapshot.ask(body).hits.hits:
                try:
                    found[row.number("id")] = texts_of(b64decode(str(row.fields["original"][0])))
                except ValueError as error:
                    raise IndexUnusable(_("index {index}: {error}").format(index=self._cluster.address.shown, error=error)) from error
        return found

    def versions(self) -> set[tuple[int, int]]:
        """Every (id, revision) in the index."""
        found: set[tuple[int, int]] = set()
        after: SortValues = []
        while True:
            rows = self._snapshot.ask({**_VERSIONS, "search_after": after} if after else _VERSIONS).hits.hits
            found |= {(int(row.sort[0]), row.number("revision")) for row in rows}
            if len(rows) < _BATCH:
                return found
            after = rows[-1].sort

    def version_token(self) -> str:
        """The generation, how many documents it contains, and the newest write among them: no two states have the same of all three."""
        return state_token(self._index, self._snapshot.ask(_STATE))

    def past(self) -> OpenSearchEngine | None:
        """The index of what sources show no longer; None without one."""
        address = self._cluster.address
        cluster = Cluster(address._replace(name=f"{address.name}-{PAST}"))
        found = generations.current(cluster)
        if found is None:
            return None
        opened = OpenSearchEngine(cluster, found.name)
        opened.look()
        return opened

    def count(self) -> int:
        """How many documents the index contains."""
        (count,) = self._snapshot.counts([{"match_all": {}}])
        return count

    def close(self) -> None:
        """Let the cluster forget the state that was read."""
        self._snapshot.close()


_VERSIONS: Clause = {
    "query": {"match_all": {}}, "sort": [{"id": "asc"}], "size": _BATCH, "docvalue_fields": ["revision"], "stored_fields": [],
}  # fmt: skip
_STATE: Clause = {"size": 0, "track_total_hits": True, "aggs": {"newest": {"max": {"field": "written_at"}}}}


def state_token(index: str, found: Found) -> str:
    """See OpenSearchEngine.version_token; `found` answers _STATE."""
    newest = int(found.aggregations["newest"].value or 0)
    return f"{index.rpartition('-')[2]}.{found.hits.total.value:x}.{newest:x}"


def state_of(cluster: Cluster) -> str:
    """The version token of what whoever opens the index now would read. Raises IndexUnusable before there is an index."""
    found = generations.current(cluster)
    if found is None:
        raise IndexUnusable(_("index {folder}: not built yet").format(folder=cluster.address.shown))
    return state_token(found.name, cluster.do("POST", f"/{found.name}/_search", _STATE, shape=Found))


def refresh(cluster: Cluster, index: str) -> None:
    """Show what was written. Raises IndexUnusable when part of the index could not."""
    done = cluster.do("POST", f"/{index}/_refresh", shape=Refreshed, patience=PATIENCE)
    if done.shards.failed:
        raise IndexUnusable(_("index {index}: {error}").format(index=cluster.address.shown, error=done.shards))


def create(cluster: Cluster, archive: str, documents: Iterable[Document] = ()) -> int:
    """Build a new generation from the documents, then let the alias name it; return how many documents it contains.

    Until then readers see the earlier one. Raises DocumentsRefused, and the earlier one stays in use, when the cluster will not take some.
    """
    index = generations.create(cluster, archive)
    try:
        written = bulk.write(cluster, index, bulk.lines_of(documents, time.time_ns() // 1000))
        written.check(cluster)
        refresh(cluster, index)
        count = cluster.do("GET", f"/{index}/_count", shape=Size, patience=PATIENCE).count
        if not written.created <= count <= written.given:  # what a repeated bulk had already written is not counted as created
            raise IndexUnusable(
                _("index {index}: {count} documents were written, and it contains {found}").format(
                    index=cluster.address.shown, count=written.given, found=count
                )
            )
        generations.make_current(cluster, index)
    except BaseException:
        generations.delete(cluster, index)
        raise
    return count


def _with_ids(ids: Sequence[int]) -> Clause:
    """The documents with these ids."""
    return {"bool": {"filter": [{"terms": {"id": list(ids)}}]}}


def _left() -> float:
    """Seconds until the question must be answered. Raises QueryLimitError."""
    left = deadline() - time.monotonic()
    if left <= 0:
        raise QueryLimitError(_("the query took longer than {value:g} s; make it more specific").format(value=SECONDS))
    return left


def _noting(lines: Iterator[bulk.Line], ids: set[int]) -> Iterator[bulk.Line]:
    for line in lines:
        ids.add(line.ident)
        yield line


def _chained(gone: Iterable[bulk.Line], first: bulk.Line | None, rest: Iterator[bulk.Line]) -> Iterator[bulk.Line]:
    yield from gone
    if first is not None:
        yield first
    yield from rest


def _hit(row: Row, *, by_date: bool, exact: bool) -> Hit:
    numbers = HitNumbers(*(row.number(name) for name in _COLUMNS))
    return hit_of(str(row.fields["shown"][0]), numbers, 0.0 if by_date else float(row.score or 0), exact)
