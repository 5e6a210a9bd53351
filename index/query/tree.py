"""The tree of a parsed query: engines evaluate it, index/query/parse.py builds it. Every text in it is folded and not empty.

Named tuples, because making dataclasses would delay the start of a search; `op` keeps nodes of different kinds unequal.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal, NamedTuple, TypeAlias

Scope = Literal["any", "title", "text", "attachment"]
TermField = Literal[
    "source", "issuer", "kind", "region", "state", "number_key", "number_loose", "url", "year", "group", "level", "title",
    "index_number", "theme", "addressee", "validity", "archived", "changed", "deadline",
]  # fmt: skip
TextField = Literal["issuer", "document_number", "source"]
DateField = Literal["published_date", "written_date", "effective_date"]


class Phrase(NamedTuple):
    """This exact run of folded characters, in one title, one text or one attachment page; never across two of them. "any" also looks into issuer and document number."""

    text: str
    scope: Scope = "any"
    op: Literal["phrase"] = "phrase"


class And(NamedTuple):
    """All parts."""

    parts: tuple[Node, ...]
    op: Literal["and"] = "and"


class Or(NamedTuple):
    """Any part; an empty Or matches nothing."""

    parts: tuple[Node, ...]
    op: Literal["or"] = "or"


class Not(NamedTuple):
    """Every document that the part does not match."""

    part: Node
    op: Literal["not"] = "not"


class Is(NamedTuple):
    """A keyword field equals one of these values, or begins with one where `prefix` (region codes, number codes)."""

    field: TermField
    values: tuple[str, ...]
    prefix: bool = False
    op: Literal["is"] = "is"


class Contains(NamedTuple):
    """A short text field, folded, contains this folded run (发文机关:安监 finds 市安监局)."""

    field: TextField
    text: str
    op: Literal["contains"] = "contains"


class Between(NamedTuple):
    """A date field is in [since, until], either end open; a document without the date never matches."""

    field: DateField
    since: date | None
    until: date | None
    op: Literal["between"] = "between"


class HasAttachment(NamedTuple):
    """The document has at least one attachment."""

    op: Literal["has attachment"] = "has attachment"


class Everything(NamedTuple):
    """Every document."""

    op: Literal["everything"] = "everything"


Node: TypeAlias = Phrase | And | Or | Not | Is | Contains | Between | HasAttachment | Everything


class Interpretation(NamedTuple):
    """One thing that a query was expanded by, shown with the answer: `read` is the part of the query, `meaning` what it was taken for."""

    kind: str
    read: str
    meaning: str


class Query(NamedTuple):
    """A parsed query. Exact hits match `node` and `filters`. `boosts` are nodes that rank an exact hit higher, with their
    weight. `relaxed_text` is the folded text whose n-grams rank the hits after the exact ones ("": no such hits);
    relaxed hits match `filters` and never `node`; `prior`: notices of higher levels rank before those of lower ones among them."""

    text: str
    node: Node
    filters: Node = Everything()
    boosts: tuple[tuple[Node, float], ...] = ()
    relaxed_text: str = ""
    highlights: tuple[str, ...] = ()
    interpretations: tuple[Interpretation, ...] = ()
    prior: bool = True

    @property
    def is_ranked(self) -> bool:
        """Whether it has anything that scores an exact match; else the newest comes first."""
        return bool(self.boosts) or any(phrases_of(self.node))


def phrases_of(node: Node) -> Iterator[Phrase]:
    """The phrases that a match may contain; those under a Not are left out."""
    if isinstance(node, Phrase):
        yield node
    elif isinstance(node, And | Or):
        for part in node.parts:
            yield from phrases_of(part)
