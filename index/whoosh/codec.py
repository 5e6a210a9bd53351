"""Whoosh's own codec but for the postings: those of a term in one piece, document numbers first, then counts.

A document number takes 16 bits, so a segment holds at most MOST_DOCUMENTS; a count takes 8 and stops at MOST_TIMES.
Reading a term is two copies out of the mapped file, writing one is two writes; Whoosh's blocks cost a pickle each.
"""

# mypy: allow-untyped-calls

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterable, Iterator
from typing import Any

from whoosh.codec.whoosh3 import W3Codec, W3FieldWriter, W3TermInfo, W3TermsReader
from whoosh.matching.mcore import ListMatcher
from whoosh.system import pack_uint, pack_ushort

from index.whoosh.mapped_file import open_mapped, view_of

MOST_DOCUMENTS, MOST_TIMES = 65_535, 255
_BYTES = 3  # of a posting
_LENGTHS = struct.Struct("!ii")  # of key and value, as OrderedHashReader reads them
_INFO = struct.Struct("!BfIBBfIIqi")  # W3TermInfo.to_bytes of a term whose postings are not inlined, in one call


class WholeCodec(W3Codec):
    """Whoosh3 with postings that are read and written whole."""

    def field_writer(self, storage: Any, segment: Any) -> WholeFieldWriter:
        """Of terms and postings."""
        return WholeFieldWriter(self, storage, segment)

    def terms_reader(self, storage: Any, segment: Any) -> W3TermsReader:
        """Of terms and postings, where they are mapped."""
        terms, postings = (open_mapped(storage, segment.make_filename(ending)) for ending in (self.TERMS_EXT, self.POSTS_EXT))
        return W3TermsReader(self, terms, storage.file_length(segment.make_filename(self.TERMS_EXT)), postings)

    def postings_reader(self, dbfile: Any, terminfo: W3TermInfo, format_: Any, term: Any = None, scorer: Any = None) -> ListMatcher:
        """What Whoosh's own queries read; ranking reads `postings` instead."""
        docs, counts = _split(dbfile.get(terminfo.extent()[0], terminfo.doc_frequency() * _BYTES))
        values = [pack_uint(count) for count in counts]
        return ListMatcher(list(docs), [float(c) for c in counts], values, format_, scorer=scorer, term=term, terminfo=terminfo)


class WholeFieldWriter(W3FieldWriter):
    """Takes each term with all its postings."""

    def __init__(self, codec: Any, storage: Any, segment: Any) -> None:
        super().__init__(codec, storage, segment)
        self._at, self._key_at = self._postfile.tell(), self._tindex.dbfile.tell()

    def add_terms(self, fieldname: str, fieldobj: Any, terms: Iterable[tuple[bytes, bytes, bytes]]) -> None:
        """Write (term, document numbers, counts) in ascending order of terms."""
        self.start_field(fieldname, fieldobj)
        prefix = pack_ushort(self._fieldid)
        for term, docs, counts in terms:
            self.add_key(prefix + term, docs, counts)
        self.finish_field()

    def add_key(self, key: bytes, docs: bytes, counts: bytes) -> None:
        """Write the postings of a term that stands behind its field's number already; keys ascend."""
        size, table = len(counts), self._tindex
        first, last = int.from_bytes(docs[:2], "little"), int.from_bytes(docs[-2:], "little")
        info = _INFO.pack(0, sum(counts), size, 0, 0, max(counts), first, last, self._at, size * _BYTES)
        self._postfile.write(docs + counts)
        self._at += size * _BYTES
        # What OrderedHashWriter.add does, without asking the file where it is five times a term.
        table.index.append(self._key_at)
        hashed = table.hashfn(key)
        table.buckets[hashed & 255].append((hashed, self._key_at))
        table.dbfile.write(_LENGTHS.pack(len(key), _INFO.size) + key + info)
        self._key_at += _LENGTHS.size + len(key) + _INFO.size


def postings(leaf: Any, field: str, term: bytes) -> tuple[array[int], bytes]:
    """The segment's documents that hold the term, ascending, and how often each does; both empty when none does."""
    terms = leaf._terms
    found = terms._tindex.get(terms._keycoder(field, term))
    if found is None:
        return array("H"), b""
    return _split(terms._postfile.get(*_INFO.unpack(found)[-2:]))


def frequency(leaf: Any, field: str, term: bytes) -> int:
    """In how many documents of a segment a term stands, deleted ones included."""
    try:
        return int(leaf._terms.doc_frequency(field, term))
    except KeyError:
        return 0


def terms_of(leaf: Any) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Every term of a segment with its field's number before it, ascending, and its postings as they are written."""
    table, file = leaf._terms._tindex, leaf._terms._postfile
    view, at = view_of(table.dbfile, table.startofdata, table.endofdata), 0
    lengths, info = _LENGTHS.unpack_from, _INFO.unpack_from
    while at < len(view):
        key_length, length = lengths(view, at)
        start = at + _LENGTHS.size
        at = start + key_length + length
        data = file.get(*info(view, start + key_length)[-2:])
        bound = len(data) // _BYTES * 2
        yield bytes(view[start : start + key_length]), data[:bound], data[bound:]


def column_of(leaf: Any, name: str) -> array[int]:
    """A numeric column of a segment: Whoosh leaves out zeros at the end, and reads number by number."""
    values = array("q")
    if leaf.has_column(name):
        column = leaf.column_reader(name, translate=False)
        values.frombytes(bytes(column._dbfile.get(column._basepos, column._count * 8)))
    if sys.byteorder == "little":
        values.byteswap()
    values.extend([0] * (leaf.doc_count_all() - len(values)))
    return values


def numbers_of_bytes(data: bytes) -> array[int]:
    """Document numbers that were written."""
    return _little(array("H", data))


def moved(data: bytes, base: int) -> bytes:
    """Document numbers as they are written, each higher by `base`: one addition of long numbers, for none of theirs carries."""
    if not base:
        return data
    ones = int.from_bytes(b"\1\0" * (len(data) // 2), "little")
    return (int.from_bytes(data, "little") + base * ones).to_bytes(len(data), "little")


def numbers_as_bytes(values: Iterable[int]) -> bytes:
    """Document numbers as they are written."""
    return _little(array("H", values)).tobytes()


def _split(data: bytes) -> tuple[array[int], bytes]:
    size = len(data) // _BYTES
    docs = array("H", bytes(data[: 2 * size]))
    return _little(docs), bytes(data[2 * size :])


def _little(values: array[int]) -> array[int]:
    if sys.byteorder == "big":
        values.byteswap()
    return values
