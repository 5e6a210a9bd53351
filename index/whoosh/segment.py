"""Segments of the Whoosh index, each written once: from documents counted in memory, or from smaller segments."""

from __future__ import annotations

import heapq
import sys
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import add, itemgetter
from typing import TYPE_CHECKING, NamedTuple

from index.whoosh.codec import (
    MOST_DOCUMENTS,
    MOST_TIMES,
    ContiguousPostingsCodec,
    column_of,
    moved,
    numbers_as_bytes,
    numbers_of_bytes,
    open_leaf,
    terms_of,
)
from index.whoosh.schema import NUMBERS, number_column

if TYPE_CHECKING:
    from index.whoosh.interfaces import DocumentWriter, FieldWriter, Leaf, Schema, Segment, Storage

INDEX_NAME = "MAIN"
BATCH = 100  # documents are added this many at a time, then the buffer is asked whether it is full
_COUNT_BITS = 16
_TERM_BYTES, _POSTING_BYTES = 300, 6
_MOST_BYTES = 160_000_000


class StoredDocument(NamedTuple):
    """A document whose texts are in their files: its folded parts, its row of NUMBERS (the first is its id), its facts and display fields."""

    parts: Sequence[str]
    row: Sequence[int]
    facts: Sequence[str]
    display: str


class NewSegment(NamedTuple):
    """A segment on disk that is in no table of contents yet, and the ids that earlier segments must lose."""

    segment: Segment
    replaced: set[int]


class SegmentBuffer:
    """Documents on their way into a segment. A posting has the document's number in the upper half and the count in the lower."""

    def __init__(self) -> None:
        self.grams: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        self.facts: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        self.columns = [array("q") for _ in NUMBERS]
        self.displays: list[str] = []
        self.numbers: dict[int, int] = {}
        self.replaced: list[int] = []
        self.postings = 0

    def add(self, document: StoredDocument) -> None:
        """Count a document's parts and keep the rest of it. Of two with one id the last counts."""
        number, ident = len(self.displays), document.row[0]
        if ident in self.numbers:
            self.replaced.append(self.numbers[ident])
        self.numbers[ident] = number
        base, grams, counts = number << _COUNT_BITS, self.grams, counted(document.parts)
        for gram, times in counts.items():
            grams[gram].append(base + times)
        for fact in document.facts:
            self.facts[fact].append(base + 1)
        for column, value in zip(self.columns, document.row, strict=True):
            column.append(value)
        self.displays.append(document.display)
        self.postings += len(counts)

    def full(self) -> bool:
        """Whether it must be written before more is added: by its memory, or by the number of documents that a segment can have."""
        return len(self.displays) >= MOST_DOCUMENTS - BATCH or len(self.grams) * _TERM_BYTES + self.postings * _POSTING_BYTES > _MOST_BYTES


def counted(parts: Sequence[str]) -> dict[str, int]:
    """How often each character and each pair occurs in the parts, at most MOST_TIMES."""
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(part)
        counts.update(map(add, part, part[1:]))
    if counts and max(counts.values()) > MOST_TIMES:
        return {gram: min(times, MOST_TIMES) for gram, times in counts.items()}
    return counts


def write_segment(storage: Storage, schema: Schema, buffer: SegmentBuffer) -> Segment:
    """A segment of the buffered documents, on disk but in no table of contents yet."""
    segment, fields = _begun(storage, schema, buffer.columns, buffer.displays)
    for name, terms in (("facts", buffer.facts), ("grams", buffer.grams)):
        fields.add_terms(name, schema[name], _by_term(terms))
    fields.close()
    segment.create_compound_file(storage)
    for number in buffer.replaced:
        segment.delete_document(number)
    return segment


def _by_term(terms: dict[str, array[int]]) -> Iterator[tuple[bytes, bytes, bytes]]:
    """(term, document numbers, counts) in the order of UTF-8, which is that of code points; the halves come apart by slicing."""
    for term in sorted(terms):
        packed = terms[term]
        if sys.byteorder == "big":
            packed.byteswap()
        data = packed.tobytes()
        halves = array("H", data)
        yield term.encode("utf-8", "surrogatepass"), halves[1::2].tobytes(), data[::4]


def _begun(storage: Storage, schema: Schema, columns: Sequence[array[int]], displays: Iterable[str]) -> tuple[Segment, FieldWriter]:
    """A segment with its columns and stored fields, and the writer for its terms."""
    codec = ContiguousPostingsCodec()
    segment = codec.new_segment(storage, INDEX_NAME)
    documents = codec.per_document_writer(storage, segment)
    count = 0
    for count, display in enumerate(displays, 1):
        documents.start_doc(count - 1)
        documents.add_field("display", schema["display"], display, 0)
        documents.finish_doc()
    for name, values in zip(NUMBERS, columns, strict=True):
        _write_column(documents, name, values)
    documents.close()
    segment.set_doc_count(count)
    return segment, codec.field_writer(storage, segment)


def _write_column(documents: DocumentWriter, name: str, values: array[int]) -> None:
    """Write all values at once, most significant byte first as Whoosh does."""
    documents._create_column(name, number_column())
    column = documents._get_column(name)
    swapped = array("q", values)
    if sys.byteorder == "little":
        swapped.byteswap()
    column._dbfile.write(swapped.tobytes())
    column._count = len(values)


def join_segments(storage: Storage, schema: Schema, segments: Sequence[Segment]) -> Segment:
    """One segment of the documents of several that are not deleted: postings are copied, nothing is counted again."""
    leaves = [open_leaf(storage, schema, segment) for segment in segments]
    try:
        return _joined(storage, schema, leaves)
    finally:
        for leaf in leaves:
            leaf.close()


def _joined(storage: Storage, schema: Schema, leaves: Sequence[Leaf]) -> Segment:
    live = [[n for n in range(leaf.doc_count_all()) if not leaf.is_deleted(n)] for leaf in leaves]
    columns = [_live_column(leaves, live, name) for name in NUMBERS]
    displays = (leaf.stored_fields(n)["display"] for leaf, numbers in zip(leaves, live, strict=True) for n in numbers)
    segment, fields = _begun(storage, schema, columns, displays)
    for name in ("facts", "grams"):
        fields.start_field(name, schema[name])
    for key, parts in groupby(heapq.merge(*_moved(leaves, live), key=itemgetter(0)), key=itemgetter(0)):
        found = [(docs, counts) for _key, docs, counts in parts]
        if found := [pair for pair in found if pair[1]]:
            fields.add_key(key, b"".join(docs for docs, _ in found), b"".join(counts for _, counts in found))
    fields.finish_field()
    fields.close()
    segment.create_compound_file(storage)
    return segment


def _live_column(leaves: Sequence[Leaf], live: Sequence[list[int]], name: str) -> array[int]:
    joined = array("q")
    for leaf, numbers in zip(leaves, live, strict=True):
        joined.extend(map(column_of(leaf, name).__getitem__, numbers))
    return joined


def _moved(leaves: Sequence[Leaf], live: Sequence[list[int]]) -> Iterator[Iterator[tuple[bytes, bytes, bytes]]]:
    """The terms of each segment with the numbers of its documents in the joined one."""
    base = 0
    for leaf, numbers in zip(leaves, live, strict=True):
        if len(numbers) == leaf.doc_count_all():
            yield _raised(leaf, base)
        else:
            yield _renumbered(leaf, {old: base + new for new, old in enumerate(numbers)})
        base += len(numbers)


def _raised(leaf: Leaf, base: int) -> Iterator[tuple[bytes, bytes, bytes]]:
    for key, docs, counts in terms_of(leaf):
        yield key, moved(docs, base), counts


def _renumbered(leaf: Leaf, places: dict[int, int]) -> Iterator[tuple[bytes, bytes, bytes]]:
    for key, data, counts in terms_of(leaf):
        docs = numbers_of_bytes(data)
        kept = bytes(n in places for n in docs)
        live = numbers_as_bytes(places[n] for n in docs if n in places)
        yield key, live, bytes(c for c, keep in zip(counts, kept, strict=True) if keep)
