"""Document numbers by gram and by fact, columns and texts: what ranking reads from a Whoosh index."""

from __future__ import annotations

import mmap
from array import array
from typing import Any

_PREFIX_TERMS = 20_000


class Postings:
    """One open state of the index. Document numbers count over all segments; deleted documents never appear."""

    def __init__(self, reader: Any, folded: mmap.mmap | None, originals: mmap.mmap | None) -> None:
        self._reader, self.folded, self.originals = reader, folded, originals
        self._leaves = list(reader.leaf_readers())
        self._columns: dict[str, Any] = {}
        self._live: set[int] | None = None
        self._closed = False
        self._sets: dict[tuple[str, str], frozenset[int]] = {}

    def close(self) -> None:
        """Release files; doing it twice does no harm."""
        if self._closed:
            return
        self._closed = True
        self._reader.close()
        for file in (self.folded, self.originals):
            if file is not None:
                file.close()

    def everything(self) -> set[int]:
        """Every live document."""
        if self._live is None:
            total = range(self._reader.doc_count_all())
            self._live = {n for n in total if not self._reader.is_deleted(n)} if self._reader.has_deletions() else set(total)
        return self._live

    def column(self, name: str) -> Any:
        """A numeric column of all documents, by document number."""
        if name not in self._columns:
            values = array("q")
            for leaf, _base in self._leaves:
                column = leaf.column_reader(name) if leaf.has_column(name) else None
                values.extend(list(column.load())[: leaf.doc_count_all()] if column else [0] * leaf.doc_count_all())
            self._columns[name] = values
        return self._columns[name]

    def display(self, number: int) -> str:
        """The stored display fields of a document."""
        text: str = self._reader.stored_fields(number)["display"]
        return text

    def number_of(self, ident: int) -> int | None:
        """The document with that id."""
        return next(iter(self._postings("id", str(ident))), None)

    def frequency(self, gram: str) -> int:
        """In how many documents a gram stands, deleted ones not yet removed included."""
        return int(self._reader.doc_frequency("grams", gram.encode()))

    def with_gram(self, gram: str) -> frozenset[int]:
        """The documents that hold a gram."""
        return self._postings("grams", gram)

    def counts(self, gram: str) -> list[tuple[int, int]]:
        """(document, count) for every document that holds a gram."""
        found: list[tuple[int, int]] = []
        if self.frequency(gram):
            matcher = self._reader.postings("grams", gram.encode())
            while matcher.is_active():
                found.append((matcher.id(), int(matcher.weight())))
                matcher.next()
        return found

    def with_fact(self, field: str, value: str, *, prefix: bool = False) -> frozenset[int]:
        """The documents whose keyword field holds the value, or begins with it."""
        term = f"{field}={value}"
        if not prefix:
            return self._postings("facts", term)
        terms = []
        for each in self._reader.expand_prefix("facts", term.encode()):
            terms.append(each)
            if len(terms) >= _PREFIX_TERMS:
                break
        return frozenset().union(*(self._postings("facts", each.decode()) for each in terms))

    def _postings(self, field: str, term: str) -> frozenset[int]:
        key = (field, term)
        if key not in self._sets:
            found = self._reader.postings(field, term.encode()).all_ids() if self._reader.doc_frequency(field, term.encode()) else ()
            self._sets[key] = frozenset(found) & self.everything() if self._reader.has_deletions() else frozenset(found)
            if len(self._sets) > 256:
                self._sets.pop(next(iter(self._sets)))
        return self._sets[key]
