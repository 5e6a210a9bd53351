"""`notices verify`: whether the archive is as it was written, and whether a proof holds."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path

from cli.progress import Progress, is_shown
from cli.terminal import json_line
from cli.terms import term
from cli.verbs.preserve.findings import finding_json, finding_line
from cli.verbs.preserve.prove import verify_file
from notices.config import Config
from notices.text.language import N_, _
from operations.preserve.verify_index import verify_all
from pipeline.sql.database import open_for_reading
from pipeline.warc.series import series_bytes
from preservation.accounting import NOT_COVERED
from preservation.proofs.checkpoints import may_read_key
from preservation.verify import verify_archive

_PRINTED = 1000


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices verify`."""
    verb = verbs.add_parser("verify", help=_("check every byte, row and index document; or a proof (exit 4: damage found)"))
    verb.add_argument("--json", action="store_true", help=_("print one JSON object for each damage, then one with the counts"))
    verb.add_argument("--no-index", action="store_true", help=_("do not check the index"))
    verb.add_argument(
        "--stored", action="store_true", help=_("read what a store has whole; without it, samples of what only the store has")
    )
    verb.add_argument("--no-progress", action="store_true", help=_("do not show progress"))
    verb.add_argument("--proof", metavar="FILE", help=_("check this proof (of notices prove) instead; needs no archive"))
    verb.add_argument("--key", metavar="KEY", help=_("with --proof: the archive's public key, as you know it from elsewhere"))
    verb.add_argument("--page", metavar="FILE", type=Path, help=_("with --proof: the bytes that the proof should be about"))
    verb.add_argument("--roots", metavar="PEM", type=Path, help=_("with --proof: certificates to verify its timestamp against"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print each damage, then the counts; exit 4 when there is any."""
    if args.proof:
        return verify_file(args)
    database = open_for_reading(config)
    started, size = time.monotonic(), series_bytes(config.warc_dir, stored=args.stored)
    progress = Progress(_("verify"), size, shown=is_shown(no_progress=args.no_progress))
    counts: Counter[str] = Counter()
    warc_and_sql, everything = partial(verify_archive, database, config), partial(verify_all, config, database)
    for each in (warc_and_sql if args.no_index else everything)(progress, stored=args.stored):
        counts[each.area] += 1
        if args.json:
            print(json_line(finding_json(each)))
        elif counts.total() <= _PRINTED:
            print(finding_line(each))
    progress.close()
    if not args.json:
        unread = () if may_read_key(config) else (N_("signatures of checkpoints: this user may not read the folder of keys"),)
        print(_("not covered: {what}").format(what="; ".join(map(_, (*unread, *NOT_COVERED)))), file=sys.stderr)
    _print_counts(counts, size, time.monotonic() - started, args.json)
    return 4 if counts else 0


def _print_counts(counts: Counter[str], size: int, seconds: float, as_json: bool) -> None:
    if as_json:
        print(json_line({"damages": counts.total(), **counts, "bytes": size, "seconds": round(seconds, 3)}))
        return
    rate = f", {seconds / (size / 1e9):.0f} s/GB" if size > 50e6 else ""
    areas = ", ".join(f"{term(area)} {n}" for area, n in sorted(counts.items()))
    print(
        _("{count} damages{areas}: {size:.1f} MB of snapshots read in {seconds:.1f} s{rate}").format(
            count=counts.total(), areas=f" ({areas})" if areas else "", size=size / 1000000.0, seconds=seconds, rate=rate
        )
    )
