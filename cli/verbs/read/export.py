"""`notices export`: notices as a file."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from cli.search.run import open_index
from index.search import SearchRequest, search
from notices.config import Config
from notices.errors import BadInput
from notices.text.display import safe
from notices.text.language import _, system_words
from operations.packages import parquet
from operations.packages.monthly import Package, write_packages
from operations.packages.wacz import Packed, Packing, write_wacz
from operations.read import export
from pipeline.sql.database import database_errors, open_for_reading


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices export`."""
    verb = verbs.add_parser(
        "export", help=_("write the notices that match a query, or all, as CSV, JSON Lines, Parquet or WACZ, or as monthly data packages")
    )
    verb.add_argument(
        "query", nargs="?", metavar="QUERY", help=_("what `search` takes; only exact matches are exported, each copy of an instrument")
    )
    verb.add_argument("--all", action="store_true", help=_("export every notice"))
    verb.add_argument(
        "--format",
        choices=(*export.FORMATS, "parquet", "wacz"),
        default="jsonl",
        help=_(
            "jsonl and parquet (extra parquet) have texts and attachments, csv the fields only, wacz the archived pages for replay (default: jsonl)"
        ),
    )
    verb.add_argument("--packages", metavar="DIR", type=Path, help=_("write a data package for each source and month into this folder"))
    verb.add_argument("-o", "--out", metavar="FILE", type=Path, help=_("write this file, whole or not at all (default: standard output)"))
    verb.add_argument("--exact", action="store_true", help=_("search the literal text only, without expansion"))
    verb.add_argument("--unmasked", action="store_true", help=_("write identity, telephone and account numbers in full (for maintainers)"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Write the export; its last line is a count, or an error. Raises BadInput without a query, or with one and --all."""
    if (args.query is not None) + args.all + (args.packages is not None) != 1:
        raise BadInput(_("export takes a query, --all or --packages"))
    if args.format in ("parquet", "wacz") and args.out is None and args.packages is None:
        raise BadInput(_("export --format {form} needs a file: -o FILE.{form}").format(form=args.format))
    if args.format == "parquet":
        parquet.require()
    database = open_for_reading(config)
    with database_errors(config.database):
        if args.packages is not None:
            count = write_packages(database, args.packages, _print_package)
            print(_("{count} packages").format(count=count))
            return 0
        batches = export.all_ids(database) if args.all else _matching(args, config)
        if args.format == "wacz":
            title = args.query or "notices"
            with _whole_file(args.out) as handle:
                packed = write_wacz(Packing(config, database, title, not args.unmasked), batches, handle)
            _print_packed(args.out, packed)
            return 0
        rows = export.rows(database, batches, mask=not args.unmasked)
        if args.format == "parquet":
            with _whole_file(args.out) as handle:
                count = parquet.write_parquet(rows, handle.write)
            print(_("{file}: {count} notices").format(file=safe(str(args.out)), count=count))
            return 0
        lines = export.lines(args.format, rows)
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


def _print_package(each: Package) -> None:
    print(_("{folder}: {count} notices").format(folder=safe(str(each.folder)), count=each.notices))


def _print_packed(out: Path, packed: Packed) -> None:
    print(_("{file}: {pages} pages, {records} records").format(file=safe(str(out)), pages=packed.pages, records=packed.records))
    if packed.without_page:
        told = _(
            "left out: {count} notices ({personal} with personal data or a passage that was taken down; --unmasked, for maintainers, packs those)"
        )
        print(told.format(count=packed.without_page, personal=packed.personal), file=sys.stderr)


def _write_file(out: Path, lines: Iterator[str]) -> None:
    """Write text there, whole or not at all."""
    with _whole_file(out) as handle:
        for line in lines:
            handle.write(line.encode())


@contextmanager
def _whole_file(out: Path) -> Iterator[IO[bytes]]:
    """A temporary file next to the place, which is put there when all was written. Raises BadInput for a place that cannot be written."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    except OSError as error:
        raise BadInput(f"{out}: {system_words(error)}") from error
    try:
        with open(descriptor, "w+b") as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        Path(name).chmod(0o644)
        os.replace(name, out)
    finally:
        Path(name).unlink(missing_ok=True)
