"""The query language: text to a tree. Any text parses, or raises QuerySyntaxError or QueryLimitError (docs/search.md).

A blank means AND. OR, NOT, - and ( ) are operators where they can be meant; elsewhere (unbalanced, inside a word, nothing
left to find) they are part of the text. Whatever the operators say, a document that contains the whole query character for
character is always found too: every run of a notice, typed as it is written, finds the notice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from index.query.fields import Filters, filter_node
from index.query.grammar import MAX_DEPTH, TokenStream, only_negative, read_tree
from index.query.tokens import Token, tokens_of
from index.query.tree import Everything, Node, Or, Phrase, Query
from notices.errors import QueryLimitError, QuerySyntaxError
from notices.text.fold import fold
from notices.text.language import _

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_OFFSET", "MAX_TERMS", "Filters", "ParsedQuery", "parse_query"]

MAX_BYTES, MAX_TERMS, MAX_OFFSET = 1024, 64, 10_000
_SHORTEST_RELAXED = 2


class ParsedQuery(NamedTuple):
    """A query as it is written, not yet expanded.

    `query` can be given to an engine. `tree` is what the operators say, without the alternative that the whole text is meant
    literally. `words` are folded, and neither quoted nor denied.
    """

    query: Query
    tree: Node
    words: tuple[str, ...]


def parse_query(text: str, filters: Filters | None = None, *, exact: bool = False, lenient: bool = False) -> ParsedQuery:
    """The tree of a query; index.meaning.expand adds what it may also mean.

    `exact` relaxes nothing. A field with a half-width colon whose value is not valid (日期:2020-13) raises QuerySyntaxError; when
    `lenient` it is text, as 日期：另行通知 always is, and `interpretations` contains an entry "unread" with the reason.
    """
    filters = filters or Filters()
    _check_size(text)
    tokens = tokens_of(text)
    if len(tokens) > MAX_TERMS:
        raise QueryLimitError(_("the query has {count} terms, at most {most} are allowed").format(count=len(tokens), most=MAX_TERMS))
    limits = filter_node(filters)
    if not fold(text) and limits == Everything():
        raise QuerySyntaxError(
            _("nothing to search for: the query contains no character that is searched (only blanks or punctuation)"), text, 0
        )
    stream = TokenStream(tokens, filters.scope, text)
    tree = read_tree(stream)
    if not lenient:
        _refuse_unread(stream)
    node = _with_literal(tree, tokens, text, filters)
    words = tuple(fold(t.text) for t in _wanted(tokens) if t.kind == "word")
    query = Query(text, node, limits, (), "" if exact else _relaxed(tokens), _highlights(text, tokens), tuple(stream.unread))
    return ParsedQuery(query, tree or node, words)


def _check_size(text: str) -> None:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise QueryLimitError(_("the query has {size} bytes, at most {most} are allowed").format(size=size, most=MAX_BYTES))


def _refuse_unread(stream: TokenStream) -> None:
    for note in stream.unread:
        if "：" not in note.read:
            raise QuerySyntaxError(note.meaning, stream.text, max(stream.text.find(note.read), 0))


def _with_literal(tree: Node | None, tokens: list[Token], text: str, filters: Filters) -> Node:
    """What the operators say, or the whole text literally; only the text where the operators name only what must be absent."""
    folded = fold(text)
    if not folded:
        return Everything()
    literal = Phrase(folded, filters.scope)
    if tree is None or only_negative(tree):
        return literal
    operators = any(t.kind not in ("word", "phrase") for t in tokens)
    return Or((tree, literal)) if operators and tree != literal else tree


def _wanted(tokens: list[Token]) -> Iterator[Token]:
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
    """The folded words that rank similar notices; "" for a query with conditions that a similar notice need not meet.

    Also "" for one or two characters: a notice that contains half of 两感 is not similar to it.
    """
    if any(t.kind in ("field", "NOT") for t in tokens):
        return ""
    words = "".join(fold(t.text) for t in _wanted(tokens))
    return words if len(words) > _SHORTEST_RELAXED else ""


def _highlights(text: str, tokens: list[Token]) -> tuple[str, ...]:
    """The folded runs to mark in a snippet, the whole query first."""
    words = [fold(t.text) for t in _wanted(tokens) if t.kind != "field" or t.field in ("title", "text", "attachment", "number")]
    return tuple(dict.fromkeys(w for w in (fold(text), *words) if w))
