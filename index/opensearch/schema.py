"""The fields of an index in a cluster, and a document as it is sent.

title, number, issuer, text, attached, ranked, chars   see index.laid_out: whoever writes makes the tokens, the cluster splits at blanks
run_of_source                                          the name of the source in pairs
facts                                                  keyword values as field=value
id, revision, recent, dates, written_at                columns; `recent` sorts newest first, `written_at` counts writes
value_…                                                columns that facets count
shown, original                                        stored: the fields of a result line; text and attachments as archived, compressed
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping

import msgspec

from index.document import facts_of, ordinals_of, original_of, shown_of
from index.engine import Document
from index.laid_out import CHARS, COUNTED, PREFIXES, RANKED, clean, laid_out, pairs, prefixed, recent, values_of
from index.opensearch.address import Address
from index.scoring import K1, B
from notices.text.fold import fold

VERSION = 1  # raise when an earlier program could not read the index
GAP = "\1"  # a token of a phrase in place of any pair: folded text contains no control characters
SOURCE, SOURCE_PREFIX = "run_of_source", "s"
DATES = ("published", "written", "effective")
_LONGEST_FACT = 2000  # characters: a query has 1,000 bytes at most, and OpenSearch refuses a term of 32 kB


def settings(address: Address) -> dict[str, object]:
    """The settings of a new index. Nothing is seen before a write ends: it refreshes the index itself."""
    return {
        "number_of_shards": address.shards,
        "number_of_replicas": address.replicas,
        "refresh_interval": "-1",
        "translog.durability": "request",
        "gc_deletes": "1h",
        "similarity": {"default": {"type": "LegacyBM25", "k1": K1, "b": B}},
        "analysis": {
            "filter": {"gap": {"type": "stop", "stopwords": [GAP]}},
            "analyzer": {
                "laid_out": {"type": "custom", "tokenizer": "whitespace"},
                "with_gaps": {"type": "custom", "tokenizer": "whitespace", "filter": ["gap"]},
            },
        },
    }


def mappings(meta: Mapping[str, object]) -> dict[str, object]:
    """The mapping of a new index; `meta` says who made it, and how."""
    runs = {"type": "text", "analyzer": "laid_out", "search_analyzer": "with_gaps", "index_options": "positions"}
    plain = {"type": "text", "analyzer": "laid_out"}
    fields: dict[str, object] = {name: runs for name in (*PREFIXES, SOURCE)}
    fields[RANKED] = {**plain, "index_options": "freqs"}
    fields[CHARS] = {**plain, "index_options": "docs"}
    fields["facts"] = {"type": "keyword", "doc_values": False}
    fields |= {name: {"type": "long"} for name in ("id", "recent", "written_at")}
    fields |= {name: {"type": "integer"} for name in ("revision", *DATES)}
    fields |= {f"value_{name}": {"type": "keyword", "index": False} for name in COUNTED}
    fields["shown"] = {"type": "keyword", "index": False, "doc_values": False, "store": True}
    fields["original"] = {"type": "binary", "store": True}
    return {"dynamic": "strict", "_source": {"enabled": False}, "_meta": meta, "properties": fields}


def body_of(document: Document, stamp: int) -> bytes:
    """The document as one line of JSON; `stamp` numbers the write."""
    tokens, source = laid_out(document), fold(document.source)
    chars = tokens[CHARS] + prefixed(source, SOURCE_PREFIX)
    fields: dict[str, object] = {**tokens, SOURCE: pairs(source), CHARS: chars}
    fields["facts"] = list(dict.fromkeys(clean(fact)[:_LONGEST_FACT] for fact in facts_of(document)))
    days = ordinals_of(document)
    fields |= {"id": document.id, "revision": document.revision, "recent": recent(days[0], document.id), "written_at": stamp}
    fields |= dict(zip(DATES, days, strict=True))
    fields |= values_of(document)
    fields["shown"] = clean(shown_of(document))
    fields["original"] = b64encode(original_of(document)).decode("ascii")
    return msgspec.json.encode(fields)
