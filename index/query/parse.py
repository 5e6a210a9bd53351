"""The query language: text to a tree. Any text parses, or raises QuerySyntaxError or QueryLimitError (docs/search.md).

A blank means AND. OR, NOT, - and ( ) work where they can be meant; where they cannot (unbalanced, inside a word, nothing
left to find) they are part of the text. Whatever the operators say, a document that holds the whole query letter for
letter is always found too: no text can be typed that its own notice would not answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from index.query.fields import Filters, filter_node
from index.query.grammar import MAX_DEPTH, Reading, only_negative, read_tree
from index.query.tokens import Token, tokens_of
from index.query.tree import Everything, Node, Or, Phrase, Query, Understood
from notices.errors import QueryLimitError, QuerySyntaxError
from notices.text.fold import fold

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_OFFSET", "MAX_TERMS", "Filters", "parse_query"]

MAX_BYTES, MAX_TERMS, MAX_OFFSET = 1024, 64, 10_000
_SHORTEST_RELAXED = 2


def parse_query(
    text: str, filters: Filters | None = None, *, exact: bool = False, home: Path | None = None, lenient: bool = False
) -> Query:
    """The tree of a query; index.answer.tiers.answer asks an engine.

    `exact` reads nothing into it beyond its letters and relaxes nothing. `home` is the archive's folder: its own aliases.
    A field with a half-width colon whose value means nothing (日期:2020-13) raises QuerySyntaxError; when `lenient` it is
    text, as 日期：另行通知 always is, and `understood` holds an entry "unread" that says why.
    """
    filters = filters or Filters()
    _check_size(text)
    tokens = tokens_of(text)
    if len(tokens) > MAX_TERMS:
        raise QueryLimitError(f"the query has {len(tokens)} terms, at most {MAX_TERMS} are allowed")
    limits = filter_node(filters)
    if not fold(text) and limits == Everything():
        raise QuerySyntaxError("nothing to search for: the query holds no letter, digit or sign that is searched", text, 0)
    reading = Reading(tokens, filters.scope, text)
    tree = read_tree(reading)
    if not lenient:
        _refuse_unread(reading)
    node = _with_letters(tree, tokens, text, filters)
    query = Query(text, node, limits, (), "" if exact else _relaxed(tokens), _highlights(text, tokens), tuple(reading.unread))
    return query if exact else _understood(query, tree or node, tokens, home)


def _check_size(text: str) -> None:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise QueryLimitError(f"the query has {size} bytes, at most {MAX_BYTES} are allowed")


def _refuse_unread(reading: Reading) -> None:
    for note in reading.unread:
        if "：" not in note.read:
            raise QuerySyntaxError(note.meaning, reading.text, max(reading.text.find(note.read), 0))


def _with_letters(tree: Node | None, tokens: list[Token], text: str, filters: Filters) -> Node:
    """What the operators say, or the letters of the whole text; the letters alone where only an absence is asked for."""
    folded = fold(text)
    if not folded:
        return Everything()
    literal = Phrase(folded, filters.scope)
    if tree is None or only_negative(tree):
        return literal
    operators = any(t.kind not in ("word", "phrase") for t in tokens)
    return Or((tree, literal)) if operators and tree != literal else tree


def _understood(query: Query, tree: Node, tokens: list[Token], home: Path | None) -> Query:
    from index.meaning.expand import issuers_meant, understood

    words = [fold(t.text) for t in _sought(tokens) if t.kind == "word"]
    meant = understood(query.text, tree, query.node, words, home)
    node, in_text = issuers_meant(meant.node, home)
    limits, in_options = issuers_meant(query.filters, home)
    notes = (*query.understood, *meant.understood, *in_text, *in_options)
    marks = tuple(dict.fromkeys((*query.highlights, *meant.names)))
    return Query(query.text, node, limits, meant.near, query.relaxed_text, marks, _distinct(notes))


def _distinct(notes: tuple[Understood, ...]) -> tuple[Understood, ...]:
    return tuple(dict.fromkeys(notes))


def _sought(tokens: list[Token]) -> Iterator[Token]:
    """The words, phrases and fields that are not denied."""
    denied, depth = -1, 0
    for before, token in zip([None, *tokens], tokens, strict=False):
        after_not = before is not None and before.kind == "NOT"
        if token.kind == "(":
            denied = depth if after_not and denied < 0 else denied
            depth += 1
        elif token.kind == ")":
            depth -= 1
            denied = -1 if depth <= denied else denied
        elif token.kind in ("word", "phrase", "field") and denied < 0 and not after_not:
            yield token


def _relaxed(tokens: list[Token]) -> str:
    """The folded words that rank what only resembles the query; none where it sets conditions that such a notice may not meet.

    None either for one or two characters: what holds half of 两感 resembles it in nothing.
    """
    if any(t.kind in ("field", "NOT") for t in tokens):
        return ""
    words = "".join(fold(t.text) for t in _sought(tokens))
    return words if len(words) > _SHORTEST_RELAXED else ""


def _highlights(text: str, tokens: list[Token]) -> tuple[str, ...]:
    """The folded runs to mark in a snippet, the whole query first."""
    words = [fold(t.text) for t in _sought(tokens) if t.kind != "field" or t.field in ("title", "text", "attachment", "number")]
    return tuple(dict.fromkeys(w for w in (fold(text), *words) if w))
