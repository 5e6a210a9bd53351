"""White space taken out of a text, or collapsed. Both treat every character that Unicode calls white space alike, U+3000 and U+00A0 included."""

from __future__ import annotations


def remove_whitespace(text: str) -> str:
    """The text without white space: pages put blanks and line breaks between any two characters, so comparisons leave them out."""
    return "".join(text.split())


def collapse_whitespace(text: str) -> str:
    """The text in one line, with one blank where it has any white space and none at its ends."""
    return " ".join(text.split())
