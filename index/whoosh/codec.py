"""Whoosh's own codec except for the postings: those of a term are contiguous, document numbers first, then counts.

A document number takes 16 bits, so a segment contains at most MOST_DOCUMENTS; a count takes 8 bits and stops at MOST_TIMES.
Grams have a table of their own (index.whoosh.gram_table); other terms are in Whoosh's.
Reading a term is two copies out of the mapped file, writing one is two writes; Whoosh's blocks cost a pickle each.
The format of the files is in README.md.
"""

# mypy: allow-untyped-calls

from __future__ import annotations

import struct
import sys
from array import array
from heapq import merge
from typing import TYPE_CHECKING, cast

from whoosh.codec.whoosh3 import W3Codec, W3FieldWriter, W3PerDocReader, W3TermInfo, W3TermsReader
from whoosh.columns import CompressedBytesColumn, PickleColumn
from whoosh.matching.mcore import ListMatcher
from whoosh.reading import SegmentReader
from whoosh.system import pack_uint, pack_ushort

from index.whoosh.gram_table import ENDING, Extent, GramTable, NewGramTable, key_of
from index.whoosh.storage import open_mapped, unpickled, view_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from index.whoosh.interfaces import DocumentWriter, Field, FieldWriter, File, Leaf, Schema, Segment, Storage, Terms

MOST_DOCUMENTS, MOST_TIMES = 65_535, 255
GRAMS, _FIELD = "grams", 2  # the field with a table of its own; bytes of a field's number in a key
_BYTES = 3  # of a posting
_LENGTHS = struct.Struct("!ii")  # of key and value, as OrderedHashReader reads them
_INFO = struct.Struct("!BfIBBfIIqi")  # W3TermInfo.to_bytes of a term whose postings are not inlined, in one call


class ContiguousPostingsCodec(W3Codec):
    """Whoosh3 with the postings of a term read and written at once."""

    def __init__(self) -> None:
        super().__init__()

    def new_segment(self, storage: Storage, indexname: str) -> Segment:
        """A segment without documents."""
        return cast("Segment", super().new_segment(storage, indexname))

    def per_document_writer(self, storage: Storage, segment: Segment) -> DocumentWriter:
        """A writer of columns and stored fields."""
        return cast("DocumentWriter", super().per_document_writer(storage, segment))

    def field_writer(self, storage: Storage, segment: Segment) -> FieldWriter:
        """A writer of terms and postings."""
        return cast("FieldWriter", ContiguousFieldWriter(self, storage, segment))

    def terms_reader(self, storage: Storage, segment: Segment) -> _TermsReader:
        """A reader of terms and postings, mapped."""
        terms, postings = (open_mapped(storage, segment.make_filename(ending)) for ending in (self.TERMS_EXT, self.POSTS_EXT))
        reader = _TermsReader(self, terms, storage.file_length(segment.make_filename(self.TERMS_EXT)), postings)
        grams = segment.make_filename(ENDING)
        if storage.file_exists(grams):  # a segment of version 2 has all terms in Whoosh's table
            reader.keep_grams(view_of(open_mapped(storage, grams), 0, storage.file_length(grams)))
        return reader

    def per_document_reader(self, storage: Storage, segment: Segment) -> _DocumentReader:
        """A reader of columns and stored fields, mapped."""
        return _DocumentReader(storage, segment)

    def postings_reader(
        self, dbfile: File, terminfo: W3TermInfo, format_: object, term: object = None, scorer: object = None
    ) -> ListMatcher:
        """What Whoosh's own queries read; ranking reads `postings` instead."""
        docs, counts = _split(dbfile.get(terminfo.extent()[0], terminfo.doc_frequency() * _BYTES))
        values = [pack_uint(count) for count in counts]
        return ListMatcher(list(docs), [float(c) for c in counts], values, format_, scorer=scorer, term=term, terminfo=terminfo)


class _TermsReader(W3TermsReader):
    """Terms whose postings are in the file of postings; Whoosh would unpickle those that claim to be inlined."""

    grams: GramTable | None = None

    def keep_grams(self, file: memoryview) -> None:
        """Read the grams from their own table."""
        self.grams = GramTable(file)

    def close(self) -> None:
        """Release the files."""
        self.grams = None  # Whoosh collects garbage, for 0.1 s, where a part of a mapped file is in use when it is closed
        super().close()

    def extent(self, field: str, term: bytes) -> tuple[int, int]:
        """Offset and length of a term's postings in their file; of none the length is 0."""
        found = self.grams.find(term) if self.grams and field == GRAMS else None
        if found:
            return found.place * _BYTES, found.size * _BYTES
        info = self._tindex.get(self._keycoder(field, term))
        return _INFO.unpack(info)[-2:] if info else (0, 0)

    def term_info(self, field: str, term: bytes) -> W3TermInfo:
        """What is known of a term. Raises ValueError when its postings are inlined, which this codec never writes."""
        found = self._tindex.get(self._keycoder(field, term))
        if found and found[0]:
            raise ValueError(f"the term {term!r} of {field} has inlined postings")
        return cast(W3TermInfo, super().term_info(field, term))


class _StoredColumn(PickleColumn):
    """Stored fields, unpickled with care."""

    class Reader(PickleColumn.Reader):
        """Whoosh's own, but for the unpickling."""

        def __getitem__(self, number: int) -> object:
            data = self._child[number]
            return unpickled(data) if data else None


_STORED = _StoredColumn(CompressedBytesColumn())


class _DocumentReader(W3PerDocReader):
    """Columns and stored fields, read where they are mapped."""

    def _get_column_file(self, name: str) -> tuple[File, int, int]:
        file = W3Codec.column_filename(self._segment, name)
        return open_mapped(self._storage, file), 0, self._storage.file_length(file)

    def stored_fields(self, number: int) -> dict[str, str]:
        """The stored fields of a document by name."""
        return cast("dict[str, str]", self._cached_reader("_stored", _STORED)[number] or {})


class ContiguousFieldWriter(W3FieldWriter):
    """Takes each term with all its postings."""

    def __init__(self, codec: W3Codec, storage: Storage, segment: Segment) -> None:
        super().__init__(codec, storage, segment)
        self._at, self._key_at = self._postfile.tell(), self._tindex.dbfile.tell()
        self._grams, self._rare, self._gram_file = NewGramTable(), list[tuple[bytes, bytes, bytes]](), self._create_file(ENDING)

    def add_terms(self, fieldname: str, fieldobj: Field, terms: Iterable[tuple[bytes, bytes, bytes]]) -> None:
        """Write (term, document numbers, counts) in ascending order of terms."""
        self.start_field(fieldname, fieldobj)
        prefix = pack_ushort(self._fieldid)
        for term, docs, counts in terms:
            self.add_key(prefix + term, docs, counts)
        self.finish_field()

    def add_key(self, key: bytes, docs: bytes, counts: bytes) -> None:
        """Write the postings of a term, given as its field's number and its characters; keys ascend."""
        if self._fieldname != GRAMS:
            self._add_term(key, docs, counts)
        elif (gram := key_of(key[_FIELD:])) is None:
            self._rare.append((key, docs, counts))  # after the others, whose postings follow one another
        else:
            self._grams.add(gram, Extent(self._at // _BYTES, len(counts)))
            self._postfile.write(docs + counts)
            self._at += len(counts) * _BYTES

    def close(self) -> None:
        """Write the tables."""
        for each in self._rare:
            self._add_term(*each)
        self._gram_file.write(self._grams.as_bytes())
        self._gram_file.close()
        super().close()

    def _add_term(self, key: bytes, docs: bytes, counts: bytes) -> None:
        size, table = len(counts), self._tindex
        first, last = int.from_bytes(docs[:2], "little"), int.from_bytes(docs[-2:], "little")
        info = _INFO.pack(0, sum(counts), size, 0, 0, max(counts), first, last, self._at, size * _BYTES)
        self._postfile.write(docs + counts)
        self._at += size * _BYTES
        # OrderedHashWriter.add, without asking the file for its position five times a term.
        table.index.append(self._key_at)
        hashed = table.hashfn(key)
        table.buckets[hashed & 255].append((hashed, self._key_at))
        table.dbfile.write(_LENGTHS.pack(len(key), _INFO.size) + key + info)
        self._key_at += _LENGTHS.size + len(key) + _INFO.size


def open_leaf(storage: Storage, schema: Schema, segment: Segment) -> Leaf:
    """A reader of one segment."""
    reader: Callable[..., object] = SegmentReader  # it is typed for Whoosh's own classes
    return cast("Leaf", reader(storage, schema, segment))


def postings(leaf: Leaf, field: str, term: bytes) -> tuple[array[int], bytes]:
    """The segment's documents that contain the term, ascending, and how often each does; both empty when none does."""
    return _split(leaf._terms._postfile.get(*leaf._terms.extent(field, term)))


def frequency(leaf: Leaf, field: str, term: bytes) -> int:
    """The number of documents of a segment that contain a term, deleted ones included."""
    return leaf._terms.extent(field, term)[1] // _BYTES


def terms_of(leaf: Leaf) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Every term of a segment after the number of its field, ascending, and its postings as they are in the file."""
    terms = leaf._terms
    tables = (_in_table(terms), _grams(terms) if terms.grams else iter(()))
    for key, at, length in merge(*tables):
        data = terms._postfile.get(at, length)
        bound = len(data) // _BYTES * 2
        yield key, data[:bound], data[bound:]


def _grams(terms: Terms) -> Iterator[tuple[bytes, int, int]]:
    prefix = terms._keycoder(GRAMS, b"")
    for term, (place, size) in terms.grams.every() if terms.grams else ():
        yield prefix + term, place * _BYTES, size * _BYTES


def _in_table(terms: Terms) -> Iterator[tuple[bytes, int, int]]:
    """Each key of Whoosh's table with the place of its postings."""
    table = terms._tindex
    view, at = view_of(table.dbfile, table.startofdata, table.endofdata), 0
    lengths, info = _LENGTHS.unpack_from, _INFO.unpack_from
    while at < len(view):
        key_length, length = lengths(view, at)
        start = at + _LENGTHS.size
        at = start + key_length + length
        yield bytes(view[start : start + key_length]), *info(view, start + key_length)[-2:]


def column_of(leaf: Leaf, name: str) -> array[int]:
    """A numeric column of a segment, read at once. Whoosh leaves out the zeros at its end."""
    values = array("q")
    if leaf.has_column(name):
        column = leaf.column_reader(name, translate=False)
        values.frombytes(bytes(column._dbfile.get(column._basepos, column._count * 8)))
    if sys.byteorder == "little":
        values.byteswap()
    values.extend([0] * (leaf.doc_count_all() - len(values)))
    return values


def numbers_of_bytes(data: bytes) -> array[int]:
    """Document numbers from their bytes in the file."""
    return _little(array("H", data))


def moved(data: bytes, base: int) -> bytes:
    """Document numbers in bytes, each raised by `base`: one addition of two long integers, because no number of a segment carries."""
    if not base:
        return data
    ones = int.from_bytes(b"\1\0" * (len(data) // 2), "little")
    return (int.from_bytes(data, "little") + base * ones).to_bytes(len(data), "little")


def numbers_as_bytes(values: Iterable[int]) -> bytes:
    """Document numbers as bytes of the file."""
    return _little(array("H", values)).tobytes()


def _split(data: bytes) -> tuple[array[int], bytes]:
    size = len(data) // _BYTES
    docs = array("H", bytes(data[: 2 * size]))
    return _little(docs), bytes(data[2 * size :])


def _little(values: array[int]) -> array[int]:
    if sys.byteorder == "big":
        values.byteswap()
    return values
