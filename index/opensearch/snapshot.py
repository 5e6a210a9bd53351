"""One state of the index (OpenSearch: a point in time), which all questions of an engine are put to: pages of one answer join, whoever writes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from index.opensearch.bulk import encoded
from index.opensearch.client import SECONDS, Cluster, Reply, Shape
from index.opensearch.query import Clause
from index.opensearch.replies import Found, Many, PointInTime, one_line
from notices.errors import ConfigError, IndexUnusable, QueryLimitError, ServerAway
from notices.text.language import _

_KEEP = "5m"  # after the last question; a reading room that is asked nothing for longer opens it again
_GONE = (404, 500, 503)
_TOO_LARGE, _SIGNS = (400, 500), (b"too_many", b"maxClauseCount", b"nested depth", b"too_complex")
_PATIENCE = 5.0
_GRACE = 0.5  # seconds: the cluster ends a search itself and says so; a node that says nothing is hung, and another is asked
WHOLE_ASK = 500  # questions sent at once


class Snapshot:
    """A state of an index. It is opened with the first question at the latest, and again when the cluster has lost it."""

    def __init__(self, cluster: Cluster, index: str) -> None:
        self._cluster, self._index = cluster, index
        self._pit = ""
        self.opened = 0  # how often: whatever was read of an earlier state is not valid in this one

    def ask(self, body: Clause, *, seconds: float = SECONDS, scored: bool = False) -> Found:
        """The answer to a search. Raises QueryLimitError when it takes longer than `seconds`, IndexUnusable or ServerAway."""
        kind = "dfs_query_then_fetch" if scored else "query_then_fetch"  # dfs: rarities of the whole index, not of each shard
        path = f"/_search?search_type={kind}&allow_partial_search_results=false"
        made = {"track_total_hits": True, "timeout": f"{max(int(seconds * 1000), 1)}ms", **body}
        found = self._checked(self._asked(path, made, seconds), Found)
        if found.timed_out:
            raise _too_slow(seconds)
        return found

    def counts(self, clauses: Sequence[Clause], *, seconds: float = SECONDS) -> list[int]:
        """How many documents each of the clauses matches."""
        found: list[int] = []
        for at in range(0, len(clauses), WHOLE_ASK):
            found += self._counts(clauses[at : at + WHOLE_ASK], seconds)
        return found

    def _counts(self, clauses: Sequence[Clause], seconds: float) -> list[int]:
        for again in (True, False):
            pit = {"id": self.open(), "keep_alive": _KEEP}
            asked = ({"size": 0, "track_total_hits": True, "query": each, "pit": pit} for each in clauses)
            lines = b"".join(b"{}\n" + encoded(each) for each in asked)
            reply = self._call("/_msearch", lines, seconds)
            answers = self._checked(reply, Many).responses
            found = [each.hits.total.value for each in answers if each.hits is not None]
            if len(found) == len(clauses):
                return found
            failed = next(each for each in answers if each.hits is None)
            if not again:
                raise self._cluster.away(one_line(failed.error, failed.status))
            self.close()
        raise AssertionError

    def _asked(self, path: str, body: Clause, seconds: float) -> Reply:
        """The reply; where the state is no longer kept, or a node that kept it is gone, of a new one."""
        pit = {"id": self.open(), "keep_alive": _KEEP}
        try:
            reply = self._call(path, {**body, "pit": pit}, seconds)
        except ServerAway:
            reply = None
        if reply is not None and reply.status not in _GONE:
            return reply
        self.close()
        return self._call(path, {**body, "pit": {"id": self.open(), "keep_alive": _KEEP}}, seconds)

    def _call(self, path: str, body: object, seconds: float) -> Reply:
        return self._cluster.call("POST", path, body, seconds=seconds + _GRACE)

    def open(self) -> str:
        """The name under which the cluster keeps the state. Raises ServerAway, or IndexUnusable where the index is gone."""
        if not self._pit:
            path = f"/{self._index}/_search/point_in_time?keep_alive={_KEEP}&allow_partial_pit_creation=false"
            reply = self._cluster.call("POST", path, patience=_PATIENCE)
            if reply.status == 404:
                raise IndexUnusable(_("index {folder}: not built yet").format(folder=self._cluster.address.shown))
            self._pit = self._checked(reply, PointInTime).pit_id
            self.opened += 1
        return self._pit

    def _checked(self, reply: Reply, shape: type[Shape]) -> Shape:
        """The reply, read. Raises QueryLimitError for a query that the cluster finds too large."""
        if reply.status in _TOO_LARGE and any(sign in reply.content for sign in _SIGNS):
            raise QueryLimitError(_("the query is too large for the cluster: {reason}").format(reason=reply.reason))
        return self._cluster.read(reply, shape)

    def close(self) -> None:
        """Let the cluster forget the state; it does so by itself later."""
        pit, self._pit = self._pit, ""
        if pit:
            with suppress(ServerAway, ConfigError, IndexUnusable):
                self._cluster.call("DELETE", "/_search/point_in_time", {"pit_id": [pit]}, seconds=2.0)


def _too_slow(seconds: float) -> QueryLimitError:
    return QueryLimitError(_("the query took longer than {value:g} s; make it more specific").format(value=round(seconds, 1)))
