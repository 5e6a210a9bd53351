"""The reference engine: Whoosh keeps the postings, phrases are verified against the folded texts beside it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from whoosh.filedb.filestore import FileStorage
from whoosh.index import FileIndex

from index.document import SHOWN, date_of, texts_of
from index.engine import Answer, AttachedText, Document, Hit
from index.generations import make_current
from index.query.tree import Query
from index.whoosh import codec as codec_module
from index.whoosh import schema as schema_module
from index.whoosh.bitsets import numbers_of
from index.whoosh.folder import FOLDED, ORIGINALS, current_generation, mapped, new_generation, unpacked, writing
from index.whoosh.postings import Postings
from index.whoosh.ranking import rank
from index.whoosh.schema import schema
from notices.errors import IndexUnusable

_MOST_WORKERS = 4  # each takes up to 200 MB while it counts a segment


class WhooshEngine:
    """An index folder opened for reading, or also for writing. Raises IndexUnusable when it is missing or not sound."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._generation = current_generation(folder)
        self._postings = _opened(self._generation)
        self._shown: dict[int, int] = {}  # numbers of the ids on the last page: their texts are asked for next

    def write(self, documents: Iterable[Document], deleted: Sequence[int] = ()) -> int:
        """Replace each document by id, remove the deleted ids, commit durably; return how many were written."""
        with writing(self._folder):
            count = write_into(self._generation, documents, deleted)
        self.close()
        self._postings, self._shown = _opened(self._generation), {}
        return count

    def search(self, query: Query, *, limit: int = 10, offset: int = 0, sort: str = "relevance") -> Answer:
        """Answer a parsed query; see index.whoosh.ranking.rank."""
        found = rank(self._postings, query, limit=limit, offset=offset, sort=sort)
        hits = tuple(self._hit(number, score, exact) for number, score, exact in found.page)
        self._shown = {hit.id: number for hit, (number, _score, _exact) in zip(hits, found.page, strict=True)}
        return Answer(found.total, found.relaxed, hits)

    def _hit(self, number: int, score: float, exact: bool) -> Hit:
        column = self._postings.column
        values: dict[str, Any] = dict(zip(SHOWN, json.loads(self._postings.display(number)), strict=True))
        values |= {"published_date": date_of(column("published")[number]), "written_date": date_of(column("written")[number])}
        return Hit(id=column("ident")[number], revision=column("revision")[number], score=round(score, 4), exact=exact, **values)

    def texts(self, ids: Sequence[int]) -> dict[int, tuple[str, tuple[AttachedText, ...]]]:
        """Original text and attachments of the documents, for snippets; unknown ids are left out."""
        originals, places = self._postings.originals, self._postings.column("original")
        if originals is None:
            return {}
        known = {ident: self._shown[ident] for ident in ids if ident in self._shown}
        if len(known) < len(set(ids)):
            known = self._postings.numbers_of(ids)
        return {ident: texts_of(unpacked(originals, places[known[ident]])) for ident in ids if ident in known}

    def versions(self) -> set[tuple[int, int]]:
        """Every (id, revision) the index holds."""
        idents, revisions = self._postings.column("ident"), self._postings.column("revision")
        return {(idents[n], revisions[n]) for n in numbers_of(self._postings.everything())}

    def version_token(self) -> str:
        """The generation and the commit that is being searched."""
        return f"{self._generation.name}.{self._postings.commit()}"

    def count(self) -> int:
        """How many documents the index holds."""
        return self._postings.everything().bit_count()

    def close(self) -> None:
        """Release files."""
        self._postings.close()


def _opened(generation: Path) -> Postings:
    """Whoosh's reader and the texts. Whatever is wrong with a file comes out as IndexUnusable."""
    try:
        reader = _index(generation).reader()
        return Postings(reader, mapped(generation / FOLDED), mapped(generation / ORIGINALS))
    except Exception as error:  # Whoosh and pickle raise anything at all on a damaged file
        raise IndexUnusable(f"index {generation}: {type(error).__name__}: {error}") from error


def _index(generation: Path) -> FileIndex:
    _know_earlier_names()
    return FileIndex(FileStorage(str(generation), supports_mmap=True), schema=None)


def _know_earlier_names() -> None:
    """Whoosh pickles the classes of an index into it by name: an index made before version 0.2 names the modules of that time."""
    sys.modules.setdefault("index.whoosh_schema", schema_module)
    sys.modules.setdefault("index.whoosh_codec", codec_module)


def write_into(generation: Path, documents: Iterable[Document], deleted: Sequence[int] = (), *, workers: int = 0) -> int:
    """See index.whoosh.writer, which whoever only searches need not load."""
    from index.whoosh.writer import write_into as work

    return work(generation, documents, deleted, workers=workers)


def create(folder: Path, documents: Iterable[Document] = ()) -> int:
    """Build a generation from the documents, aside, and make it current; return how many it holds."""
    with writing(folder):
        generation = new_generation(folder)
        FileStorage(str(generation)).create_index(schema()).close()
        for name in (FOLDED, ORIGINALS):
            (generation / name).touch()
        write_into(generation, documents, workers=min(os.cpu_count() or 1, _MOST_WORKERS))
        make_current(folder, generation)
    return int(_index(generation).doc_count())
