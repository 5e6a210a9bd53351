"""A query tree in Tantivy's own queries: the engine evaluates everything, and what it finds is exact.

A run of characters is a few of its pairs at their offsets, chosen so that they cover each of its characters and are rare.
"""

from __future__ import annotations

from collections.abc import Iterable

import tantivy
from tantivy import Occur
from tantivy import Query as Tantivy

from index.laid_out import COLUMN_OF, FIELD_OF, PREFIXES, RANKED, SCOPES, WEIGHTS, clean
from index.query.tree import And, Between, Contains, Everything, HasAttachment, Is, Node, Not, Or, Phrase
from index.scoring import cover
from notices.text.fold import fold


class Terms:
    """One state of the index, from which queries are built."""

    def __init__(self, schema: tantivy.Schema, searcher: tantivy.Searcher) -> None:
        self.schema, self.searcher = schema, searcher
        self._frequencies: dict[tuple[str, str], int] = {}
        self._covers: dict[str, list[int]] = {}

    def frequency(self, name: str, term: str) -> int:
        """The number of documents whose field contains the term."""
        known = self._frequencies.get((name, term))
        if known is None:
            known = self._frequencies[name, term] = self.searcher.doc_freq(name, term)
        return known

    def has(self, field: str) -> bool:
        """Whether the index has a text field of that name: one that was made by earlier code may lack it."""
        try:
            self.searcher.doc_freq(field, "x")
        except ValueError:
            return False
        return True

    def ranked(self, gram: str, times: int) -> Tantivy:
        """The gram in the field that similar notices are ranked by."""
        found = Tantivy.term_query(self.schema, RANKED, gram, "freq")
        return found if times == 1 else Tantivy.boost_query(found, float(times))

    def query(self, node: Node) -> Tantivy:  # noqa: PLR0911 (a line a kind of node)
        """The query of a node; only phrases give a score."""
        match node:
            case Phrase(text, scope):
                return any_of(self.run(text, name, WEIGHTS[name]) for name in SCOPES[scope])
            case And(parts):
                return self._all_of(parts)
            case Or(parts):
                return any_of(self.query(p) for p in parts)
            case Not(part):
                return Tantivy.boolean_query([(Occur.Must, everything()), (Occur.MustNot, self.query(part))])
            case Is(name, values, prefix):
                return unscored(any_of(self._fact(f"{name}={value}", prefix) for value in values))
            case Contains():
                return unscored(self._contains(node))
            case Between():
                return unscored(self._between(node))
            case HasAttachment():
                return unscored(self._fact("has=attachment", prefix=False))
            case Everything():
                return everything()

    def run(self, text: str, name: str, weight: float = 1.0) -> Tantivy:
        """The run of folded characters within one part of the field."""
        if len(text) == 1:
            found = self._term("chars", PREFIXES[name] + text)
        elif len(text) == 2:
            found = Tantivy.term_query(self.schema, name, text, "freq")
        else:
            found = Tantivy.phrase_query(self.schema, name, [(at, text[at : at + 2]) for at in self._cover(text)])
        return found if weight == 1.0 else Tantivy.boost_query(found, weight)

    def _cover(self, text: str) -> list[int]:
        """Offsets of pairs that together cover every character of a run of three or more, the rarest pair among them."""
        if text not in self._covers:
            self._covers[text] = cover(text, lambda gram: self.frequency("text", gram))
        return self._covers[text]

    def _all_of(self, parts: tuple[Node, ...]) -> Tantivy:
        wanted = [(Occur.Must, self.query(p)) for p in parts if not isinstance(p, Not)]
        denied = [(Occur.MustNot, self.query(p.part)) for p in parts if isinstance(p, Not)]
        return Tantivy.boolean_query([*(wanted or [(Occur.Must, everything())]), *denied])

    def _term(self, field: str, term: str) -> Tantivy:
        return Tantivy.term_query(self.schema, field, term, "basic")

    def _fact(self, fact: str, prefix: bool) -> Tantivy:
        if not prefix:
            return self._term("facts", clean(fact))
        return Tantivy.regex_query(self.schema, "facts", "".join(f"\\x{{{ord(c):X}}}" for c in clean(fact)) + "(?s:.)*")

    def _contains(self, node: Contains) -> Tantivy:
        if node.field != "source":
            return self.run(node.text, FIELD_OF[node.field])
        known = [term for term, _count in self.searcher.terms_with_prefix("facts", "source=")]
        return any_of(self._term("facts", term) for term in known if node.text in fold(term.removeprefix("source=")))

    def _between(self, node: Between) -> Tantivy:
        low = node.since.toordinal() if node.since else 1
        high = node.until.toordinal() if node.until else None
        return Tantivy.range_query(self.schema, COLUMN_OF[node.field], tantivy.FieldType.Unsigned, low, high)


def any_of(queries: Iterable[Tantivy]) -> Tantivy:
    """Any of the queries, their scores added; an empty one matches nothing."""
    every = list(queries)
    return every[0] if len(every) == 1 else Tantivy.boolean_query([(Occur.Should, q) for q in every])


def unscored(query: Tantivy) -> Tantivy:
    """The same matches without a score."""
    return Tantivy.const_score_query(query, 0.0)


def everything() -> Tantivy:
    """Every document, without a score."""
    return unscored(Tantivy.all_query())
