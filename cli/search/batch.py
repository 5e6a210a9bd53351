"""Many queries at once, and completions: `search --batch FILE`, `search --complete TEXT`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from cli.search.ask import asked
from cli.search.output import as_json, dumped
from index.engine import Engine
from notices.errors import UserError
from notices.text.display import masked, safe


def batch(engine: Engine, args: Namespace, home: Path) -> int:
    """One JSON object a line of the file, in order; a line that cannot be answered gives its error and the run goes on.

    Returns 2 when a line could not be answered, else 0 when any found something, else 1.
    """
    found, failed = False, False
    for text in _lines(args.batch):
        try:
            shown = asked(engine, text, args, home)
            print(dumped(as_json(engine, shown, masking=not args.unmasked)), flush=args.batch == "-")
            found = found or bool(shown.answer.total or shown.answer.relaxed)
        except UserError as error:
            failed = True
            print(dumped({"query": text, "error": str(error), "position": getattr(error, "position", None)}), flush=args.batch == "-")
    return 2 if failed else 0 if found else 1


def _lines(name: str) -> Iterator[str]:
    """The lines, without what ends them; bytes that are no UTF-8 are replaced."""
    try:
        with open(0 if name == "-" else name, encoding="utf-8-sig", errors="replace", newline="\n") as handle:
            yield from (line.rstrip("\r\n") for line in handle)
    except OSError as error:
        raise UserError(f"{name}: {error.strerror}") from error


def complete(engine: Engine, typed: str) -> int:
    """Print titles and numbers that go on from what was typed; 1 when there are none."""
    from index.answer.suggest import completions

    found = completions(engine, typed)
    for text in found:
        print(safe(masked(text)))
    return 0 if found else 1
