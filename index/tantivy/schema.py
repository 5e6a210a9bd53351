"""The fields of the Tantivy index.

title, number, issuer, text, attached   the folded parts as overlapping character pairs with positions; between two parts
                                        is a token of its own, so no phrase reaches across
ranked                                  the pairs and the distinct characters of all parts, title and number several times: what similar
                                        notices are ranked by; an index made before it was added has none
chars                                   the distinct characters of each field, after the field's prefix: for queries of one character
facts                                   keyword values as field=value
id, recent, dates                       columns; `recent` sorts newest first, then by id
shown, original                         stored: the fields of a result line; text and attachments as archived, compressed
"""

from __future__ import annotations

import sys
from array import array

import tantivy

from index.document import facts_of, ordinals_of, original_of, parts_of, shown_of
from index.engine import Document
from index.scoring import TITLE_TIMES

VERSION = 3  # raise when an earlier program could not read the index
READABLE = (2, 3)  # versions that this program reads
PREFIXES = {"title": "t", "number": "n", "issuer": "i", "text": "x", "attached": "a"}
RANKED = "ranked"
DATES = ("published", "written", "effective")
_BETWEEN_PARTS = " \0 "  # folded text contains neither control characters nor blanks
_ID_BITS = 40
_CODES = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"  # arrays laid out in C: ten times as fast as pair by pair
_BLANK = (ord(" "),)


def schema(*, ranked: bool = True) -> tantivy.Schema:
    """The schema of the index; without `ranked` that of an index made before that field was added."""
    builder = tantivy.SchemaBuilder()
    for name in PREFIXES:
        builder.add_text_field(name, tokenizer_name="whitespace")
    if ranked:
        builder.add_text_field(RANKED, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("chars", tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field("facts", tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("id", indexed=True, fast=True)  # deleting by a term of an unsigned field deletes nothing in 0.27
    for name in ("revision", "recent", *DATES):
        builder.add_unsigned_field(name, fast=True)
    for name in ("shown", "original"):
        builder.add_bytes_field(name, stored=True)
    return builder.build()


def pairs(part: str) -> str:
    """The overlapping character pairs of a folded part and its last character, each before blanks."""
    codes = array("I", part.encode(_CODES))
    laid = array("I", _BLANK) * (3 * len(codes))
    laid[0::3] = codes
    if codes:
        laid[1:-3:3] = codes[1:]
    return laid.tobytes().decode(_CODES)


def _prefixed(part: str, prefix: str) -> str:
    """The distinct characters of a folded part, each after the prefix and before a blank."""
    codes = array("I", set(array("I", part.encode(_CODES))))
    laid = array("I", _BLANK) * (3 * len(codes))
    laid[0::3] = array("I", (ord(prefix),)) * len(codes)
    laid[1::3] = codes
    return laid.tobytes().decode(_CODES)


def _singles(part: str) -> str:
    """The distinct characters of a folded part, each before a blank: how often one occurs tells little, and half of all tokens would be these."""
    codes = array("I", set(array("I", part.encode(_CODES))))
    laid = array("I", _BLANK) * (2 * len(codes))
    laid[0::2] = codes
    return laid.tobytes().decode(_CODES)


def entry_of(document: Document, *, ranked: bool = True) -> tantivy.Document:
    """The document as Tantivy takes it; without `ranked` for an index made before that field was added."""
    entry = tantivy.Document()
    _add_parts(entry, document, ranked=ranked)
    for fact in facts_of(document):
        entry.add_text("facts", clean(fact))
    days = ordinals_of(document)
    entry.add_integer("id", document.id)
    entry.add_unsigned("revision", document.revision)
    entry.add_unsigned("recent", (days[0] << _ID_BITS) + (1 << _ID_BITS) - 1 - document.id)
    for name, day in zip(DATES, days, strict=True):
        entry.add_unsigned(name, day)
    entry.add_bytes("shown", shown_of(document).encode("utf-8", "replace"))
    entry.add_bytes("original", original_of(document))
    return entry


def _add_parts(entry: tantivy.Document, document: Document, *, ranked: bool) -> None:
    parts = parts_of(document)
    if ranked:
        weighed = (
            (parts.title, TITLE_TIMES),
            (parts.number, TITLE_TIMES),
            (parts.issuer, 1),
            (parts.text, 1),
            *((a, 1) for a in parts.attached),
        )
        entry.add_text(RANKED, "".join((pairs(part) + _singles(part)) * times for part, times in weighed if part))
    chars: list[str] = []
    for name, prefix in PREFIXES.items():
        texts = parts.attached if name == "attached" else (getattr(parts, name),)
        if any(texts):
            entry.add_text(name, _BETWEEN_PARTS.join(map(pairs, texts)))
            chars.append(_prefixed("".join(texts), prefix))
    entry.add_text("chars", "".join(chars))


def clean(text: str) -> str:
    """The text without halves of surrogate pairs, which UTF-8 cannot encode."""
    return text.encode("utf-8", "replace").decode("utf-8")
