"""The query language: text to a tree. Any text parses, or raises QuerySyntaxError or QueryLimitError.

A blank means AND. OR, NOT, - and ( ) work where they can be meant; where they cannot (unbalanced, inside a word, nothing
left to find) they are part of the text. Whatever the operators say, a document that holds the whole query letter for
letter is always found too: no text can be typed that its own notice would not answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from index.nodes import And, Between, Contains, DateField, Everything, HasAttachment, Is, Node, Not, Or, Phrase, Query, Scope, Understood
from index.query_values import FIELDS, date_range, state_of
from notices.errors import QueryLimitError, QuerySyntaxError
from notices.numbers import parse_number_query
from notices.text import fold

MAX_BYTES, MAX_TERMS, MAX_DEPTH, MAX_OFFSET = 1024, 64, 20, 10_000
EXACT_NUMBER, CODE_AND_NUMBER, YEAR_AND_NUMBER = 1000.0, 500.0, 250.0

_FIELD = re.compile(r"([A-Za-z_\-]{2,20}|[\u4e00-\u9fff]{2,6})[:：]")
_QUOTED = re.compile(r'"([^"]*)"')


@dataclass(frozen=True, slots=True)
class Filters:
    """What the options of a search ask for beside its text."""

    source: tuple[str, ...] = ()
    issuer: str = ""
    region: str = ""
    kind: tuple[str, ...] = ()
    number: str = ""
    state: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    date_field: DateField = "published_date"
    has_attachment: bool = False
    scope: Scope = "any"


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # word, phrase, (, ), OR, NOT, field
    text: str
    start: int
    field: str = ""


def parse_query(text: str, filters: Filters | None = None, *, exact: bool = False) -> Query:
    """The tree of a query. `exact` reads nothing into it beyond its letters and relaxes nothing."""
    filters = filters or Filters()
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise QueryLimitError(f"the query has {size} bytes, at most {MAX_BYTES} are allowed")
    node = _text_node(text, filters.scope)
    limits = _filter_node(filters)
    if node is None and limits == Everything():
        raise QuerySyntaxError("nothing to search for: the query holds no letter, digit or sign that is searched", text, 0)
    folded = fold(text)
    boosts, understood = ((), ()) if exact else _number(text)
    node = node or Everything()
    if boosts:
        node = Or((node, *(b for b, _ in boosts)))
    plain = "" if exact or node == Everything() else "".join(fold(t.text) for t in _tokens(text) if t.kind in ("word", "phrase"))
    return Query(text, node, limits, boosts, plain, _highlights(text, folded), understood)


def _text_node(text: str, scope: Scope) -> Node | None:
    """What the text asks for, or-ed with the text itself where operators were read."""
    tokens = _tokens(text)
    if len(tokens) > MAX_TERMS:
        raise QueryLimitError(f"the query has {len(tokens)} terms, at most {MAX_TERMS} are allowed")
    literal = Phrase(fold(text), scope) if fold(text) else None
    node = _Parser(tokens, scope, text).parse() if tokens else None
    if node is None or _only_negative(node):
        return literal
    special = any(t.kind not in ("word", "phrase") for t in tokens)
    return Or((node, literal)) if special and literal and literal != node else node


def _only_negative(node: Node) -> bool:
    if isinstance(node, And):
        return all(_only_negative(p) for p in node.parts)
    return isinstance(node, Not)


def _tokens(text: str) -> list[_Token]:
    """Words, phrases and the operators that can be meant."""
    tokens: list[_Token] = []
    at, balanced = 0, _balanced(text)
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        token, at = _next_token(text, at, balanced, tokens)
        if token is not None:
            tokens.append(token)
    return _without_loose_operators(tokens)


def _balanced(text: str) -> bool:
    """Whether ASCII round brackets outside quotes pair up, begin words and end them: only then they group."""
    bare = _QUOTED.sub(lambda m: "x" * len(m[0]), text)
    depth = 0
    for i, char in enumerate(bare):
        if char == "(":
            if i and not (bare[i - 1].isspace() or bare[i - 1] in "(-"):
                return False
            depth += 1
        elif char == ")":
            if i + 1 < len(bare) and not (bare[i + 1].isspace() or bare[i + 1] == ")"):
                return False
            depth -= 1
        if depth < 0:
            return False
    return depth == 0


def _next_token(text: str, at: int, balanced: bool, before: list[_Token]) -> tuple[_Token | None, int]:
    char = text[at]
    if balanced and char in "()":
        return _Token(char, char, at), at + 1
    if char == "-" and at + 1 < len(text) and not text[at + 1].isspace() and (at == 0 or text[at - 1].isspace() or text[at - 1] == "("):
        return _Token("NOT", "-", at), at + 1
    if (found := _QUOTED.match(text, at)) and fold(found[1]):
        return _Token("phrase", found[1], at), found.end()
    if (named := _FIELD.match(text, at)) and named[1].lower() in FIELDS:
        return _field_token(text, at, named, balanced)
    return _word(text, at, balanced)


def _field_token(text: str, at: int, named: re.Match[str], balanced: bool) -> tuple[_Token | None, int]:
    """A field with its value; a name with no value after it is a word."""
    start = named.end()
    if (quoted := _QUOTED.match(text, start)) and fold(quoted[1]):
        return _Token("field", quoted[1], at, FIELDS[named[1].lower()]), quoted.end()
    end = _word_end(text, start, balanced)
    value = text[start:end]
    if not fold(value):
        return _word(text, at, balanced)
    return _Token("field", value, at, FIELDS[named[1].lower()]), end


def _word(text: str, at: int, balanced: bool) -> tuple[_Token | None, int]:
    end = _word_end(text, at, balanced)
    word = text[at:end]
    if word in ("OR", "AND", "NOT"):
        return _Token(word, word, at), end
    return (_Token("word", word, at) if fold(word) else None), end


def _word_end(text: str, at: int, balanced: bool) -> int:
    end = at
    while end < len(text) and not text[end].isspace() and not (balanced and text[end] in "()"):
        end += 1
    return max(end, at + 1)


def _without_loose_operators(tokens: list[_Token]) -> list[_Token]:
    """OR, AND and NOT that have nothing to join are words."""
    made: list[_Token] = []
    for i, token in enumerate(tokens):
        after = tokens[i + 1].kind if i + 1 < len(tokens) else ")"
        before = made[-1].kind if made else "("
        joins = token.kind in ("OR", "AND") and before not in ("(", "OR", "AND", "NOT") and after not in (")", "OR", "AND")
        denies = token.kind == "NOT" and after not in (")", "OR", "AND", "NOT")
        if token.kind in ("OR", "AND", "NOT") and not (joins or denies):
            if fold(token.text):
                made.append(_Token("word", token.text, token.start))
        else:
            made.append(token)
    return made


class _Parser:
    """Recursive descent over the tokens: or of ands of negatable atoms."""

    def __init__(self, tokens: list[_Token], scope: Scope, text: str) -> None:
        self.tokens, self.scope, self.text, self.at = tokens, scope, text, 0

    def parse(self) -> Node | None:
        """The whole tree."""
        return self._either(0)

    def _peek(self) -> str:
        return self.tokens[self.at].kind if self.at < len(self.tokens) else ""

    def _either(self, depth: int) -> Node | None:
        if depth > MAX_DEPTH:
            raise QueryLimitError(f"the query nests brackets deeper than {MAX_DEPTH}")
        parts = [self._all(depth)]
        while self._peek() == "OR":
            self.at += 1
            parts.append(self._all(depth))
        found = tuple(p for p in parts if p is not None)
        return Or(found) if len(found) > 1 else found[0] if found else None

    def _all(self, depth: int) -> Node | None:
        parts: list[Node] = []
        while self._peek() not in ("", ")", "OR"):
            if self._peek() == "AND":
                self.at += 1
                continue
            part = self._one(depth)
            if part is not None:
                parts.append(part)
        return And(tuple(parts)) if len(parts) > 1 else parts[0] if parts else None

    def _one(self, depth: int) -> Node | None:
        token = self.tokens[self.at]
        self.at += 1
        if token.kind == "NOT":
            if depth > MAX_DEPTH:
                raise QueryLimitError(f"the query nests deeper than {MAX_DEPTH}")
            part = self._one(depth + 1)
            return Not(part) if part is not None else None
        if token.kind == "(":
            inner = self._either(depth + 1)
            self.at += 1  # its closing bracket: brackets are only read when they pair up
            return inner
        if token.kind == "field":
            return self._field(token)
        return Phrase(fold(token.text), self.scope)


    def _field(self, token: _Token) -> Node:
        """A field's filter. With a full-width colon, as texts write it, a value that the field cannot have is plain text."""
        try:
            return field_node(token.field, token.text, self.text, token.start)
        except QuerySyntaxError:
            end = self.text.find(token.text, token.start)
            if "：" not in self.text[token.start : end]:
                raise
            return Phrase(fold(self.text[token.start : end] + token.text), self.scope)


def field_node(name: str, value: str, query: str, start: int) -> Node:
    """What a field filter asks for. Raises QuerySyntaxError for a value that the field cannot have."""
    folded = fold(value)
    if name in ("title", "text", "attachment"):
        return Phrase(folded, name)  # type: ignore[arg-type]
    if name in ("issuer", "source"):
        return Contains(name, folded)  # type: ignore[arg-type]
    if name == "number":
        return number_node(value)
    if name == "kind":
        return Is("kind", (value.strip(),))
    if name == "has":
        return HasAttachment()
    if name == "state":
        return Is("state", state_of(value, query, start))
    if name == "region":
        from index.regions import region_node

        return region_node(value, query, start)
    since, until = date_range(value, query, start)
    return Between(name, since, until)  # type: ignore[arg-type]


def number_node(value: str) -> Node:
    """Documents whose number is, or holds, the value."""
    asked = parse_number_query(value)
    parts: list[Node] = [Contains("document_number", fold(value))]
    if asked is not None:
        parts += [node for node, _ in _number_nodes(asked) if not isinstance(node, Phrase)]
    return Or(tuple(parts)) if len(parts) > 1 else parts[0]


def _number(text: str) -> tuple[tuple[tuple[Node, float], ...], tuple[Understood, ...]]:
    """A query that is a document number, whole or in part: nodes with their ranks, and what was understood."""
    asked = parse_number_query(text)
    if asked is None:
        return (), ()
    nodes = _number_nodes(asked)
    shown = f"{asked.code or ''}〔{asked.year or '?'}〕{asked.no or '?'}号"
    return tuple(nodes), (Understood("number", text, shown),)


def _number_nodes(asked: object) -> list[tuple[Node, float]]:
    code, year, no, key = (getattr(asked, name, None) for name in ("code", "year", "no", "key"))
    nodes: list[tuple[Node, float]] = []
    if key:
        nodes.append((Is("number_key", (key,)), EXACT_NUMBER))
    if code and year and no:
        nodes.append((Phrase(fold(f"{code}〔{year}〕{no}号")), 1.0))
    if code and no and not key:
        nodes.append((And((Contains("document_number", fold(code)), Contains("document_number", fold(f"〕{no}号")))), CODE_AND_NUMBER))
    elif code and year:
        nodes.append((Is("number_key", (f"{code}|{year}|",), prefix=True), CODE_AND_NUMBER))
    elif year and no:
        nodes.append((Is("number_loose", (f"{year}|{no}",)), YEAR_AND_NUMBER))
    elif no:
        nodes.append((Or((Contains("document_number", fold(f"〕{no}号")), Contains("document_number", fold(f"第{no}号")))), YEAR_AND_NUMBER))
    return nodes


def _filter_node(filters: Filters) -> Node:
    parts: list[Node] = []
    if filters.source:
        parts.append(Is("source", filters.source))
    if filters.issuer:
        parts.append(Contains("issuer", fold(filters.issuer)))
    if filters.kind:
        parts.append(Is("kind", filters.kind))
    if filters.state:
        parts.append(Is("state", filters.state))
    if filters.number:
        parts.append(number_node(filters.number))
    if filters.region:
        from index.regions import region_node

        parts.append(region_node(filters.region, filters.region, 0))
    if filters.since or filters.until:
        parts.append(Between(filters.date_field, filters.since, filters.until))
    if filters.has_attachment:
        parts.append(HasAttachment())
    return And(tuple(parts)) if len(parts) > 1 else parts[0] if parts else Everything()


def _highlights(text: str, folded: str) -> tuple[str, ...]:
    """The folded runs to mark in a snippet, the whole query first."""
    words = [fold(t.text) for t in _tokens(text) if t.kind in ("word", "phrase") or t.field in ("title", "text", "attachment")]
    return tuple(dict.fromkeys(w for w in (folded, *words) if w))
