"""A query cut into words, phrases, fields and the operators that can be meant; everything else stays text."""

from __future__ import annotations

import re
from typing import NamedTuple

from index.query.values import FIELDS
from notices.text.fold import fold

# Patterns are compiled when a query first needs them: most queries contain neither a field nor a quotation.
_FIELD = r"([A-Za-z_\-]{2,20}|[Ａ-Ｚａ-ｚ]{2,20}|[\u4e00-\u9fff]{2,6})[:：][ \t\u3000]*"
_COLON_WITHIN = 21
# A quotation is an operator where a blank, a bracket or the end follows it; inside a word it is punctuation.
# Chinese quotation marks group only a text with a blank: “两感” alone folds to 两感 anyway.
_QUOTED = r'(?:"([^"]*)"|“([^“”]*\s[^“”]*)”)(?=[\s)]|$)'
_QUOTED_WORD = rf"(?<![^\s(\-:：]){_QUOTED}"
_WORD_OPERATORS = ("OR", "AND", "NOT")


class Token(NamedTuple):
    """One piece of a query. `kind`: word, phrase, field, ( ) OR AND NOT; `text` is a field's value; `raw` is as typed."""

    kind: str
    text: str
    start: int
    raw: str
    field: str = ""


def tokens_of(text: str) -> list[Token]:
    """The pieces in order; operators that have nothing to join are words, tokens that fold to nothing are left out."""
    tokens: list[Token] = []
    at, grouping = 0, _brackets_group(text)
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        token, at = _next(text, at, grouping)
        if token.kind not in ("word", "phrase") or fold(token.text):
            tokens.append(token)
    return _joining(tokens)


def _brackets_group(text: str) -> bool:
    """Whether ASCII round brackets outside quotations pair up, begin words and end them: only then they group."""
    if not ("(" in text and ")" in text):
        return False
    bare = re.sub(_QUOTED_WORD, lambda m: "x" * len(m[0]), text)
    if len(bare.split()) < 2:
        return False  # (三) is a number of the text: there are no words to group
    depth = 0
    for i, char in enumerate(bare):
        if char == "(" and i and not (bare[i - 1].isspace() or bare[i - 1] in "(-"):
            return False
        if char == ")" and i + 1 < len(bare) and not (bare[i + 1].isspace() or bare[i + 1] == ")"):
            return False
        depth += (char == "(") - (char == ")")
        if depth < 0:
            return False
    return depth == 0


def _next(text: str, at: int, grouping: bool) -> tuple[Token, int]:
    char = text[at]
    if grouping and char in "()":
        return Token(char, char, at, char), at + 1
    if char == "-" and _denies(text, at):
        return Token("NOT", "-", at, "-"), at + 1
    quoted = _quoted(text, at)
    if quoted and fold(quoted[0]):
        return Token("phrase", quoted[1] or quoted[2], at, quoted[0]), quoted.end()
    named = _begun_field(text, at)
    if named and fold(named[1]) in FIELDS:
        return _field(text, at, named, grouping)
    return _word(text, at, grouping)


def _quoted(text: str, at: int) -> re.Match[str] | None:
    return re.compile(_QUOTED).match(text, at) if text[at : at + 1] in ('"', "“") else None


def _begun_field(text: str, at: int) -> re.Match[str] | None:
    near = text[at : at + _COLON_WITHIN]
    return re.compile(_FIELD).match(text, at) if ":" in near or "：" in near else None


def _denies(text: str, at: int) -> bool:
    """A minus means NOT at the beginning of a word; a row of them is a line."""
    begins = at == 0 or text[at - 1].isspace() or text[at - 1] == "("
    return begins and at + 1 < len(text) and not text[at + 1].isspace() and text[at + 1] != "-"


def _field(text: str, at: int, named: re.Match[str], grouping: bool) -> tuple[Token, int]:
    """A field with its value; a name with no value after it is a word."""
    start, field = named.end(), FIELDS[fold(named[1])]
    quoted = _quoted(text, start)
    if quoted and fold(quoted[0]):
        return Token("field", quoted[1] or quoted[2], at, text[at : quoted.end()], field), quoted.end()
    end = _word_end(text, start, grouping)
    if not fold(text[start:end]) or text[start:end] in _WORD_OPERATORS:
        return _word(text, at, grouping)
    return Token("field", text[start:end], at, text[at:end], field), end


def _word(text: str, at: int, grouping: bool) -> tuple[Token, int]:
    end = max(_word_end(text, at, grouping), at + 1)
    word = text[at:end]
    return Token(word if word in _WORD_OPERATORS else "word", word, at, word), end


def _word_end(text: str, at: int, grouping: bool) -> int:
    end = at
    while end < len(text) and not text[end].isspace() and not (grouping and text[end] in "()"):
        end += 1
    return end


def _joining(tokens: list[Token]) -> list[Token]:
    """OR, AND and NOT that have nothing to join are words."""
    made: list[Token] = []
    for i, token in enumerate(tokens):
        after = tokens[i + 1].kind if i + 1 < len(tokens) else ")"
        before = made[-1].kind if made else "("
        joins = token.kind in ("OR", "AND") and before not in ("(", "OR", "AND", "NOT") and after not in (")", "OR", "AND")
        denies = token.kind == "NOT" and after not in (")", "OR", "AND", "NOT")
        if token.kind in _WORD_OPERATORS and not (joins or denies):
            made += [Token("word", token.text, token.start, token.raw)] if fold(token.text) else []
        else:
            made.append(token)
    return made
