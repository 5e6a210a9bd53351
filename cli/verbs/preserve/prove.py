"""`notices prove`, `notices checkpoint`, and the display of a checked proof: claims that hold without trusting the archive."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sqlalchemy import Engine

from cli.terminal import day_in_china, in_china
from notices.config import Config
from notices.errors import BadInput, UnknownName
from notices.text.display import safe
from notices.text.language import _
from operations.read.lookup import find_ids
from pipeline.durable import write_durably
from pipeline.sql.database import open_archive
from preservation.proofs.check import LARGEST, Attested, Known, check_file, read_at_most
from preservation.proofs.checkpoints import public_key
from preservation.proofs.proving import (
    LARGEST_REPLY,
    keep_timestamp,
    page_of,
    prove_continuation,
    prove_notice,
    request_timestamp,
    sign_log,
)
from preservation.proofs.timestamp import timestamp_request


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices prove`, `notices checkpoint`."""
    prove = verbs.add_parser("prove", help=_("write a proof that anybody can check without the archive (docs/proofs.md)"))
    prove.add_argument("wanted", nargs="?", metavar="ID_OR_NUMBER", help=_("prove the snapshot of this notice"))
    prove.add_argument("--revision", type=int, metavar="N", help=_("of this revision (default: the newest)"))
    prove.add_argument("--since", metavar="CHECKPOINT", type=Path, help=_("prove instead that the log continues that of this signed note"))
    prove.add_argument("--out", metavar="FILE", type=Path, help=_("write to this file (default: standard output)"))
    prove.add_argument("--page", metavar="FILE", type=Path, help=_("write the snapshot's exact bytes to this file, to go with the proof"))
    prove.set_defaults(run=run_prove)
    sign = verbs.add_parser("checkpoint", help=_("sign the log of snapshots and print the signed note"))
    sign.add_argument("--key", action="store_true", help=_("print the archive's public key instead"))
    sign.add_argument("--request", metavar="FILE", type=Path, help=_("write an RFC 3161 request for the note, to be sent to an authority"))
    sign.add_argument("--reply", metavar="FILE", type=Path, help=_("keep an authority's reply to that request"))
    sign.add_argument("--authority", metavar="URL", help=_("ask this authority (http or https) for a timestamp and keep its reply"))
    sign.add_argument("--roots", metavar="PEM", type=Path, help=_("verify a reply against these certificates before it is kept"))
    sign.set_defaults(run=run_checkpoint)


def run_prove(args: argparse.Namespace, config: Config) -> int:
    """Write the proof."""
    if (args.wanted is None) == (args.since is None):
        raise BadInput(_("prove takes a notice, or --since with a checkpoint"))
    database = open_archive(config)
    if args.since:
        data = prove_continuation(config, database, read_at_most(args.since, LARGEST).decode("utf-8", "replace"))
    else:
        made = prove_notice(config, database, _notice_id(database, args.wanted), args.revision)
        data = made.proof
        if args.page:
            write_durably(args.page, page_of(config, database, made.snapshot_id))
    if args.out is None:
        sys.stdout.write(data.decode())
    else:
        write_durably(args.out, data)
        print(
            _("{out}: {count} bytes; check it with: notices verify --proof {out} --key {public_key}").format(
                out=args.out, count=len(data), public_key=public_key(config)
            )
        )
    return 0


def _notice_id(database: Engine, wanted: str) -> int:
    ids = find_ids(database, wanted)
    if len(ids) > 1:
        raise UnknownName(
            _("{wanted!r} means {count} notices ({names}); name one by its id").format(
                wanted=wanted, count=len(ids), names=", ".join(map(str, ids[:10]))
            )
        )
    return ids[0]


def run_checkpoint(args: argparse.Namespace, config: Config) -> int:
    """Sign, ask for or keep a timestamp, print."""
    if args.key:
        print(public_key(config))
        return 0
    database = open_archive(config)
    signed = sign_log(config, database)
    if args.request:
        write_durably(args.request, timestamp_request(signed.note))
    if args.reply or args.authority:
        reply = read_at_most(args.reply, LARGEST_REPLY) if args.reply else request_timestamp(args.authority, signed.note)
        roots = read_at_most(args.roots, LARGEST) if args.roots else None
        moment = keep_timestamp(config, database, signed, reply, roots)
        if moment is not None:
            print(_("the authority attests {moment}").format(moment=in_china(moment)), file=sys.stderr)
    print(signed.note, end="")
    return 0


def verify_file(args: argparse.Namespace) -> int:
    """Check a proof file without any archive and print what it shows. Raises DamageFound or BadInput."""
    shown = check_file(Path(args.proof), Known(args.key, args.page, args.roots))
    if isinstance(shown, Attested):
        _print_attested(shown, with_timestamp=args.roots is not None)
    else:
        first, second = shown.earlier, shown.later
        print(
            _("holds: the log of {later} snapshots ({later_day}) continues that of {earlier} ({earlier_day})").format(
                later=second.size,
                later_day=day_in_china(second.signed_at),
                earlier=first.size,
                earlier_day=day_in_china(first.signed_at),
            )
        )
    if args.key is None:
        print(_("no --key given: the proof is consistent in itself, but does not show who signed it"))
    return 0


def _print_attested(shown: Attested, *, with_timestamp: bool) -> None:
    leaf, signed = shown.proven.leaf, shown.proven.checkpoint
    print(
        _("holds: {url} had {digest} at {moment}").format(url=safe(leaf.url), digest=leaf.payload_digest, moment=in_china(leaf.fetched_at))
    )
    print(
        _("       snapshot {number} of {count}, signed by {origin} on {moment}").format(
            number=shown.proven.index, count=signed.size, origin=safe(signed.origin), moment=in_china(signed.signed_at)
        )
    )
    if with_timestamp:
        print(_("       timestamp of an authority: {moment}").format(moment=in_china(shown.timestamp) if shown.timestamp else _("none")))
