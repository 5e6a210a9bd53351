"""The fast embedded engine: Tantivy evaluates the whole query, Python reads the page."""

from __future__ import annotations

import os
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import tantivy

from index.document import HitNumbers, hit_of, texts_of
from index.engine import Answer, ArchivedText, Document, Hit
from index.generations import CURRENT, PAST, make_current, note_written, refuse_damaged
from index.laid_out import COUNTED, RANKED
from index.query.tree import Query
from index.tantivy.folder import current_generation, is_panic, new_generation, writing
from index.tantivy.query import Terms
from index.tantivy.ranking import Place, Result, count_values, rank, within_limit
from index.tantivy.schema import entry_of, schema
from notices.errors import IndexUnusable
from notices.text.language import _

_HEAP_BYTES, _MOST_THREADS = 60_000_000, 2  # of all threads; on one core a second one costs a quarter more CPU and gains nothing
_KEPT_COUNTS = 64  # answers, of some thousand values each at most
_COMMIT_CHARS = 32_000_000  # Tantivy's queue counts documents, not bytes: a commit empties it
_BATCH_OF_VERSIONS = 100_000


class TantivyEngine:
    """An index folder opened for reading, or also for writing. Raises IndexUnusable when it is missing or damaged."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._generation, self._index, self._version = _opened(folder)
        self._searcher = self._index.searcher()
        self._counts: dict[tuple[object, ...], tuple[int, Mapping[str, Counter[str]]]] = {}

    def write(self, documents: Iterable[Document], deleted: Sequence[int] = ()) -> int:
        """Replace each document by id, remove the deleted ids, commit durably; return how many were written."""
        count = _write_into(self._generation, self._index, documents, deleted)
        with writing(self._folder):
            self._version = _loaded(self._generation, self._index)
            self._searcher = self._index.searcher()
            self._counts = {}
        return count

    def search(self, query: Query, *, limit: int = 10, offset: int = 0, sort: str = "relevance") -> Answer:
        """Answer a parsed query; see index.tantivy.ranking.rank."""
        terms = Terms(self._index.schema, self._searcher)

        def work() -> Answer:
            found = within_limit(lambda: rank(terms, query, limit=limit, offset=offset, sort=sort))
            return Answer(found.total, found.relaxed, self._hits(found.page))

        return self._intact(work)

    def values(self, query: Query, fields: Sequence[str]) -> tuple[int, Mapping[str, Counter[str]]] | None:
        """See index.engine.CountsValues; an index made before it had these columns counts nothing.

        Some counts are kept: another page, order or length of the same answer has the same.
        """
        kept, asked = self._counts, (query, *fields)  # before the searcher: a writer replaces that first
        terms = Terms(self._index.schema, self._searcher)
        if not all(terms.has(f"value_{name}") for name in fields):
            return None
        found = kept.get(asked)
        if found is None:
            found = self._intact(lambda: within_limit(lambda: count_values(terms, query, fields)))
            if len(kept) >= _KEPT_COUNTS:
                kept.clear()
            kept[asked] = found
        return found

    def _intact(self, work: Callable[[], Result]) -> Result:
        """What the work returns; an error of Tantivy on a damaged file is raised as IndexUnusable."""
        try:
            return work()
        except BaseException as error:
            if not (isinstance(error, ValueError | OverflowError | TypeError) or is_panic(error)):
                raise
            raise IndexUnusable(_("index {generation}: {error}").format(generation=self._generation, error=error)) from error

    def _hits(self, places: list[Place]) -> tuple[Hit, ...]:
        addresses = [place.address for place in places]
        columns = [self._searcher.fast_field_values(name, addresses) for name in ("id", "revision", "published", "written")]
        numbers = (HitNumbers(*(int(value or 0) for value in values)) for values in zip(*columns, strict=True))
        rows = zip(places, numbers, strict=True)
        return tuple(hit_of(self._stored(place.address, "shown").decode("utf-8"), each, place.score, place.exact) for place, each in rows)

    def _stored(self, address: tantivy.DocAddress, name: str) -> bytes:
        return bytes(self._searcher.doc(address).get_first(name) or b"")

    def texts(self, ids: Sequence[int]) -> dict[int, ArchivedText]:
        """Original text and attachments of the documents, for snippets; unknown ids are left out."""
        if not ids:
            return {}

        def work() -> dict[int, ArchivedText]:
            query = tantivy.Query.term_set_query(self._index.schema, "id", list(ids))
            addresses = [address for _score, address in self._searcher.search(query, len(ids), False).hits]
            found = self._searcher.fast_field_values("id", addresses)
            return {int(ident or 0): texts_of(self._stored(a, "original")) for ident, a in zip(found, addresses, strict=True)}

        return self._intact(work)

    def versions(self) -> set[tuple[int, int]]:
        """Every (id, revision) in the index."""

        def work() -> set[tuple[int, int]]:
            found: set[tuple[int, int]] = set()
            for at in range(0, self.count(), _BATCH_OF_VERSIONS):
                hits = self._searcher.search(tantivy.Query.all_query(), _BATCH_OF_VERSIONS, False, "id", at).hits
                revisions = self._searcher.fast_field_values("revision", [address for _id, address in hits])
                found |= {(int(ident), int(n or 0)) for (ident, _), n in zip(hits, revisions, strict=True)}
            return found

        return self._intact(work)

    def version_token(self) -> str:
        """The generation and the set of segments that is searched."""
        return self._version

    def past(self) -> TantivyEngine | None:
        """The index of what sources show no longer; None without one."""
        folder = self._folder / PAST
        if not folder.is_dir():
            return None
        refuse_damaged(folder, damaged_files)
        return TantivyEngine(folder)

    def count(self) -> int:
        """How many documents the index contains."""
        return int(self._searcher.num_docs)

    def close(self) -> None:
        """Release files; the mapped ones go with the last reference."""
        self.__dict__.pop("_searcher", None)
        self.__dict__.pop("_index", None)


def damaged_files(folder: Path, only: Collection[str] | None = None) -> list[str]:
    """See index.tantivy.checksums."""
    from index.tantivy import checksums  # a search starts faster without it

    return checksums.damaged_files(folder, only)


def _opened(folder: Path) -> tuple[Path, tantivy.Index, str]:
    """The current generation's index. If a rebuild swaps another one in meanwhile, that is opened."""
    generation = current_generation(folder)
    try:
        return generation, *_index(generation)
    except BaseException as error:
        if not (isinstance(error, OSError | ValueError) or is_panic(error)):
            raise
        if (folder / CURRENT).exists() and current_generation(folder) != generation:
            return _opened(folder)
        raise IndexUnusable(_("index {generation}: {error}").format(generation=generation, error=error)) from error


def _index(generation: Path) -> tuple[tantivy.Index, str]:
    index = tantivy.Index.open(str(generation))
    index.config_reader("manual", 0)
    return index, _loaded(generation, index)


def _loaded(generation: Path, index: tantivy.Index) -> str:
    """Load the newest commit and return its version token; a writer may commit meanwhile, so both are read again until they agree."""
    while True:
        listed = (generation / "meta.json").read_bytes()
        index.reload()
        if listed == (generation / "meta.json").read_bytes():
            return f"{generation.name}.{zlib.crc32(listed):08x}"


def _write_into(generation: Path, index: tantivy.Index, documents: Iterable[Document], deleted: Sequence[int] = ()) -> int:
    """Write documents and commit durably; of two with one id the last counts. What the iterable raises comes out as it is."""
    from index.tantivy.checksums import checked_names  # see above
    from index.tantivy.memory import release_memory  # it loads ctypes: a search starts faster without it

    with release_memory(generation):
        count = _written(generation.parent, index, documents, deleted)
    with writing(generation.parent):
        note_written(generation, checked_names(generation))
    return count


def _written(folder: Path, index: tantivy.Index, documents: Iterable[Document], deleted: Sequence[int]) -> int:
    with writing(folder):
        writer = index.writer(_HEAP_BYTES, min(_MOST_THREADS, len(os.sched_getaffinity(0))))
    try:
        with writing(folder):
            for ident in deleted:
                writer.delete_documents_by_term("id", ident)
        searcher = index.searcher()
        terms = Terms(index.schema, searcher)
        entry = partial(entry_of, ranked=terms.has(RANKED), counted=terms.has(f"value_{COUNTED[0]}"))
        count = _add(folder, writer, documents, entry, replacing=searcher.num_docs > 0)
        with writing(folder):
            writer.commit()
    except BaseException:
        _quietly(writer.rollback)
        _quietly(writer.wait_merging_threads)
        raise
    writer.wait_merging_threads()
    return count


def _add(
    folder: Path,
    writer: tantivy.IndexWriter,
    documents: Iterable[Document],
    entry: Callable[[Document], tantivy.Document],
    *,
    replacing: bool,
) -> int:
    """Hand documents to the writer; in an empty index nothing is replaced while ids ascend."""
    count, highest, waiting = 0, 0, 0
    for document in documents:
        with writing(folder):
            if replacing or document.id <= highest:
                writer.delete_documents_by_term("id", document.id)
            writer.add_document(entry(document))
            waiting += len(document.text) + sum(len(p) for a in document.attachments for p in a.pages)
            if waiting > _COMMIT_CHARS:
                writer.commit()
                waiting = 0
        count, highest = count + 1, max(highest, document.id)
    return count


def _quietly(work: Callable[[], object]) -> None:
    """Clean up after a failed write; a dead writer may refuse, but the first error is the one to report."""
    try:
        work()
    except BaseException as error:
        if not (isinstance(error, ValueError) or is_panic(error)):
            raise


def create(folder: Path, documents: Iterable[Document] = ()) -> int:
    """Build a new generation from the documents and make it current; return how many documents it contains."""
    with writing(folder):
        generation = new_generation(folder)
        index = tantivy.Index(schema(), str(generation), reuse=False)
    _write_into(generation, index, documents)
    with writing(folder):
        make_current(folder, generation)
        index.reload()
    return int(index.searcher().num_docs)
