"""The reference engine: Whoosh keeps the postings; phrases are verified in the folded texts, in a file of their own."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from index.document import HitNumbers, hit_of, texts_of
from index.engine import Answer, ArchivedText, Document, Hit
from index.generations import PAST, make_current, refuse_damaged
from index.query.tree import Query
from index.whoosh import folder as whoosh_folder
from index.whoosh.bitsets import numbers_of
from index.whoosh.folder import FOLDED, ORIGINALS, current_generation, mapped, new_generation, open_index, unframed, writing
from index.whoosh.postings import Postings
from index.whoosh.ranking import Place, rank
from notices.errors import IndexUnusable
from notices.text.language import _

_MOST_WORKERS = 4  # each takes up to 200 MB while it counts a segment


class WhooshEngine:
    """An index folder opened for reading, or also for writing. Raises IndexUnusable when it is missing or damaged."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._generation = current_generation(folder)
        self._postings = _opened(self._generation)
        self._on_page: dict[int, int] = {}  # document numbers of the last page by id: their texts are asked for next

    def write(self, documents: Iterable[Document], deleted: Sequence[int] = ()) -> int:
        """Replace each document by id, remove the deleted ids, commit durably; return how many were written."""
        with writing(self._folder):
            count = write_into(self._generation, documents, deleted)
        self.close()
        self._postings, self._on_page = _opened(self._generation), {}
        return count

    def search(self, query: Query, *, limit: int = 10, offset: int = 0, sort: str = "relevance") -> Answer:
        """Answer a parsed query; see index.whoosh.ranking.rank."""
        found = rank(self._postings, query, limit=limit, offset=offset, sort=sort)
        hits = tuple(map(self._hit, found.page))
        self._on_page = {hit.id: place.number for hit, place in zip(hits, found.page, strict=True)}
        return Answer(found.total, found.relaxed, hits)

    def _hit(self, place: Place) -> Hit:
        number, score, exact = place
        column = self._postings.column
        numbers = HitNumbers(*(column(name)[number] for name in ("ident", "revision", "published", "written")))
        return hit_of(self._postings.display(number), numbers, score, exact)

    def texts(self, ids: Sequence[int]) -> dict[int, ArchivedText]:
        """Original text and attachments of the documents, for snippets; unknown ids are left out."""
        originals, places = self._postings.originals, self._postings.column("original")
        known = {ident: self._on_page[ident] for ident in ids if ident in self._on_page}
        if len(known) < len(set(ids)):
            known = self._postings.numbers_of(ids)
        return {ident: texts_of(unframed(originals, places[known[ident]])) for ident in ids if ident in known}

    def versions(self) -> set[tuple[int, int]]:
        """Every (id, revision) in the index."""
        idents, revisions = self._postings.column("ident"), self._postings.column("revision")
        return {(idents[n], revisions[n]) for n in numbers_of(self._postings.everything())}

    def version_token(self) -> str:
        """The generation and the commit that is searched."""
        return f"{self._generation.name}.{self._postings.commit()}"

    def past(self) -> WhooshEngine | None:
        """The index of what sources show no longer; None without one."""
        folder = self._folder / PAST
        if not folder.is_dir():
            return None
        refuse_damaged(folder, damaged_files)
        return WhooshEngine(folder)

    def count(self) -> int:
        """How many documents the index contains."""
        return self._postings.everything().bit_count()

    def close(self) -> None:
        """Release files."""
        self._postings.close()


def damaged_files(folder: Path, only: Collection[str] | None = None) -> list[str]:
    """See index.whoosh.folder."""
    return whoosh_folder.damaged_files(folder, only)


def _opened(generation: Path) -> Postings:
    """Whoosh's reader and the texts. Any fault of a file is raised as IndexUnusable."""
    try:
        return Postings(open_index(generation).reader(), mapped(generation / FOLDED), mapped(generation / ORIGINALS))
    except Exception as error:  # Whoosh and pickle raise anything at all on a damaged file
        raise IndexUnusable(
            _("index {generation}: {kind}: {error}").format(generation=generation, kind=type(error).__name__, error=error)
        ) from error


def write_into(generation: Path, documents: Iterable[Document], deleted: Sequence[int] = (), *, workers: int = 0) -> int:
    """See index.whoosh.writer."""
    from index.whoosh.writer import write_into as work  # a search starts faster without it

    return work(generation, documents, deleted, workers=workers)


def create(folder: Path, documents: Iterable[Document] = ()) -> int:
    """Build a new generation from the documents and make it current; return how many documents it contains."""
    with writing(folder):
        generation = new_generation(folder)
        write_into(generation, documents, workers=min(os.cpu_count() or 1, _MOST_WORKERS))
        make_current(folder, generation)
    return open_index(generation).doc_count()
