"""The tree of a query's tokens: an Or of Ands of parts that may be denied."""

from __future__ import annotations

from collections.abc import Callable

from index.query.fields import field_node
from index.query.tokens import Token
from index.query.tree import And, Interpretation, Node, Not, Or, Phrase, Scope
from notices.errors import QueryLimitError, QuerySyntaxError
from notices.text.fold import fold
from notices.text.language import _

MAX_DEPTH = 20


class TokenStream:
    """Tokens read from `at` on; `unread` collects the fields whose value is not valid."""

    def __init__(self, tokens: list[Token], scope: Scope, text: str) -> None:
        self.tokens, self.scope, self.text = tokens, scope, text
        self.at = 0
        self.unread: list[Interpretation] = []

    def next_kind(self) -> str:
        """The kind of the token to come, empty at the end."""
        return self.tokens[self.at].kind if self.at < len(self.tokens) else ""


def read_tree(stream: TokenStream, depth: int = 0) -> Node | None:
    """The node of everything up to a closing bracket or the end; None when it is empty."""
    if depth > MAX_DEPTH:
        raise QueryLimitError(_("the query nests brackets deeper than {most}").format(most=MAX_DEPTH))
    found = [_all(stream, depth)]
    while stream.next_kind() == "OR":
        stream.at += 1
        found.append(_all(stream, depth))
    return _joined(Or, [node for node in found if node is not None])


def _joined(kind: type[And] | type[Or], parts: list[Node]) -> Node | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    return kind(tuple(parts))


def _all(stream: TokenStream, depth: int) -> Node | None:
    parts: list[Node] = []
    while stream.next_kind() not in ("", ")", "OR"):
        part = _one(stream, depth)
        if part is not None:
            parts.append(part)
    return _joined(And, parts)


def _one(stream: TokenStream, depth: int) -> Node | None:
    token = stream.tokens[stream.at]
    stream.at += 1
    if token.kind == "AND":
        return None
    if token.kind == "NOT":
        denied = _one(stream, depth + 1)
        return Not(denied) if denied is not None else None
    if token.kind == "(":
        inner = read_tree(stream, depth + 1)
        stream.at += 1  # its closing bracket: brackets are read only where they pair up
        return inner
    if token.kind == "field":
        return _field(stream, token)
    return Phrase(fold(token.text), stream.scope)


def _field(stream: TokenStream, token: Token) -> Node:
    """The node of a field; one whose value is not valid is text, as 状态：良好 is in a notice."""
    try:
        return field_node(token.field, token.text, stream.text, token.start)
    except QuerySyntaxError as error:
        stream.unread.append(Interpretation("unread", token.raw, str(error)))
        return Phrase(fold(token.raw), stream.scope)


def only_negative(node: Node) -> bool:
    """Whether a tree names only what a document must not contain."""
    if isinstance(node, And | Or):
        return all(map(only_negative, node.parts))
    return isinstance(node, Not)


def replaced(node: Node, change: Callable[[Node], Node]) -> Node:
    """The tree with every leaf changed, except under a Not."""
    if isinstance(node, And | Or):
        return type(node)(tuple(replaced(part, change) for part in node.parts))
    return node if isinstance(node, Not) else change(node)
