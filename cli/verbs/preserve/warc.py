"""`notices warc`: sealed WARC files in a store, S3-compatible storage of the archive's own."""

from __future__ import annotations

import argparse
from collections import Counter

from cli.progress import Progress, is_shown
from cli.terminal import json_line
from notices.config import Config
from notices.text.display import safe
from notices.text.language import N_, _
from operations.preserve.storing import Wanted, fetch, upload
from pipeline.warc.series import series_bytes

_OUTCOMES = {
    "uploaded": N_("uploaded"),
    "there": N_("there already"),
    "dropped": N_("stored, the local copy deleted"),
    "failed": N_("failed"),
}


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices warc upload`, `notices warc fetch`."""
    verb = verbs.add_parser("warc", help=_("keep sealed WARC files on S3-compatible storage (extra s3)"))
    actions = verb.add_subparsers(dest="action", required=True, metavar="ACTION")
    send = actions.add_parser("upload", help=_("store every sealed file that the store (warc_store) does not have"))
    send.add_argument("--check", action="store_true", help=_("read back all that earlier uploads stored, and store damaged files again"))
    send.add_argument("--drop-local", action="store_true", help=_("delete the local copy of each file that was read back intact"))
    send.set_defaults(run=run_upload)
    back = actions.add_parser("fetch", help=_("bring files back from the store"))
    back.add_argument("names", nargs="*", metavar="FILE", help=_("names of WARC files; default: all that only the store has"))
    back.set_defaults(run=run_fetch)
    for each in (send, back):
        each.add_argument("--json", action="store_true", help=_("print one JSON object for each file, then one with the counts"))
        each.add_argument("--no-progress", action="store_true", help=_("do not show progress"))


def run_upload(args: argparse.Namespace, config: Config) -> int:
    """Print what was done with each file; exit 4 when one could not be stored."""
    counts, sent = Counter[str](), 0
    with Progress(_("upload"), 2 * series_bytes(config.warc_dir), shown=is_shown(no_progress=args.no_progress)) as progress:
        for each in upload(config, Wanted(args.check, args.drop_local), progress):
            counts[each.outcome] += 1
            sent += each.length * (each.outcome == "uploaded")
            if args.json:
                line = {"file": each.name, "bytes": each.length, "outcome": each.outcome}
                print(json_line(line | ({"problem": each.problem} if each.problem else {})))
            elif each.outcome != "there":
                print(safe(f"{each.name}: {_(_OUTCOMES[each.outcome])}{f': {each.problem}' if each.problem else ''}"))
    if args.json:
        print(json_line({"store": config.warc_store, **{name: counts[name] for name in _OUTCOMES}}))
    else:
        told = ", ".join(f"{_(_OUTCOMES[name])} {count}" for name, count in counts.items()) or _("no file is sealed yet")
        print(f"{config.warc_store}: {told}")
    return 4 if counts["failed"] else 0


def run_fetch(args: argparse.Namespace, config: Config) -> int:
    """Print what was brought back; exit 4 when a file could not be."""
    failed = count = 0
    with Progress(_("fetch"), 0, shown=is_shown(no_progress=args.no_progress)) as progress:
        for each in fetch(config, args.names, progress):
            failed, count = failed + bool(each.problem), count + bool(each.length)
            if args.json:
                print(json_line({"file": each.name, "bytes": each.length} | ({"problem": each.problem} if each.problem else {})))
            else:
                told = each.problem or (_("{size:.1f} MB fetched").format(size=each.length / 1e6) if each.length else _("is here"))
                print(safe(f"{each.name}: {told}"))
    if args.json:
        print(json_line({"fetched": count, "failed": failed}))
    else:
        print(_("{count} files fetched").format(count=count))
    return 4 if failed else 0
