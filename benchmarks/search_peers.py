"""Other ways to search behind one small interface, with our engines: naive Whoosh with jieba, SQLite FTS5 over bigrams."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

from benchmarks.search_questions import PAGE, Asked
from index import engines as index_open
from index.answer.tiers import answer
from index.engine import Document
from index.query.tree import Is, Query
from index.search import read_query
from notices.text.fold import fold, grams

NAMES = ("tantivy", "whoosh", "fts5-bigrams", "whoosh-jieba")


class Peer(Protocol):
    """An engine that is measured. The index lies in the folder it was made with."""

    def build(self, documents: Iterable[Document]) -> None:
        """Index the documents, committed, in a folder that holds no index yet."""

    def open(self) -> None:
        """Be ready to answer."""

    def ask(self, asked: Asked) -> tuple[int, list[int]]:
        """How many documents match, and the ids of the first page, best first."""

    def holds(self, text: str, ident: int) -> bool:
        """Whether a search for the text finds the document."""

    def close(self) -> None:
        """Release files."""


def peer(name: str, folder: Path) -> Peer:
    """The engine of that name over a folder."""
    if name == "fts5-bigrams":
        return Bigrams(folder)
    if name == "whoosh-positions":
        from benchmarks.search_positions import Positions

        return Positions(folder)
    return Naive(folder) if name == "whoosh-jieba" else Ours(name, folder)


class Ours:
    """One of our engines, asked as `search` does: parsed, expanded, answered in tiers."""

    def __init__(self, scheme: str, folder: Path) -> None:
        self._url = f"{scheme}://{folder.resolve() / 'index'}"

    def build(self, documents: Iterable[Document]) -> None:
        index_open.rebuild(self._url, documents)

    def open(self) -> None:
        self._engine = index_open.open_engine(self._url)

    def ask(self, asked: Asked) -> tuple[int, list[int]]:
        text = " OR ".join(asked.words) if asked.either else " ".join((*asked.words, *(f"-{word}" for word in asked.without)))
        found = answer(self._engine, self._parsed(f"{text} kind:{asked.kind}" if asked.kind else text, asked.loose), limit=PAGE)
        return found.total, [hit.id for hit in found.hits]

    def _parsed(self, text: str, loose: bool) -> Query:
        return read_query(text, lenient=True) if loose else read_query(text, exact=True)

    def holds(self, text: str, ident: int) -> bool:
        only = Is("url", (f"https://notices.example/{ident}.html",))
        return self._engine.search(read_query(text, exact=True, lenient=True)._replace(filters=only), limit=1).total == 1

    def close(self) -> None:
        self._engine.close()


class Bigrams:
    """SQLite FTS5: the same folding and bigrams as ours, blank-separated; a run is a phrase, one character a prefix, rank is bm25."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "fts5.db"

    def build(self, documents: Iterable[Document]) -> None:
        base = sqlite3.connect(self._file)
        base.execute("""CREATE VIRTUAL TABLE n USING fts5 (title, number, text, kind,
            tokenize="unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Co'")""")
        base.executemany("INSERT INTO n (rowid, title, number, text, kind) VALUES (?, ?, ?, ?, ?)", map(self._row, documents))
        base.commit()
        base.close()

    def _row(self, document: Document) -> tuple[int, str, str, str, str]:
        title, number, text = (" ".join(grams(fold(part))) for part in (document.title, document.document_number, document.text))
        return document.id, title, number, text, document.kind

    def open(self) -> None:
        self._base = sqlite3.connect(self._file)

    def ask(self, asked: Asked) -> tuple[int, list[int]]:
        match = self._match(asked)
        page = "SELECT rowid FROM n WHERE n MATCH ? ORDER BY bm25(n, 3, 4, 1) LIMIT ?"
        found = [row[0] for row in self._base.execute(page, (match, PAGE))]
        return self._base.execute("SELECT count(*) FROM n WHERE n MATCH ?", (match,)).fetchone()[0], found

    def _match(self, asked: Asked) -> str:
        if asked.loose:
            return "{title number text} : (" + " OR ".join(_quoted(pair) for word in asked.words for pair in grams(fold(word))[:-1]) + ")"
        runs = [_run(word) for word in asked.words]
        match = "{title number text} : (" + (" OR " if asked.either else " AND ").join(runs) + ")"
        match = f"({match}) NOT ({' OR '.join(map(_run, asked.without))})" if asked.without else match
        return f'({match}) AND kind : "{asked.kind}"' if asked.kind else match

    def holds(self, text: str, ident: int) -> bool:
        return bool(self._base.execute("SELECT 1 FROM n WHERE n MATCH ? AND rowid = ?", (_run(text), ident)).fetchone())

    def close(self) -> None:
        self._base.close()


def _run(word: str) -> str:
    pairs = grams(fold(word))
    return f"{_quoted(pairs[0])}*" if len(pairs) == 1 else _quoted(" ".join(pairs[:-1]))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


class Naive:
    """Whoosh with jieba's ChineseAnalyzer, as its manual shows: default writer, QueryParser, BM25F."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "naive"

    def build(self, documents: Iterable[Document]) -> None:
        from whoosh.index import create_in

        self._folder.mkdir()
        writer = create_in(str(self._folder), _naive_schema()).writer(limitmb=256)
        for d in documents:
            writer.add_document(id=str(d.id), title=d.title, number=d.document_number, text=d.text, kind=d.kind)
        writer.commit()

    def open(self) -> None:
        from whoosh.index import open_dir

        index = open_dir(str(self._folder))
        self._searcher: Any = index.searcher()
        self._exact, self._loose = _parsers(index.schema)

    def ask(self, asked: Asked) -> tuple[int, list[int]]:
        text = " OR ".join(asked.words) if asked.either else " AND ".join(asked.words)
        exact = "".join((f"({text})", *(f" NOT {word}" for word in asked.without)))
        query = self._loose.parse(" ".join(asked.words)) if asked.loose else self._exact.parse(exact)
        found = self._searcher.search(query, limit=PAGE, filter=_is("kind", asked.kind) if asked.kind else None)
        return len(found), [int(hit["id"]) for hit in found]

    def holds(self, text: str, ident: int) -> bool:
        words = " ".join(re.findall(r"\w+", text))  # signs would be operators; no quotes, which favours this peer: any order is found
        return len(self._searcher.search(self._exact.parse(words), limit=1, filter=_is("id", str(ident)))) > 0

    def close(self) -> None:
        self._searcher.close()


def _naive_schema() -> Any:
    from whoosh.fields import ID, TEXT, Schema

    analyzer = _analyzer()
    return Schema(id=ID(stored=True, unique=True), title=TEXT(analyzer), number=TEXT(analyzer), text=TEXT(analyzer), kind=ID())


def _analyzer() -> Any:
    import logging

    import jieba  # type: ignore[import-untyped]
    from jieba.analyse import ChineseAnalyzer  # type: ignore[import-untyped]

    jieba.setLogLevel(logging.ERROR)
    return ChineseAnalyzer()


def _parsers(schema: Any) -> Iterator[Any]:
    from whoosh.qparser.default import MultifieldParser
    from whoosh.qparser.syntax import OrGroup

    fields, weights = ["title", "number", "text"], {"title": 3.0, "number": 4.0}
    return iter((MultifieldParser(fields, schema), MultifieldParser(fields, schema, fieldboosts=weights, group=OrGroup)))


def _is(field: str, value: str) -> Any:
    from whoosh.query.terms import Term

    return Term(field, value)
