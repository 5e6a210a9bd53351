"""Writing a generation of the Whoosh index: new segments are added, small ones joined, all in one durable commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from whoosh.index import clean_files

from index.document import Parts, facts_of, ordinals_of, original_of, parts_of, shown_of
from index.engine import Document
from index.generations import sync_tree
from index.whoosh.codec import MOST_DOCUMENTS, ContiguousPostingsCodec, column_of, open_leaf
from index.whoosh.folder import FOLDED, ORIGINALS, append, framed, open_index, write_sums
from index.whoosh.segment import BATCH, StoredDocument, join_segments
from index.whoosh.workers import segments_of

if TYPE_CHECKING:
    from index.whoosh.interfaces import Segment, Writer

_FACTOR = 8  # so many segments of about one size become one


def write_into(generation: Path, documents: Iterable[Document], deleted: Sequence[int] = (), *, workers: int = 0) -> int:
    """Write documents into a generation and commit once, durably; of two with one id the last counts. Return how many.

    With `workers`, more processes count all but a few documents: for a generation that nobody reads yet.
    """
    index = open_index(generation)
    writer = index.writer(codec=ContiguousPostingsCodec())
    before = list(writer.segments)
    try:
        count = _write(writer, generation, documents, deleted, workers)
        sync_tree(generation)
    except BaseException:
        writer.cancel()
        clean_files(writer.storage, writer.indexname, writer.generation - 1, before)
        raise
    writer.commit(mergetype=lambda _writer, segments: segments)
    sync_tree(generation, "*.toc")
    write_sums(generation)
    return count


def _write(writer: Writer, generation: Path, documents: Iterable[Document], deleted: Sequence[int], workers: int) -> int:
    """Add the documents to the writer's segments, not yet to the table of contents; return how many there are."""
    segments, count = writer.segments, 0
    _delete(writer, set(deleted))
    with closing(segments_of(writer.storage, writer.schema, _batches(generation, documents), workers)) as made:
        for segment, replaced in made:
            _delete(writer, replaced)
            segments.append(segment)
            count += segment.doc_count()
    segments[:] = [s for s in segments if s.doc_count()]
    while chosen := to_join(segments):
        joined = join_segments(writer.storage, writer.schema, chosen)
        segments[:] = [*(s for s in segments if s not in chosen), joined]
    return count


def _delete(writer: Writer, idents: set[int]) -> None:
    """Mark the documents with these ids as deleted."""
    for segment in writer.segments if idents else ():
        leaf = open_leaf(writer.storage, writer.schema, segment)
        numbers = [n for n, ident in enumerate(column_of(leaf, "ident")) if ident in idents]
        leaf.close()
        for number in numbers:
            segment.delete_document(number)


def to_join(segments: Sequence[Segment]) -> list[Segment]:
    """The segments to join next: eight of about one size, or one that is mostly deleted. So each document is moved seldom."""
    levels: dict[int, list[Segment]] = {}
    for segment in sorted(segments, key=lambda s: s.doc_count()):
        if segment.deleted_count() > segment.doc_count():
            return [segment]
        levels.setdefault((segment.doc_count().bit_length() - 1) // 3, []).append(segment)
    for level in sorted(levels):
        if len(levels[level]) >= _FACTOR and len(chosen := _fitting(levels[level])) > 1:
            return chosen
    return []


def _fitting(segments: Sequence[Segment]) -> list[Segment]:
    """As many of the smallest as fit into one segment."""
    chosen, total = list["Segment"](), 0
    for segment in segments:
        total += segment.doc_count()
        if total > MOST_DOCUMENTS:
            break
        chosen.append(segment)
    return chosen


def _batches(generation: Path, documents: Iterable[Document]) -> Iterator[list[StoredDocument]]:
    """The documents in batches, their texts appended to the files."""
    stream = iter(documents)
    while batch := list(islice(stream, BATCH)):
        yield list(_stored(generation, batch))


def _stored(generation: Path, batch: Sequence[Document]) -> Iterator[StoredDocument]:
    folded = [parts_of(document) for document in batch]
    every = [(p.title, p.number, p.issuer, p.text, *p.attached) for p in folded]
    starts = append(generation / FOLDED, ["\0".join((*parts, "")).encode() for parts in every])
    originals = append(generation / ORIGINALS, [framed(original_of(document)) for document in batch])
    for document, named, parts, start, original in zip(batch, folded, every, starts, originals, strict=True):
        bounds = [start, *(start + length for length in _lengths(named, parts))]
        row = [document.id, document.revision, *bounds, *ordinals_of(document), original]
        yield StoredDocument(parts, row, tuple(facts_of(document)), shown_of(document))


def _lengths(named: Parts, every: Sequence[str]) -> tuple[int, int, int, int]:
    """Bytes from the first to the end of title, the start of text, the start of attachments and the end; a zero ends each part."""
    title = len(named.title.encode())
    text = title + len(named.number.encode()) + len(named.issuer.encode()) + 3
    attached = text + len(named.text.encode()) + 1
    return title, text, attached, attached + sum(len(part.encode()) + 1 for part in every[4:])
