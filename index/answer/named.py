"""The notice that a word names: an id, an address, a document number or a title, found in the index alone."""

from __future__ import annotations

from index.engine import Engine, Hit
from index.query.numbers import number_nodes, query_number
from index.query.tree import Is, Node, Or, Phrase, Query
from notices.errors import UnknownName
from notices.text.fold import fold
from notices.text.language import _
from notices.urls import canonical_url

_CANDIDATES = 5


def notice_named(engine: Engine, word: str) -> int:
    """The id of the notice. Raises UnknownName with candidates where none or several are named."""
    if word.isascii() and word.isdigit():
        return int(word)
    found = _hits(engine, _node(word))
    same = [hit for hit in found if fold(hit.title) == fold(word)] or found
    if not same:
        same = _hits(engine, Phrase(fold(word), "title")) if fold(word) else []
    groups = {hit.group if hit.group is not None else -hit.id for hit in same}
    if len(groups) == 1:
        return same[0].id
    names = "".join(f"\n  {hit.id}  {hit.title}  {hit.url}" for hit in same[:_CANDIDATES])
    raise UnknownName(
        (
            _("{word!r} names several notices; give one of its ids, or an address, a number, a title")
            if same
            else _("{word!r} names no notice; give one of its ids, or an address, a number, a title")
        ).format(word=word)
        + names
    )


def _node(word: str) -> Node:
    """What the word names exactly."""
    if "://" in word:
        try:
            return Is("url", (canonical_url(word),))
        except ValueError as error:
            raise UnknownName(_("{word!r} is not an address: {error}").format(word=word, error=error)) from error
    number = query_number(word)
    nodes = number_nodes(number, "any") if number else ()
    return Or((*nodes, Phrase(fold(word), "title"))) if nodes else Phrase(fold(word), "title")


def _hits(engine: Engine, node: Node) -> list[Hit]:
    return list(engine.search(Query("", node), limit=_CANDIDATES * 4, sort="date").hits)
