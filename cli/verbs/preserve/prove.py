"""`notices prove`, `notices checkpoint`, and the display of a checked proof: claims that hold without trusting the archive."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC
from pathlib import Path

from sqlalchemy import Engine

from notices.config import Config
from notices.errors import BadInput, UnknownName
from notices.text.display import safe
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
    prove = verbs.add_parser("prove", help="write a proof that anybody can check without the archive (docs/proofs.md)")
    prove.add_argument("wanted", nargs="?", metavar="ID_OR_NUMBER", help="prove the snapshot of this notice")
    prove.add_argument("--revision", type=int, metavar="N", help="of this revision (default: the newest)")
    prove.add_argument("--since", metavar="CHECKPOINT", type=Path, help="prove instead that the log continues that of this signed note")
    prove.add_argument("--out", metavar="FILE", type=Path, help="write to this file (default: standard output)")
    prove.add_argument("--page", metavar="FILE", type=Path, help="write the snapshot's exact bytes to this file, to go with the proof")
    prove.set_defaults(run=run_prove)
    sign = verbs.add_parser("checkpoint", help="sign the log of snapshots and print the signed note")
    sign.add_argument("--key", action="store_true", help="print the archive's public key instead")
    sign.add_argument("--request", metavar="FILE", type=Path, help="write an RFC 3161 request for the note, to be sent to an authority")
    sign.add_argument("--reply", metavar="FILE", type=Path, help="keep an authority's reply to that request")
    sign.add_argument("--authority", metavar="URL", help="ask this authority (http or https) for a timestamp and keep its reply")
    sign.add_argument("--roots", metavar="PEM", type=Path, help="verify a reply against these certificates before it is kept")
    sign.set_defaults(run=run_checkpoint)


def run_prove(args: argparse.Namespace, config: Config) -> int:
    """Write the proof."""
    if (args.wanted is None) == (args.since is None):
        raise BadInput("prove takes a notice, or --since with a checkpoint")
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
        print(f"{args.out}: {len(data)} bytes; check it with: notices verify --proof {args.out} --key {public_key(config)}")
    return 0


def _notice_id(database: Engine, wanted: str) -> int:
    ids = find_ids(database, wanted)
    if len(ids) > 1:
        raise UnknownName(f"{wanted!r} means {len(ids)} notices ({', '.join(map(str, ids[:10]))}); name one by its id")
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
            print(f"the authority attests {moment:%Y-%m-%d %H:%M:%SZ}", file=sys.stderr)
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
            f"holds: the log of {second.size} snapshots ({second.signed_at:%Y-%m-%d}) continues that of {first.size} ({first.signed_at:%Y-%m-%d})"
        )
    if args.key is None:
        print("no --key given: the proof is consistent in itself, but does not show who signed it")
    return 0


def _print_attested(shown: Attested, *, with_timestamp: bool) -> None:
    leaf, signed = shown.proven.leaf, shown.proven.checkpoint
    print(f"holds: {safe(leaf.url)} had {leaf.payload_digest} at {leaf.fetched_at.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}")
    print(
        f"       snapshot {shown.proven.index} of {signed.size}, signed by {safe(signed.origin)} on {signed.signed_at:%Y-%m-%d %H:%M:%SZ}"
    )
    if with_timestamp:
        print(f"       timestamp of an authority: {f'{shown.timestamp:%Y-%m-%d %H:%M:%SZ}' if shown.timestamp else 'none'}")
