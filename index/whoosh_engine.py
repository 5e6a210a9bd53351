"""The reference engine: Whoosh keeps the postings, phrases are verified against the folded texts beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from whoosh.filedb.filestore import FileStorage
from whoosh.index import FileIndex

from index.engine import Answer, AttachedText, Document, Hit
from index.nodes import Query
from index.ranking import rank
from index.whoosh_folder import (
    FOLDED,
    ORIGINALS,
    append,
    current_generation,
    make_current,
    mapped,
    new_generation,
    packed,
    sync_tree,
    unpacked,
    writing,
)
from index.whoosh_postings import Postings
from index.whoosh_schema import NUMBERS, date_of, display_of, facts_of, ordinals_of, parts_of, schema
from index.whoosh_sums import write_sums
from notices.errors import IndexUnusable

BATCH = 100
_DISPLAY = ("url", "title", "source", "issuer", "document_number", "kind", "region", "state")


class WhooshEngine:
    """An index folder opened for reading, or also for writing. Raises IndexUnusable when it is missing or not sound."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._generation = current_generation(folder)
        self._postings = _opened(self._generation)

    def write(self, documents: Iterable[Document], deleted: Sequence[int] = ()) -> int:
        """Replace each document by id, remove the deleted ids, commit durably; return how many were written."""
        with writing(self._folder):
            count = write_into(self._generation, documents, deleted)
        self.close()
        self._postings = _opened(self._generation)
        return count

    def search(self, query: Query, *, limit: int = 10, offset: int = 0, sort: str = "relevance") -> Answer:
        """Answer a parsed query; see index.ranking.rank."""
        found = rank(self._postings, query, limit=limit, offset=offset, sort=sort)
        hits = tuple(self._hit(number, score, exact) for number, score, exact in found.page)
        return Answer(found.total, found.relaxed, hits)

    def _hit(self, number: int, score: float, exact: bool) -> Hit:
        column = self._postings.column
        values: dict[str, Any] = dict(zip(_DISPLAY, json.loads(self._postings.display(number)), strict=True))
        values |= {"published_date": date_of(column("published")[number]), "written_date": date_of(column("written")[number])}
        return Hit(id=column("ident")[number], revision=column("revision")[number], score=round(score, 4), exact=exact, **values)

    def texts(self, ids: Sequence[int]) -> dict[int, tuple[str, tuple[AttachedText, ...]]]:
        """Original text and attachments of the documents, for snippets; unknown ids are left out."""
        found = {}
        for ident in ids:
            number = self._postings.number_of(ident)
            if number is not None and self._postings.originals is not None:
                text, attached = unpacked(self._postings.originals, self._postings.column("original")[number])
                found[ident] = (text, tuple(AttachedText(name, tuple(pages)) for name, pages in attached))
        return found

    def versions(self) -> set[tuple[int, int]]:
        """Every (id, revision) the index holds."""
        idents, revisions = self._postings.column("ident"), self._postings.column("revision")
        return {(idents[n], revisions[n]) for n in self._postings.everything()}

    def count(self) -> int:
        """How many documents the index holds."""
        return len(self._postings.everything())

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
    return FileIndex(FileStorage(str(generation), supports_mmap=True), schema=None)


def write_into(generation: Path, documents: Iterable[Document], deleted: Sequence[int] = ()) -> int:
    """Write documents into a generation and commit once, durably; of two with one id the last counts."""
    index = _index(generation)
    writer = index.writer(limitmb=64)
    count = 0
    try:
        for ident in deleted:
            writer.delete_by_term("id", str(ident))
        stream = iter(documents)
        while batch := {d.id: d for d in islice(stream, BATCH)}:
            _add_batch(generation, writer, list(batch.values()))
            count += len(batch)
    except BaseException:
        writer.cancel()
        raise
    writer.commit()
    sync_tree(generation)
    write_sums(generation)
    index.close()
    return count


def _add_batch(generation: Path, writer: Any, documents: list[Document]) -> None:
    folded = [parts_of(d) for d in documents]
    blobs = [[p.encode("utf-8") for p in parts.all()] for parts in folded]
    starts = append(generation / FOLDED, [b"\0".join([*blob, b""]) for blob in blobs])
    originals = append(generation / ORIGINALS, [packed([d.text, [[a.name, a.pages] for a in d.attachments]]) for d in documents])
    for document, parts, blob, start, original in zip(documents, folded, blobs, starts, originals, strict=True):
        numbers = [document.id, document.revision, *_bounds(start, blob), *ordinals_of(document), original]
        writer.delete_by_term("id", str(document.id))
        writer.add_document(
            id=str(document.id),
            grams=parts.all(),
            facts=facts_of(document),
            display=display_of(document),
            **dict(zip(NUMBERS, numbers, strict=True)),
        )


def _bounds(start: int, blob: list[bytes]) -> Iterator[int]:
    """Where title, text and attachments lie: start, end of title, start of text, start of attachments, end."""
    lengths = [len(piece) + 1 for piece in blob]
    title_end = start + lengths[0] - 1
    text_start = start + sum(lengths[:3])
    attached_start = text_start + lengths[3]
    return iter((start, title_end, text_start, attached_start, start + sum(lengths)))


def create(folder: Path, documents: Iterable[Document] = ()) -> int:
    """Build a generation from the documents, aside, and make it current; return how many it holds."""
    with writing(folder):
        generation = new_generation(folder)
        FileStorage(str(generation)).create_index(schema()).close()
        for name in (FOLDED, ORIGINALS):
            (generation / name).touch()
        count = write_into(generation, documents)
        make_current(folder, generation)
    return count
