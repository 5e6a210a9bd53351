"""The past: revisions that their sources show no longer, which are searched where the question says so (在:历史, in:past)."""

from __future__ import annotations

import re

from index.engine import Hit

_WORD = r"(?<!\S)(?:在|in)[:：](?:历史|past)(?!\S)"


def names_past(text: str) -> bool:
    """Whether a word of the query asks for the past."""
    return ("历史" in text or "past" in text.lower()) and re.search(_WORD, text, re.IGNORECASE) is not None


def without_word(text: str) -> str:
    """The query without that word."""
    return re.sub(_WORD, "", text, flags=re.IGNORECASE).strip()


def of_notice(hit: Hit) -> Hit:
    """The hit with the id of its notice in place of the revision's own."""
    return hit._replace(id=hit.notice or hit.id)
