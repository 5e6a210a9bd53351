"""Archived text made fit to be shown: nothing in it drives the terminal or a spreadsheet, personal data is masked."""

from __future__ import annotations

import re

# Controls, formats (bidirectional marks, zero-width signs, tags), separators, surrogates, and characters that show as nothing.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)
_LINE_ENDS = re.compile(r"\r\n|[\r\n\u2028\u2029\x85]")
_LONG = re.compile(r"(?:\d[ \u3000\xa0\u2010\u2011\uff0d-]?){9}")  # no number that is masked is shorter
_FORMULA = ("=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠")
_BLANK = " \t\r\n\x0b\x0c\u3000\xa0\u200b\ufeff\0"
_CELL_CONTROL = ("\t", "\r", "\n", "\0")


def safe(text: str, *, one_line: bool = True) -> str:
    """The text with control, bidirectional, zero-width and other unseen characters written out; line breaks become blanks in one line.

    A tab is shown as a blank. Controls are shown by their pictures (ESC as ␛), all others as \\uXXXX.
    """
    if one_line:
        text = _LINE_ENDS.sub(" ", text)
        return _UNSAFE.sub(_written_out, text.replace("\t", " "))
    return "\n".join(_UNSAFE.sub(_written_out, line.replace("\t", " ")) for line in _LINE_ENDS.sub("\n", text).split("\n"))


def _written_out(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def escaped(json_text: str) -> str:
    """JSON with the characters that drive a terminal, or are not seen, as its own escapes: its value stays the same."""
    return _UNSAFE.sub(_as_escape, json_text)


def _as_escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def masked(text: str) -> str:
    """The text with identity numbers, mobile numbers and bank accounts starred out but for their ends.

    One star replaces each digit, so positions in the text stay the same. Numbers of documents, hotlines, landlines, credit
    codes and index numbers are left as they are (reference/domain.md §5.2).
    """
    if not _LONG.search(text):
        return text
    from notices.text.personal import personal_spans  # its patterns take a while to make ready, and few texts need them

    characters = list(text)
    for start, end in personal_spans(text):
        for at in range(start, end):
            if characters[at].isalnum():
                characters[at] = "*"
    return "".join(characters)


def csv_cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula (ASVS 5.0, 1.2.10). Numbers stay numbers."""
    if value is None:
        return ""
    text = str(value)
    if isinstance(value, int | float):
        return text
    return "'" + text if text.startswith(_CELL_CONTROL) or text.lstrip(_BLANK).startswith(_FORMULA) else text
