"""What a cluster answers, as far as we read it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

SortValues = list[int | float | str]


class Cause(msgspec.Struct):
    """Why a request, or a document of one, failed."""

    type: str = ""
    reason: str | None = None
    caused_by: Cause | None = None
    root_cause: list[Cause] = []
    failed_shards: list[FailedShard] = []

    def reasons(self) -> Iterator[str]:
        """Every reason, the innermost first."""
        for inner in (self.caused_by, *(shard.reason for shard in self.failed_shards), *self.root_cause):
            if inner is not None:
                yield from inner.reasons()
        if self.reason:
            yield self.reason


class FailedShard(msgspec.Struct):
    """A shard that could not answer."""

    reason: Cause | None = None


class Failed(msgspec.Struct):
    """The reply to a request that failed."""

    error: Cause | str | None = None


class Total(msgspec.Struct):
    """How many documents match; exactly, because every question says so."""

    value: int


class Row(msgspec.Struct):
    """A document of an answer."""

    fields: dict[str, list[int | str]] = {}
    sort: SortValues = []
    score: float | None = msgspec.field(default=None, name="_score")

    def number(self, name: str) -> int:
        """A number of a column."""
        return int(self.fields[name][0])


class Hits(msgspec.Struct):
    """How many match, and the page of them."""

    total: Total
    hits: list[Row] = []


class Bucket(msgspec.Struct):
    """A value and how many documents have it."""

    key: str | dict[str, str]
    doc_count: int


class Counted(msgspec.Struct):
    """What was counted: a number, or the values of a field."""

    value: float | None = None
    buckets: list[Bucket] = []
    sum_other_doc_count: int = 0
    doc_count_error_upper_bound: int = 0
    after_key: dict[str, str] | None = None


class Found(msgspec.Struct):
    """The answer to a search."""

    hits: Hits
    timed_out: bool = False
    aggregations: dict[str, Counted] = {}


class OneOfMany(msgspec.Struct):
    """The answer to one of several searches, or its error."""

    hits: Hits | None = None
    error: Cause | str | None = None
    status: int = 200


class Many(msgspec.Struct):
    """The answers to several searches, in their order."""

    responses: list[OneOfMany]


class PointInTime(msgspec.Struct):
    """A state of the index that is kept."""

    pit_id: str


class Item(msgspec.Struct):
    """What became of one document of a bulk."""

    status: int
    result: str = ""
    error: Cause | None = None

    @property
    def reason(self) -> str:
        """Why the document was not taken, in one line."""
        return one_line(self.error, self.status)


class Bulk(msgspec.Struct):
    """What became of each document of a bulk, in their order."""

    items: list[dict[str, Item]]


class Kept(msgspec.Struct):
    """Whether the cluster has a document, and its version."""

    ident: str = msgspec.field(name="_id")
    found: bool = False
    version: int = msgspec.field(default=0, name="_version")


class Several(msgspec.Struct):
    """Documents that were asked for by their ids."""

    docs: list[Kept]


class Shards(msgspec.Struct):
    """How many copies of shards did something."""

    failed: int = 0


class Refreshed(msgspec.Struct):
    """The reply to a refresh."""

    shards: Shards = msgspec.field(name="_shards")


class Size(msgspec.Struct):
    """How many documents an index contains."""

    count: int


class Meta(msgspec.Struct):
    """Who made an index, and how."""

    made_by: str = ""
    version: int = 0
    folding: int = 0
    content: int = 0
    archive: str = ""


class Mapping(msgspec.Struct):
    """An index's mapping."""

    meta: Meta = msgspec.field(default_factory=Meta, name="_meta")


class Described(msgspec.Struct):
    """An index."""

    mappings: Mapping = msgspec.field(default_factory=Mapping)


Indexes = dict[str, Described]


class Nothing(msgspec.Struct):
    """A reply that need only be one of success."""


def one_line(error: Cause | str | None, status: int) -> str:
    """The reason of a failure in one line, the innermost if it has several; the HTTP status without any."""
    text = error if isinstance(error, str) else next(error.reasons(), "") if error else ""
    return " ".join(text.split())[:300] or f"HTTP {status}"
