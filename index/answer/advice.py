"""What helps where an answer contains no exact hit: fields that are not known, values that no notice has, days that were typed as words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

from index.answer.facets import MOST_COUNTED
from index.engine import Engine
from index.query.tokens import tokens_of
from index.query.tree import And, Contains, Everything, Is, Node, Or, Query
from index.query.values import FIELDS
from notices.text.fold import fold

# The third form mixes scripts (发文机guan, a Cyrillic letter among Latin ones): an input method that changed half-way.
_FIELD_TYPED = re.compile(r"([A-Za-z_\-]{2,20}|[\u4e00-\u9fff]{2,8}|[^\W\d_][\w\-]{1,11})[:：](?=\S)")
_OF_NOTICES = ("issuer", "kind", "source")  # fields whose values are those of the archive's notices
_MOST, _LIKE = 5, 0.4


class Advice(NamedTuple):
    """One hint. `kind`: field (`read` is not a field), value (no notice has `read` in the field). `near`: fields or values that exist."""

    kind: str
    field: str
    read: str
    near: tuple[str, ...]


def advice(engine: Engine, query: Query) -> tuple[Advice, ...]:
    """Hints for a query without exact hits; at most one of a field and one of a value."""
    return (*_unknown_fields(query.text), *_absent_values(engine, query))


def _unknown_fields(text: str) -> Iterator[Advice]:
    for token in tokens_of(text):
        typed = _FIELD_TYPED.match(token.raw) if token.kind == "word" else None
        name = typed[1].lower() if typed else ""
        if name and name not in FIELDS:
            yield Advice("field", "", name, _nearest(name, FIELDS))
            return


def _absent_values(engine: Engine, query: Query) -> Iterator[Advice]:
    for leaf in (*_leaves(query.node), *_leaves(query.filters)):
        values = leaf.values if isinstance(leaf, Is) else (leaf.text,)
        if leaf.field in _OF_NOTICES and not engine.search(Query("", leaf), limit=0).total:
            known = _known(engine, leaf.field)
            yield Advice("value", leaf.field, "、".join(values), _nearest(values[0], known) or tuple(known[:_MOST]))
            return


def _leaves(node: Node) -> Iterator[Contains | Is]:
    """The filters that a match must pass."""
    if isinstance(node, And | Or):
        for part in node.parts:
            yield from _leaves(part)
    elif isinstance(node, Contains | Is):
        yield node


def _known(engine: Engine, field: str) -> list[str]:
    """The values of the newest notices, the most frequent first."""
    hits = engine.search(Query("", Everything()), limit=MOST_COUNTED, sort="date").hits
    return [value for value, _count in Counter(getattr(hit, field) for hit in hits).most_common() if value]


def _nearest(text: str, known: Iterable[str]) -> tuple[str, ...]:
    """The known words that share most with the text, the nearest first."""
    matcher = SequenceMatcher(b=fold(text), autojunk=False)
    rated: list[tuple[float, str]] = []
    for word in known:
        matcher.set_seq1(fold(word))
        if matcher.ratio() >= _LIKE:
            rated.append((-matcher.ratio(), word))
    return tuple(word for _rating, word in sorted(rated)[:_MOST])
