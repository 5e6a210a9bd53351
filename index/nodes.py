"""The tree of a parsed query: engines evaluate it, index/query.py builds it. Every text in it is folded and not empty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

Scope = Literal["any", "title", "text", "attachment"]
TermField = Literal["source", "issuer", "kind", "region", "state", "number_key", "number_loose", "url", "year", "group"]
TextField = Literal["issuer", "document_number", "source"]
DateField = Literal["published_date", "written_date", "effective_date"]


@dataclass(frozen=True, slots=True)
class Phrase:
    """This exact run of folded characters, in one title, one text or one attachment page; never across two of them. "any" also looks into issuer and document number."""

    text: str
    scope: Scope = "any"


@dataclass(frozen=True, slots=True)
class And:
    """All parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any part; an empty Or matches nothing."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Every document that the part does not match."""

    part: Node


@dataclass(frozen=True, slots=True)
class Is:
    """A keyword field holds one of these values exactly, or begins with one where `prefix` (region codes, number codes)."""

    field: TermField
    values: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Contains:
    """A short text field, folded, holds this folded run (发文机关:安监 finds 市安监局)."""

    field: TextField
    text: str


@dataclass(frozen=True, slots=True)
class Between:
    """A date field lies in [since, until], either end open; a document without the date never matches."""

    field: DateField
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class HasAttachment:
    """The document has at least one attachment."""


@dataclass(frozen=True, slots=True)
class Everything:
    """Every document."""


Node: TypeAlias = Phrase | And | Or | Not | Is | Contains | Between | HasAttachment | Everything


@dataclass(frozen=True, slots=True)
class Understood:
    """Something read into the query beyond its letters, shown with the answer: what it was, what was made of it."""

    kind: str
    read: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query. Exact hits match `node` and `filters`. `boosts` are nodes that rank an exact hit higher, with their
    weight. `relaxed_text` is the folded text whose n-grams rank what is found beyond the exact hits ("" = nothing is
    relaxed); relaxed hits must also match `filters`, and never match `node`."""

    text: str
    node: Node
    filters: Node = Everything()
    boosts: tuple[tuple[Node, float], ...] = ()
    relaxed_text: str = ""
    highlights: tuple[str, ...] = ()
    understood: tuple[Understood, ...] = ()
