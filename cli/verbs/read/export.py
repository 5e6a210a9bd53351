"""`notices export`: notices as a file."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from cli.search.run import open_index
from index.search import SearchRequest, search
from notices.config import Config
from notices.errors import BadInput
from notices.text.language import _
from operations.read import export
from pipeline.sql.database import database_errors, open_for_reading


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices export`."""
    verb = verbs.add_parser("export", help=_("write the notices that match a query, or all, as CSV or JSON Lines"))
    verb.add_argument(
        "query", nargs="?", metavar="QUERY", help=_("what `search` takes; only exact matches are exported, each copy of an instrument")
    )
    verb.add_argument("--all", action="store_true", help=_("export every notice"))
    verb.add_argument(
        "--format", choices=export.FORMATS, default="jsonl", help=_("jsonl has texts and attachments, csv the fields only (default: jsonl)")
    )
    verb.add_argument("-o", "--out", metavar="FILE", type=Path, help=_("write this file, whole or not at all (default: standard output)"))
    verb.add_argument("--exact", action="store_true", help=_("search the literal text only, without expansion"))
    verb.add_argument("--unmasked", action="store_true", help=_("write identity, telephone and account numbers in full (for maintainers)"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Write the export; its last line is a count, or an error. Raises BadInput without a query, or with one and --all."""
    if args.all == (args.query is not None):
        raise BadInput(_("export takes a query, or --all"))
    database = open_for_reading(config)
    with database_errors(config.database):
        batches = export.all_ids(database) if args.all else _matching(args, config)
        lines = export.lines(args.format, export.rows(database, batches, mask=not args.unmasked))
        if args.out is None:
            for line in lines:
                _write(line)
        else:
            _write_file(args.out, lines)
    return 0


def _matching(args: argparse.Namespace, config: Config) -> Iterator[Sequence[int]]:
    engine = open_index(config)
    return export.matching_ids(lambda request: search(engine, request, config.home), SearchRequest(args.query, exact=args.exact))


def _write(line: str) -> None:
    """Write in UTF-8 whatever the locale is: a file that is made of it is read elsewhere."""
    sys.stdout.flush()
    sys.stdout.buffer.write(line.encode())


def _write_file(out: Path, lines: Iterator[str]) -> None:
    """Write to a temporary file next to the place, then put it there. Raises BadInput for a place that cannot be written."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    except OSError as error:
        raise BadInput(f"{out}: {error.strerror}") from error
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as handle:
            handle.writelines(lines)
            handle.flush()
            os.fsync(handle.fileno())
        Path(name).chmod(0o644)
        os.replace(name, out)
    finally:
        Path(name).unlink(missing_ok=True)
