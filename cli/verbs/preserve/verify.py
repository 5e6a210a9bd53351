"""`notices verify`: whether the archive is what it was, and whether a proof holds."""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from cli.progress import Progress, is_shown
from cli.verbs.preserve.prove import verify_file
from notices.config import Config
from notices.text.display import safe
from operations.verify_index import check_index
from pipeline.sql.database import for_reading, open_database
from pipeline.warc.series import series_bytes
from preservation.verify import Finding, verify_archive

_SHOWN = 1000


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices verify`."""
    verb = verbs.add_parser("verify", help="check every byte, row and index document; or a proof (exit 4: damage)")
    verb.add_argument("--json", action="store_true", help="one JSON object a damage, then one with the counts")
    verb.add_argument("--no-index", action="store_true", help="leave the index out")
    verb.add_argument("--no-progress", action="store_true", help="no progress line")
    verb.add_argument("--proof", metavar="FILE", help="check this proof (notices prove); needs no archive")
    verb.add_argument("--key", metavar="KEY", help="with --proof: the archive's public key as you know it from elsewhere")
    verb.add_argument("--page", metavar="FILE", type=Path, help="with --proof: the bytes that it shall be about")
    verb.add_argument("--roots", metavar="PEM", type=Path, help="with --proof: certificates to check its time stamp against")
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print each damage, then the counts; exit 4 when there is any."""
    if args.proof:
        return verify_file(args)
    database = open_database(config)
    started, size = time.monotonic(), series_bytes(config.warc_dir)
    progress = Progress("verify", size, shown=is_shown(no_progress=args.no_progress))
    counts: Counter[str] = Counter()
    _print(verify_archive(database, config, progress), args.json, counts)
    progress.close()
    if not args.no_index:
        _print(check_index(config, for_reading(database)), args.json, counts)
    _sum(counts, size, time.monotonic() - started, args.json)
    return 4 if counts else 0


def _print(found: Iterable[Finding], as_json: bool, counts: Counter[str]) -> None:
    for each in found:
        counts[each.area] += 1
        if as_json:
            print(json.dumps({"area": each.area, "kind": each.kind, "place": each.place, "detail": each.detail}, ensure_ascii=False))
        elif counts.total() <= _SHOWN:
            print(f"{each.area:5} {each.kind:12} {safe(each.place)}: {safe(each.detail)}")


def _sum(counts: Counter[str], size: int, seconds: float, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"damages": counts.total(), **counts, "bytes": size, "seconds": round(seconds, 3)}))
        return
    rate = f", {seconds / (size / 1e9):.0f} s/GB" if size > 50e6 else ""
    said = ", ".join(f"{area} {n}" for area, n in sorted(counts.items()))
    print(f"{counts.total()} damages{f' ({said})' if said else ''}: {size / 1e6:.1f} MB of snapshots read in {seconds:.1f} s{rate}")
