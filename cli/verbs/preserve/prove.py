"""`notices prove`, `notices checkpoint`, and the check of a proof: claims that hold without trusting the archive."""

from __future__ import annotations

import argparse
import base64
import hashlib
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from notices.config import Config
from notices.errors import BadInput, DamageFound, FetchError, UnknownName
from notices.text.display import safe
from operations.notice_views import find_ids
from pipeline.durable import write_durably
from pipeline.sql import tables
from pipeline.sql.database import database_errors, open_database
from preservation.proofs import checkpoints, merkle
from preservation.proofs.consistency import FORMAT as CONSISTENCY
from preservation.proofs.consistency import check_consistency, make_consistency, read_consistency, render_consistency
from preservation.proofs.inclusion import Leaf, Proof, make_proof, read_proof, render_proof, verify_proof

_LARGEST = 1 << 20
_LARGEST_PAGE = 1 << 30
_REPLY_SECONDS = 30


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices prove`, `notices checkpoint`."""
    prove = verbs.add_parser("prove", help="a proof that anybody can check without the archive (docs/proofs.md)")
    prove.add_argument("wanted", nargs="?", metavar="ID_OR_NUMBER", help="the notice whose snapshot is to be proved")
    prove.add_argument("--revision", type=int, metavar="N", help="that revision (default: the newest)")
    prove.add_argument("--since", metavar="CHECKPOINT", type=Path, help="prove instead that the log continues the one of this signed note")
    prove.add_argument("--out", metavar="FILE", type=Path, help="write it there (default: standard output)")
    prove.add_argument("--page", metavar="FILE", type=Path, help="write the snapshot's exact bytes there, to go with the proof")
    prove.set_defaults(run=run_prove)
    sign = verbs.add_parser("checkpoint", help="sign the log of snapshots as it stands, print the signed note")
    sign.add_argument("--key", action="store_true", help="print the archive's public key instead")
    sign.add_argument("--request", metavar="FILE", type=Path, help="write an RFC 3161 request for the note, to be sent to an authority")
    sign.add_argument("--reply", metavar="FILE", type=Path, help="keep an authority's reply to that request")
    sign.add_argument("--authority", metavar="URL", help="ask this authority (https) for a time stamp and keep its reply")
    sign.add_argument("--roots", metavar="PEM", type=Path, help="certificates to check a reply against before it is kept")
    sign.set_defaults(run=run_checkpoint)


def run_prove(args: argparse.Namespace, config: Config) -> int:
    """Write the proof."""
    if (args.wanted is None) == (args.since is None):
        raise BadInput("prove takes a notice, or --since with a checkpoint")
    database = open_database(config)
    with database_errors(config.database):
        data = _since(database, config, args.since) if args.since else _inclusion(database, config, args)
    if args.out is None:
        sys.stdout.write(data.decode())
    else:
        write_durably(args.out, data)
        print(f"{args.out}: {len(data)} bytes; check it with: notices verify --proof {args.out} --key {checkpoints.public_key(config)}")
    return 0


def _inclusion(database: Engine, config: Config, args: argparse.Namespace) -> bytes:
    snapshot = _snapshot(database, args.wanted, args.revision)
    row = checkpoints.newest(database)
    if row is None or row.last_snapshot_id < snapshot.id:
        row = checkpoints.make_checkpoint(database, config, datetime.now(UTC))
    ids, leaves = checkpoints.log_of(database, row.last_snapshot_id)
    leaf = Leaf(snapshot.payload_digest, snapshot.url, snapshot.fetched_at)
    proof = make_proof(leaf, ids.index(snapshot.id), merkle.levels(leaves), row.note, checkpoints.public_key(config, row.note))
    if args.page:
        write_durably(args.page, _bytes_of(database, config, snapshot))
    return render_proof(_stamped(proof, row))


def _stamped(proof: Proof, row: tables.CheckpointRow) -> Proof:
    return msgspec.structs.replace(proof, timestamp=row.timestamp_response) if row.timestamp_response else proof


def _bytes_of(database: Engine, config: Config, snapshot: tables.SnapshotRow) -> bytes:
    from pipeline.ledger import payload_place
    from pipeline.warc.series import read_capture

    return read_capture(config.warc_dir, snapshot.warc_file, snapshot.offset, payload_place(database)).body


def _snapshot(database: Engine, wanted: str, n: int | None) -> tables.SnapshotRow:
    """The snapshot on which a notice's revision rests. Raises UnknownName."""
    ids = find_ids(database, wanted)
    if len(ids) > 1:
        raise UnknownName(f"{wanted!r} means {len(ids)} notices ({', '.join(map(str, ids[:10]))}); name one by its id")
    with Session(database, expire_on_commit=False) as session, session.begin():
        notice = session.get_one(tables.NoticeRow, ids[0])
        mine = tables.RevisionRow.notice_id == notice.id, tables.RevisionRow.n == (n or notice.revisions)
        revision = session.scalar(select(tables.RevisionRow).where(*mine))
        snapshot = session.get(tables.SnapshotRow, revision.snapshot_id) if revision and revision.snapshot_id else None
        if snapshot is None:
            raise UnknownName(f"notice {notice.id} has no revision {n or notice.revisions} that rests on a snapshot")
        return snapshot


def _since(database: Engine, config: Config, path: Path) -> bytes:
    earlier = _read(path, _LARGEST).decode("utf-8", "replace")
    later = checkpoints.make_checkpoint(database, config, datetime.now(UTC))
    _ids, leaves = checkpoints.log_of(database, later.last_snapshot_id)
    return render_consistency(make_consistency(earlier, later.note, merkle.levels(leaves), checkpoints.public_key(config)))


def run_checkpoint(args: argparse.Namespace, config: Config) -> int:
    """Sign, ask for or keep a time stamp, print."""
    if args.key:
        print(checkpoints.public_key(config))
        return 0
    database = open_database(config)
    with database_errors(config.database):
        row = checkpoints.make_checkpoint(database, config, datetime.now(UTC))
        if args.request:
            from preservation.proofs.timestamp import timestamp_request

            write_durably(args.request, timestamp_request(row.note))
        reply = _read(args.reply, _LARGEST) if args.reply else _asked(args.authority, row.note) if args.authority else None
        if reply is not None:
            _keep_reply(database, row, reply, args.roots)
    print(row.note, end="")
    return 0


def _asked(url: str, note: str) -> bytes:
    """An authority's reply. Raises FetchError."""
    from preservation.proofs.timestamp import timestamp_request

    if urlsplit(url).scheme not in ("http", "https"):
        raise BadInput(f"--authority {url!r}: http or https")
    request = urllib.request.Request(url, timestamp_request(note), {"Content-Type": "application/timestamp-query"})  # noqa: S310 (checked above)
    try:
        with urllib.request.urlopen(request, timeout=_REPLY_SECONDS) as reply:  # noqa: S310
            return bytes(reply.read(_LARGEST))
    except (OSError, ValueError) as error:
        raise FetchError(f"{url}: {error}") from error


def _keep_reply(database: Engine, row: tables.CheckpointRow, reply: bytes, roots: Path | None) -> None:
    """Keep a reply that is about this note; checked against the roots when they are given."""
    from preservation.proofs.timestamp import verify_timestamp

    if roots is not None:
        moment = verify_timestamp(row.note, reply, _read(roots, _LARGEST))
        print(f"the authority says {moment:%Y-%m-%d %H:%M:%SZ}", file=sys.stderr)
    with Session(database) as session, session.begin():
        session.get_one(tables.CheckpointRow, row.id).timestamp_response = base64.b64encode(reply).decode()


def verify_file(args: argparse.Namespace) -> int:
    """Check a proof file without any archive; say what it shows. Raises DamageFound or BadInput."""
    path = Path(args.proof)
    data = _read(path, _LARGEST)
    if CONSISTENCY.encode() in data[:200]:
        first, second = check_consistency(read_consistency(data, str(path)), args.key)
        print(
            f"holds: the log of {second.size} snapshots ({second.signed_at:%Y-%m-%d}) continues that of {first.size} ({first.signed_at:%Y-%m-%d})"
        )
    else:
        _verify_inclusion(args, data)
    if args.key is None:
        print("no --key given: the proof fits together, but who signed it is not shown")
    return 0


def _verify_inclusion(args: argparse.Namespace, data: bytes) -> None:
    proof = read_proof(data, args.proof)
    shown = verify_proof(proof, args.key)
    if args.page:
        digest = "sha256:" + hashlib.sha256(_read(args.page, _LARGEST_PAGE)).hexdigest()
        if digest != shown.leaf.payload_digest:
            raise DamageFound(f"{args.page}: {digest}, the proof is about {shown.leaf.payload_digest}")
    print(f"holds: {safe(shown.leaf.url)} had {shown.leaf.payload_digest} at {shown.leaf.fetched_at.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}")
    signed = shown.checkpoint
    print(f"       snapshot {shown.index} of {signed.size}, signed by {safe(signed.origin)} on {signed.signed_at:%Y-%m-%d %H:%M:%SZ}")
    if args.roots:
        from preservation.proofs.timestamp import verify_proof_timestamp

        moment = verify_proof_timestamp(proof, _read(args.roots, _LARGEST))
        print(f"       time stamp from outside: {f'{moment:%Y-%m-%d %H:%M:%SZ}' if moment else 'none'}")


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as handle:
            data = handle.read(most + 1)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}") from error
    if len(data) > most:
        raise BadInput(f"{path}: larger than {most} bytes")
    return data
