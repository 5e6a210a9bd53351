"""`notices import`: an existing collection, one JSON object a line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from cli.progress import Progress, is_shown
from cli.terms import term
from notices.config import Config
from notices.errors import BadInput
from notices.text.language import _
from operations.importing import SkippedLine, import_collection


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices import`."""
    verb = verbs.add_parser("import", help=_("import a collection, one JSON object a line (exit 3 if lines were skipped)"))
    verb.add_argument("file", metavar="FILE.jsonl", help=_("- for standard input"))
    verb.add_argument("--source", help=_("the source's name for lines that give none"))
    verb.add_argument(
        "--strict", action="store_true", help=_("skip lines with a key that nothing reads; without it such keys are named at the end")
    )
    verb.add_argument("--no-progress", action="store_true", help=_("no progress bar"))
    verb.epilog = "docs/import.md describes the keys of a line."
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Import, index, print the counts; a bad line is reported with its number and skipped."""

    def tell(skipped: SkippedLine) -> None:
        print(_("{file}:{number}: skipped: {reason}").format(file=args.file, number=skipped.number, reason=skipped.reason), file=sys.stderr)

    with Progress(_("import"), _size(args.file), shown=is_shown(no_progress=args.no_progress)) as progress:
        lines = _counted(_raw_lines(args.file), progress)
        result = import_collection(config, lines, source=args.source, strict=args.strict, tell=tell)
    for key in result.unread:
        meant = _("; is {key} meant?").format(key=key.meant) if key.meant else ""
        print(
            _("{file}:{first}: nothing reads the key {name!r} ({lines} lines){meant}").format(
                file=args.file, first=key.first, name=key.name, lines=key.lines, meant=meant
            ),
            file=sys.stderr,
        )
    print(f"{args.file}: {', '.join(f'{term(name)} {count}' for name, count in result.counts.items())}")
    return 3 if result.skipped else 0


def _size(name: str) -> int:
    """The bytes of the file; 0 for standard input and for what cannot be asked."""
    try:
        return 0 if name == "-" else Path(name).stat().st_size
    except OSError:
        return 0


def _counted(lines: Iterator[bytes], progress: Progress) -> Iterator[bytes]:
    for line in lines:
        yield line
        progress(len(line) + 1)


def _raw_lines(name: str) -> Iterator[bytes]:
    try:
        with sys.stdin.buffer if name == "-" else Path(name).open("rb") as handle:
            yield from (line.rstrip(b"\r\n") for line in handle)
    except OSError as error:
        raise BadInput(f"{name}: {error.strerror}") from error
