"""The fields of the Tantivy index.

title, number, issuer, text, attached, ranked, chars   see index.laid_out; an index made before `ranked` was added has none
facts                                                  keyword values as field=value
id, recent, dates                                      columns; `recent` sorts newest first, then by id
value_…                                                columns of the values that facets count; an index made before has none
shown, original                                        stored: the fields of a result line; text and attachments as archived, compressed
"""

from __future__ import annotations

import tantivy

from index.document import facts_of, ordinals_of, original_of, shown_of
from index.engine import Document
from index.laid_out import COUNTED, PREFIXES, RANKED, clean, laid_out, recent, values_of

VERSION = 3  # raise when an earlier program could not read the index
READABLE = (2, 3)  # versions that this program reads
DATES = ("published", "written", "effective")


def schema(*, ranked: bool = True, counted: bool = True) -> tantivy.Schema:
    """The schema of the index; without `ranked` or `counted` that of an index made before those fields were added."""
    builder = tantivy.SchemaBuilder()
    for name in PREFIXES:
        builder.add_text_field(name, tokenizer_name="whitespace")
    if ranked:
        builder.add_text_field(RANKED, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("chars", tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field("facts", tokenizer_name="raw", index_option="basic")
    for name in COUNTED if counted else ():
        builder.add_text_field(f"value_{name}", fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("id", indexed=True, fast=True)  # deleting by a term of an unsigned field deletes nothing in 0.27
    for name in ("revision", "recent", *DATES):
        builder.add_unsigned_field(name, fast=True)
    for name in ("shown", "original"):
        builder.add_bytes_field(name, stored=True)
    return builder.build()


def entry_of(document: Document, *, ranked: bool = True, counted: bool = True) -> tantivy.Document:
    """The document as Tantivy takes it; without `ranked` or `counted` for an index made before those fields were added."""
    entry = tantivy.Document()
    for name, text in laid_out(document, ranked=ranked).items():
        entry.add_text(name, text)
    for fact in facts_of(document):
        entry.add_text("facts", clean(fact))
    for name, value in values_of(document).items() if counted else ():
        entry.add_text(name, value)
    days = ordinals_of(document)
    entry.add_integer("id", document.id)
    entry.add_unsigned("revision", document.revision)
    entry.add_unsigned("recent", recent(days[0], document.id))
    for name, day in zip(DATES, days, strict=True):
        entry.add_unsigned(name, day)
    entry.add_bytes("shown", shown_of(document).encode("utf-8", "replace"))
    entry.add_bytes("original", original_of(document))
    return entry
