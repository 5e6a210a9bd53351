"""Documents by gram and by fact, columns and texts, as ranking reads them from a Whoosh index."""

from __future__ import annotations

import mmap
from array import array
from collections import OrderedDict
from collections.abc import Iterable
from itertools import islice
from operator import sub
from typing import TYPE_CHECKING

from index.scoring import K1, TITLE_TIMES, B
from index.whoosh.bitsets import of_flags, of_numbers
from index.whoosh.codec import column_of, frequency, postings
from index.whoosh.matching import SegmentPostings

if TYPE_CHECKING:
    from index.whoosh.interfaces import Reader

_PREFIX_TERMS = 20_000
_CACHE_BYTES = 16_000_000


class Postings:
    """One open state of the index. Document numbers count over all segments; a set of documents is an integer, see index.whoosh.bitsets."""

    def __init__(self, reader: Reader, folded: mmap.mmap | bytes, originals: mmap.mmap | bytes) -> None:
        self._reader, self.folded, self.originals = reader, folded, originals
        self.size = reader.doc_count_all()
        self._leaves = reader.leaf_readers() if self.size else []
        self._columns: dict[str, array[int]] = {}
        self._norms: array[float] | None = None
        self._plain_norms: array[float] | None = None
        self._live: int | None = None
        self._closed = False
        self._sets: OrderedDict[tuple[str, str], int] = OrderedDict()

    def close(self) -> None:
        """Release files; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self._reader.close()
        for file in (self.folded, self.originals):
            if isinstance(file, mmap.mmap):
                file.close()

    def commit(self) -> int:
        """The number of the commit that produced this state."""
        return self._reader.generation() or 0

    def everything(self) -> int:
        """Every live document."""
        if self._live is None:
            deleted = (base + n for leaf, base in self._leaves if leaf.has_deletions() for n in leaf.segment().deleted_docs())
            self._live = ((1 << self.size) - 1) & ~of_numbers(deleted, self.size)
        return self._live

    def column(self, name: str) -> array[int]:
        """A numeric column of all documents, by document number."""
        if name not in self._columns:
            values = array("q")
            for leaf, _base in self._leaves:
                values.extend(column_of(leaf, name))
            self._columns[name] = values
        return self._columns[name]

    def lengths(self) -> array[int]:
        """The bytes of each document's folded parts."""
        if "length" not in self._columns:
            self._columns["length"] = array("q", map(sub, self.column("end"), self.column("start")))
        return self._columns["length"]

    def norms(self) -> array[float]:
        """What BM25F adds to a count in its denominator, for each document: by the bytes of its folded parts, the head as often as index.scoring counts it."""
        if self._norms is None:
            heads = map(sub, self.column("text_start"), self.column("start"))
            lengths = [length + (TITLE_TIMES - 1) * head for length, head in zip(self.lengths(), heads, strict=True)]
            self._norms = _norms(lengths, sum(lengths), self.size)
        return self._norms

    def plain_norms(self) -> array[float]:
        """What BM25 adds to a count in its denominator, for each document: by the bytes of its folded parts."""
        if self._plain_norms is None:
            self._plain_norms = _norms(self.lengths(), len(self.folded), self.everything().bit_count())
        return self._plain_norms

    def display(self, number: int) -> str:
        """The stored display fields of a document."""
        return self._reader.stored_fields(number)["display"]

    def numbers_of(self, idents: Iterable[int]) -> dict[int, int]:
        """The live documents with those ids, by id."""
        wanted = set(idents)
        found = [(ident, n) for n, ident in enumerate(self.column("ident")) if ident in wanted]
        return {ident: n for ident, n in found if self.everything() >> n & 1}

    def frequency(self, gram: str) -> int:
        """The number of documents that contain a gram, including deleted ones that are not yet removed."""
        term = _bytes(gram)
        return sum(frequency(leaf, "grams", term) for leaf, _base in self._leaves)

    def with_gram(self, gram: str) -> int:
        """The documents that contain a gram."""
        return self._set("grams", gram)

    def counts_by_segment(self, gram: str) -> list[SegmentPostings]:
        """The postings of a gram in each segment that contains it."""
        found = (SegmentPostings(base, *postings(leaf, "grams", _bytes(gram))) for leaf, base in self._leaves)
        return [each for each in found if each.docs]

    def with_fact(self, field: str, value: str, *, prefix: bool = False) -> int:
        """The documents whose keyword field is the value, or begins with it."""
        term = f"{field}={value}"
        if not prefix:
            return self._set("facts", term)
        found = 0
        for each in self._facts_from(term):
            found |= self._set("facts", each)
        return found

    def values_of(self, field: str) -> list[str]:
        """The values that the keyword field has in any document, at most _PREFIX_TERMS."""
        return [fact.removeprefix(f"{field}=") for fact in self._facts_from(f"{field}=")]

    def _facts_from(self, term: str) -> list[str]:
        expanded = islice(self._reader.expand_prefix("facts", _bytes(term)), _PREFIX_TERMS)
        return [each.decode("utf-8", "surrogatepass") for each in expanded]

    def _set(self, field: str, term: str) -> int:
        key = (field, term)
        if key in self._sets:
            self._sets.move_to_end(key)
        else:
            self._sets[key] = self._read(field, _bytes(term)) & self.everything()
            if len(self._sets) * (self.size // 8 + 100) > _CACHE_BYTES:
                self._sets.popitem(last=False)
        return self._sets[key]

    def _read(self, field: str, term: bytes) -> int:
        flags = bytearray(self.size)
        for leaf, base in self._leaves:
            for number in postings(leaf, field, term)[0]:
                flags[base + number] = 1
        return of_flags(flags)


def _norms(lengths: Iterable[int], total: int, documents: int) -> array[float]:
    """BM25's share of each length of so many bytes, of which `documents` have `total`."""
    by_byte = K1 * B / max(total / max(documents, 1), 1)
    return array("d", [K1 * (1 - B) + by_byte * length for length in lengths])


def _bytes(term: str) -> bytes:
    return term.encode("utf-8", "surrogatepass")
