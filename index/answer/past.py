"""The past: revisions that their sources show no longer, which are searched where the question says so (在:历史, in:past)."""

from __future__ import annotations

import re

from index.engine import Hit
from index.query.tokens import tokens_of
from notices.errors import QuerySyntaxError
from notices.text.language import _

_WORD = r"(?:在|in)[:：](?:历史|past)"


def names_past(text: str) -> bool:
    """Whether a word of the query asks for the past: then all of the query does.

    Raises QuerySyntaxError where the word is part of an alternative, of a denial or of a bracket: one search is of today or of the past.
    """
    if "历史" not in text and "past" not in text.lower():
        return False
    tokens, depth, found = tokens_of(text), 0, False
    for n, token in enumerate(tokens):
        depth += (token.kind == "(") - (token.kind == ")")
        bare = token.text.strip("()（）")
        if token.kind != "word" or not re.fullmatch(_WORD, bare, re.IGNORECASE):
            continue
        beside = {each.kind for each in tokens[max(n - 1, 0) : n + 2]}
        if depth or beside & {"OR", "AND", "NOT"} or bare != token.text:
            raise QuerySyntaxError(
                _("{word} asks the whole query of the past: it cannot be joined by OR, AND, NOT or -, nor be in brackets").format(
                    word=bare
                ),
                text,
                token.start,
            )
        found = True
    return found


def without_word(text: str) -> str:
    """The query without that word."""
    return re.sub(rf"(?<!\S){_WORD}(?!\S)", "", text, flags=re.IGNORECASE).strip()


def of_notice(hit: Hit) -> Hit:
    """The hit with the id of its notice in place of the revision's own."""
    return hit._replace(id=hit.notice or hit.id)
