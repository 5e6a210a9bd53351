"""Proofs out of an archive: that a notice's snapshot is in the signed log, that the log continues an earlier one, and that a time is attested."""

from __future__ import annotations

import base64
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from notices.config import Config
from notices.errors import BadInput, FetchError, UnknownName
from notices.text.language import _
from pipeline.snapshots import payload_place
from pipeline.sql import tables
from pipeline.sql.database import database_errors
from pipeline.warc.series import read_capture
from preservation.proofs import checkpoints, merkle
from preservation.proofs.consistency import make_consistency, render_consistency
from preservation.proofs.inclusion import Leaf, make_proof, render_proof
from preservation.proofs.timestamp import timestamp_request, verify_timestamp

LARGEST_REPLY = 1 << 20
_REPLY_SECONDS = 30


@dataclass(frozen=True)
class SnapshotProof:
    """The proof file's bytes, and the id of the snapshot that it is about."""

    proof: bytes
    snapshot_id: int


@dataclass(frozen=True)
class SignedLog:
    """A checkpoint of the log: the id of its row, and the signed note."""

    id: int
    note: str


def prove_notice(config: Config, database: Engine, notice_id: int, n: int | None = None) -> SnapshotProof:
    """Prove the snapshot from which revision `n` of the notice was read (default: the newest). Raises UnknownName or DamageFound."""
    with database_errors(config.database):
        snapshot = snapshot_of(database, notice_id, n)
        row = checkpoints.newest(database)
        if row is None or row.last_snapshot_id < snapshot.id:
            row = checkpoints.make_checkpoint(database, config, datetime.now(UTC))
        ids, leaves = checkpoints.log_of(database, row.last_snapshot_id)
        leaf = Leaf(snapshot.payload_digest, snapshot.url, snapshot.fetched_at)
        proof = make_proof(leaf, ids.index(snapshot.id), merkle.levels(leaves), row.note, checkpoints.public_key(config, row.note))
        if row.timestamp_response:
            proof = msgspec.structs.replace(proof, timestamp=row.timestamp_response)
        return SnapshotProof(render_proof(proof), snapshot.id)


def snapshot_of(database: Engine, notice_id: int, n: int | None) -> tables.SnapshotRow:
    """The snapshot from which a revision was read (default: the newest). Raises UnknownName."""
    with Session(database, expire_on_commit=False) as session, session.begin():
        notice = session.get(tables.NoticeRow, notice_id) if notice_id < 1 << 62 else None
        if notice is None or (n or 0) >= 1 << 62:
            raise UnknownName(_("the archive contains no notice {id}").format(id=notice_id))
        mine = tables.RevisionRow.notice_id == notice.id, tables.RevisionRow.n == (n or notice.revisions)
        revision = session.scalar(select(tables.RevisionRow).where(*mine))
        snapshot = session.get(tables.SnapshotRow, revision.snapshot_id) if revision and revision.snapshot_id else None
        if snapshot is None:
            raise UnknownName(
                _("notice {id} has no revision {n} that was read from a snapshot").format(id=notice.id, n=n or notice.revisions)
            )
        return snapshot


def page_of(config: Config, database: Engine, snapshot_id: int) -> bytes:
    """The snapshot's exact bytes, to be handed over with its proof. Raises DamageFound."""
    with database_errors(config.database), Session(database) as session, session.begin():
        snapshot = session.get_one(tables.SnapshotRow, snapshot_id)
        return read_capture(config.warc_dir, snapshot.warc_file, snapshot.offset, payload_place(database)).body


def prove_continuation(config: Config, database: Engine, earlier: str) -> bytes:
    """The file that proves that the log continues that of an earlier signed note. Raises DamageFound when its past was changed."""
    with database_errors(config.database):
        later = checkpoints.make_checkpoint(database, config, datetime.now(UTC))
        _ids, leaves = checkpoints.log_of(database, later.last_snapshot_id)
        return render_consistency(make_consistency(earlier, later.note, merkle.levels(leaves), checkpoints.public_key(config)))


def sign_log(config: Config, database: Engine) -> SignedLog:
    """Sign the log at its present size; the newest checkpoint when no snapshot was added since."""
    with database_errors(config.database):
        row = checkpoints.make_checkpoint(database, config, datetime.now(UTC))
        return SignedLog(row.id, row.note)


def request_timestamp(url: str, note: str) -> bytes:
    """An RFC 3161 authority's reply for a signed note. Raises FetchError."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise BadInput(_("--authority {url!r}: http or https").format(url=url))
    request = urllib.request.Request(url, timestamp_request(note), {"Content-Type": "application/timestamp-query"})  # noqa: S310 (checked above)
    try:
        with urllib.request.urlopen(request, timeout=_REPLY_SECONDS) as reply:  # noqa: S310
            return bytes(reply.read(LARGEST_REPLY))
    except (OSError, ValueError) as error:
        raise FetchError(f"{url}: {error}") from error


def keep_timestamp(config: Config, database: Engine, signed: SignedLog, reply: bytes, roots: bytes | None = None) -> datetime | None:
    """Keep an authority's reply with its checkpoint; with trusted `roots` (PEM) it is verified first, and the attested time returned."""
    moment = verify_timestamp(signed.note, reply, roots) if roots is not None else None
    with database_errors(config.database), Session(database) as session, session.begin():
        session.get_one(tables.CheckpointRow, signed.id).timestamp_response = base64.b64encode(reply).decode()
    return moment
