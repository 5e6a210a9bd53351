"""Whoosh with the place of every character pair in its index, where ours reads the texts: the other way to make phrases exact."""

# mypy: allow-untyped-calls

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from whoosh.query.compound import And, AndNot, Or
from whoosh.query.positional import Phrase
from whoosh.query.terms import Prefix, Term

from benchmarks.search_questions import PAGE, Asked
from index.engine import Document
from notices.text.fold import fold, grams

_FIELDS = {"title": 3.0, "number": 4.0, "text": 1.0}


class Positions:
    """The same folding and pairs as ours in Whoosh's own fields, writer and queries; a run is a phrase of pairs, one character a prefix."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "positions"

    def build(self, documents: Iterable[Document]) -> None:
        from whoosh.analysis.ngrams import NgramTokenizer
        from whoosh.fields import ID, TEXT, Schema
        from whoosh.index import create_in

        pairs = NgramTokenizer(2)
        fields = {name: TEXT(pairs, phrase=True) for name in _FIELDS}
        self._folder.mkdir()
        writer = create_in(str(self._folder), Schema(id=ID(stored=True, unique=True), kind=ID(), **fields)).writer(limitmb=256)
        for d in documents:
            texts = {"title": fold(d.title), "number": fold(d.document_number), "text": fold(d.text)}
            writer.add_document(id=str(d.id), kind=d.kind, **texts)
        writer.commit()

    def open(self) -> None:
        from whoosh.index import open_dir

        self._searcher: Any = open_dir(str(self._folder)).searcher()

    def ask(self, asked: Asked) -> tuple[int, list[int]]:
        if asked.loose:
            query: Any = Or([_run(pair) for word in asked.words for pair in grams(fold(word))[:-1]])
        else:
            query = (Or if asked.either else And)([_run(fold(word)) for word in asked.words])
        for word in asked.without:
            query = AndNot(query, _run(fold(word)))
        found = self._searcher.search(query, limit=PAGE, filter=Term("kind", asked.kind) if asked.kind else None)
        return len(found), [int(hit["id"]) for hit in found]

    def holds(self, text: str, ident: int) -> bool:
        return len(self._searcher.search(_run(fold(text)), limit=1, filter=Term("id", str(ident)))) > 0

    def close(self) -> None:
        self._searcher.close()


def _run(text: str) -> Any:
    """Documents with the folded run in any field."""
    return Or([_in_field(name, text, weight) for name, weight in _FIELDS.items()])


def _in_field(name: str, text: str, weight: float) -> Any:
    if len(text) < 2:
        return Prefix(name, text, boost=weight)
    pairs = grams(text)[:-1]
    return Term(name, text, boost=weight) if len(pairs) == 1 else Phrase(name, pairs, boost=weight)
