"""Many queries at once, and completions: `search --batch FILE`, `search --complete TEXT`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cli.terminal import json_line
from index.engine import Engine
from index.search import SearchRequest, error_as_json, search
from notices.errors import UserError
from notices.text.display import masked, safe
from notices.text.language import system_words


def batch(engine: Engine, file: str, request: SearchRequest, home: Path) -> int:
    """Answer each line of the file with one JSON object, in order; a line that cannot be answered gives its error.

    Returns 2 when a line could not be answered, else 0 when any found something, else 1.
    """
    found, failed = False, False
    for text in _lines(file):
        try:
            result = search(engine, request._replace(text=text), home)
            print(json_line(result.as_json()), flush=file == "-")
            found = found or result.found
        except UserError as error:
            failed = True
            print(json_line(error_as_json(text, error)), flush=file == "-")
    return 2 if failed else 0 if found else 1


def _lines(name: str) -> Iterator[str]:
    """The lines without their ends; bytes that are not UTF-8 are replaced."""
    try:
        with open(0 if name == "-" else name, encoding="utf-8-sig", errors="replace", newline="\n") as handle:
            yield from (line.rstrip("\r\n") for line in handle)
    except OSError as error:
        raise UserError(f"{name}: {system_words(error)}") from error


def complete(engine: Engine, typed: str) -> int:
    """Print titles and document numbers that contain the text; 1 when there are none."""
    from index.answer.suggest import completions  # only --complete needs it: a search starts faster without it

    found = completions(engine, typed)
    for text in found:
        print(safe(masked(text)))
    return 0 if found else 1
