"""The interface of a full-text engine and its values. All engines pass tests/contract/engines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from notices.attachment import AttachmentText

if TYPE_CHECKING:
    from collections import Counter

    from index.query.tree import Query


class Document(NamedTuple):
    """One notice as the index sees it: its newest revision. Texts are as archived; the engine folds them.

    `archived` is the day on which the archive first had the notice, `changed` that of this revision, both in Asia/Shanghai.
    `seq` is the end of the change log when the document was read, None when nobody looked: of two writers' documents the newer stays.
    In the index of the past, a document is a revision that its source shows no longer: `id` is its own, `notice` the notice's; it was
    replaced or withdrawn (`went`) on the day `gone`.
    """

    id: int
    revision: int
    url: str
    title: str
    text: str
    source: str = ""
    site: str = ""
    issuer: str = ""
    document_number: str = ""
    number_key: str = ""
    number_loose: str = ""
    kind: str = ""
    region: str = ""
    state: str = "listed"
    published_date: date | None = None
    written_date: date | None = None
    effective_date: date | None = None
    attachments: tuple[AttachmentText, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    group: int | None = None
    level: str = ""
    index_number: str = ""
    theme: str = ""
    addressees: tuple[str, ...] = ()
    validity: str = ""
    archived: date | None = None
    changed: date | None = None
    deadline: date | None = None
    seq: int | None = None
    notice: int = 0
    went: str = ""
    gone: date | None = None


class Hit(NamedTuple):
    """One document of an answer, with the fields of a result line. Scores descend within a page; exact hits come before relaxed ones.

    `group` identifies the instrument that several documents are copies of; index.answer.tiers counts the other `copies`.
    """

    id: int
    revision: int
    score: float
    exact: bool
    url: str
    title: str
    source: str
    issuer: str
    document_number: str
    kind: str
    region: str
    state: str
    published_date: date | None
    written_date: date | None
    group: int | None = None
    copies: int = 0
    validity: str = ""
    archived: date | None = None
    changed: date | None = None
    deadline: date | None = None
    index_number: str = ""
    theme: str = ""
    notice: int = 0
    went: str = ""
    gone: date | None = None


class ArchivedText(NamedTuple):
    """Text and attachments of a document as they are archived."""

    text: str = ""
    attachments: tuple[AttachmentText, ...] = ()


class Page(NamedTuple):
    """Which hits of an answer: `limit` of them after the first `offset`, by relevance or by date (newest first, undated last)."""

    limit: int = 10
    offset: int = 0
    sort: str = "relevance"


class Answer(NamedTuple):
    """A page of hits. `total` counts exact matches, `relaxed` the further documents ranked by any of the words."""

    total: int
    relaxed: int
    hits: tuple[Hit, ...]


@runtime_checkable
class CountsValues(Protocol):
    """An engine that counts the values of all its matches itself; of others the hits are counted."""

    def values(self, query: Query, fields: Sequence[str]) -> tuple[int, Mapping[str, Counter[str]]] | None:
        """How many exact hits there are, and how many have each value of issuer, region, kind, year, source, state, validity or theme.

        None for an index made before it had columns of them: its hits are counted.
        """


class Engine(Protocol):
    """An index of notices. One writer at a time (the caller has the lock); any number of readers, in any process."""

    def write(self, documents: Iterable[Document], deleted: Sequence[int] = ()) -> int:
        """Replace each document by id, remove the deleted ids, commit durably; return how many were written."""

    def search(self, query: Query, *, limit: int = 10, offset: int = 0, sort: str = "relevance") -> Answer:
        """Answer a parsed query; `sort` is relevance or date (newest first, undated last)."""

    def texts(self, ids: Sequence[int]) -> dict[int, ArchivedText]:
        """Original text and attachments of these documents, for snippets; unknown ids are left out."""

    def versions(self) -> set[tuple[int, int]]:
        """Every (id, revision) in the index."""

    def version_token(self) -> str:
        """Identifies the state of the index that is searched: while it stays the same, equal questions get equal answers."""

    def past(self) -> Engine | None:
        """The index of what sources show no longer, opened for reading; None without one. Raises IndexUnusable."""

    def count(self) -> int:
        """How many documents the index contains."""

    def close(self) -> None:
        """Release files; the engine is not used afterwards."""
