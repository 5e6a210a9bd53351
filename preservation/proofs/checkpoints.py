"""Signed checkpoints of the Merkle log over all snapshots: one a day, in SQL and as files; and the check of them all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from notices.archive_id import read_followed, read_marker, refuse_if_following, write_marker
from notices.config import Config
from notices.errors import DamageFound, NoticesError, UnknownName
from notices.text.language import _
from pipeline.durable import file_errors, sync_folder, write_durably
from pipeline.sql import tables
from preservation.findings import CheckpointFile, CheckpointLog, CheckpointSubject, Finding
from preservation.proofs import merkle
from preservation.proofs.signing import Checkpoint, open_key, sign_checkpoint, stated_checkpoint, verifier_key, verify_checkpoint

_SHANGHAI = timedelta(hours=8)


def folder_of(config: Config) -> Path:
    """The folder of the signed notes as files, to be copied elsewhere."""
    return config.home / "checkpoints"


def public_key(config: Config, note: str | None = None) -> str:
    """The archive's public key, to be published elsewhere, under today's origin or that of a note; the key pair is made on first use."""
    return verifier_key(_key(config, make=note is None), note.partition("\n")[0] if note else config.origin)


def may_read_key(config: Config) -> bool:
    """Whether this user may read the key pair, or nobody made one yet: others cannot check what it signed."""
    folder = config.state_paths().keys
    key = folder / "checkpoint.pem"
    return os.access(folder, os.X_OK) and os.access(key, os.R_OK) if folder.exists() and _exists(key) else True


def _exists(path: Path) -> bool:
    """Whether the file is there, or in a folder where this user cannot look for it."""
    try:
        return path.exists()
    except PermissionError:
        return True


def _key(config: Config, *, make: bool) -> Ed25519PrivateKey:
    """The signing key; it is made only while nothing is signed."""
    folder = config.state_paths().keys
    is_new = not folder.exists()
    key = open_key(folder, make=make and not any(folder_of(config).glob("*.txt")))
    if is_new and read_marker(config.home):
        write_marker(folder, read_marker(config.home))
    return key


def leaves_of(database: Engine, last_snapshot: int | None = None) -> Iterator[tuple[int, bytes]]:
    """Id and leaf hash of every snapshot, or of those up to one, in order of their ids. Raises DamageFound for a row that has no digest."""
    columns = tables.SnapshotRow.id, tables.SnapshotRow.payload_digest, tables.SnapshotRow.url, tables.SnapshotRow.fetched_at
    query = select(*columns).order_by(tables.SnapshotRow.id).execution_options(yield_per=5000)
    if last_snapshot is not None:
        query = query.where(tables.SnapshotRow.id <= last_snapshot)
    with Session(database) as session, session.begin():
        for ident, digest, url, fetched_at in session.execute(query):
            try:
                leaf = merkle.leaf(digest, url, fetched_at)
            except ValueError as error:
                raise DamageFound(_("snapshot {ident}: {error}").format(ident=ident, error=error)) from error
            yield ident, leaf


def log_of(database: Engine, last_snapshot: int | None = None) -> tuple[list[int], list[bytes]]:
    """All of leaves_of at once, as proofs need them: about 100 bytes of memory a snapshot."""
    found = list(leaves_of(database, last_snapshot))
    return [ident for ident, _ in found], [leaf for _, leaf in found]


@dataclass(frozen=True, slots=True)
class Milestone:
    """The log when it held so many snapshots: the id of the last, and the root."""

    last_snapshot: int
    root: bytes


def milestones(database: Engine, sizes: Iterable[int]) -> dict[int, Milestone]:
    """The log at each of these sizes that it has reached, and at its size now. One pass, and no more in memory than the answer."""
    wanted, frontier, found, last = set(sizes), merkle.Frontier(), dict[int, Milestone](), 0
    for last, leaf in leaves_of(database):
        frontier = merkle.extend(frontier, (leaf,))
        if frontier.size in wanted:
            found[frontier.size] = Milestone(last, merkle.frontier_root(frontier))
    return found | {frontier.size: Milestone(last, merkle.frontier_root(frontier))}


def newest(database: Engine) -> tables.CheckpointRow | None:
    """The newest checkpoint, detached."""
    with Session(database, expire_on_commit=False) as session, session.begin():
        return session.scalar(select(tables.CheckpointRow).order_by(tables.CheckpointRow.id.desc()).limit(1))


def first_with(database: Engine, notice_id: int, n: int) -> tables.CheckpointRow | None:
    """The first checkpoint whose log contains the snapshot that revision `n` was read from, detached; None while nothing signed contains it."""
    revision, row = tables.RevisionRow, tables.CheckpointRow
    snapshot = select(revision.snapshot_id).where(revision.notice_id == notice_id, revision.n == n).scalar_subquery()
    with Session(database, expire_on_commit=False) as session, session.begin():
        return session.scalar(select(row).where(row.last_snapshot_id >= snapshot).order_by(row.id).limit(1))


def make_checkpoint(database: Engine, config: Config, now: datetime) -> tables.CheckpointRow:
    """Sign the log at its present size, in SQL and as a file; return the newest checkpoint if no snapshot was added since. Raises UnknownName when empty."""
    refuse_if_following(config.state_paths().following)  # its log is signed where it is followed
    [(size, log)] = milestones(database, ()).items()
    if not size:
        raise UnknownName(_("the archive contains no snapshot yet; there is nothing to sign"))
    last = newest(database)
    if last is not None and last.size == size and last.last_snapshot_id == log.last_snapshot:
        return write_missing_note(config, last)
    note = sign_checkpoint(_key(config, make=True), Checkpoint(config.origin, size, log.root, now))
    row = tables.CheckpointRow(made_at=now, size=size, last_snapshot_id=log.last_snapshot, root=log.root.hex(), note=note)
    with Session(database, expire_on_commit=False) as session, session.begin():
        session.add(row)
    _write_file(config, row)
    return row


def daily_checkpoint(database: Engine, config: Config, now: datetime) -> tables.CheckpointRow | None:
    """A checkpoint when the day (Asia/Shanghai) has none yet and there is something to sign."""
    if read_followed(config.state_paths().following) is not None:
        return None
    last = newest(database)
    if last is not None and (last.made_at + _SHANGHAI).date() == (now + _SHANGHAI).date():
        write_missing_note(config, last)  # a kill may have come between row and file
        return None
    with Session(database) as session, session.begin():
        if session.scalar(select(tables.SnapshotRow.id).limit(1)) is None:
            return None
    return make_checkpoint(database, config, now)


def write_missing_note(config: Config, row: tables.CheckpointRow) -> tables.CheckpointRow:
    """Write the row's note as a file if no file contains it; return the row."""
    if not _has_file(config, row):
        _write_file(config, row)
    return row


def _has_file(config: Config, row: tables.CheckpointRow) -> bool:
    wanted = row.note.encode()
    return any(path.is_file() and path.read_bytes() == wanted for path in folder_of(config).glob(f"{row.size:012d}*.txt"))


def _write_file(config: Config, row: tables.CheckpointRow) -> None:
    folder = folder_of(config)
    with file_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{row.size:012d}.txt"
        if path.exists() and path.read_bytes() != row.note.encode():  # another log had this size: its note is evidence and stays
            path = folder / f"{row.size:012d}-{row.made_at:%Y%m%dT%H%M%S%f}.txt"
        write_durably(path.with_suffix(".tmp"), row.note.encode())
        os.replace(path.with_suffix(".tmp"), path)
        sync_folder(folder)


def note_of(row: tables.CheckpointRow, key: str) -> Checkpoint:
    """The checkpoint in the row's note. Raises DamageFound when it is not signed by the key or disagrees with the row."""
    signed = verify_checkpoint(row.note, key)
    if (signed.size, signed.root.hex()) != (row.size, row.root):
        raise DamageFound(
            _("the row states size {size} and root {root}…, its note {noted_size} and {noted_root}…").format(
                size=row.size, root=row.root[:16], noted_size=signed.size, noted_root=signed.root.hex()[:16]
            )
        )
    return signed


def check_log(database: Engine, config: Config) -> Iterator[Finding]:
    """Everything that disagrees with the signed checkpoints, in rows and in files."""
    try:
        yield from _check_log(database, config)
    except DamageFound as error:  # a snapshot whose leaf cannot be worked out
        yield Finding("log", "unreadable", CheckpointLog(), str(error))


def _check_log(database: Engine, config: Config) -> Iterator[Finding]:
    files = {path.name: path for path in sorted(folder_of(config).glob("*.txt"))}  # before the rows: a row is written before its file
    rows = list[tables.CheckpointRow]()
    with Session(database, expire_on_commit=False) as session, session.begin():
        for ident in session.scalars(select(tables.CheckpointRow.id).order_by(tables.CheckpointRow.id)).all():
            try:
                rows.append(session.get_one(tables.CheckpointRow, ident))
            except DamageFound as error:
                yield Finding("log", "unreadable", CheckpointSubject(ident), str(error))
    if not rows and not files:
        return
    notes = [_read_note(path, config) for path in files.values()]
    log = milestones(database, [*(row.size for row in rows), *(signed.size for _, signed in notes if isinstance(signed, Checkpoint))])
    for row in rows:
        yield from _check_row(row, log, config)
    sizes = {row.size for row in rows}
    for path, signed in notes:
        yield from _check_note(CheckpointFile(path.name), signed, log, sizes)


def _check_row(row: tables.CheckpointRow, log: Mapping[int, Milestone], config: Config) -> Iterator[Finding]:
    subject = CheckpointSubject(row.id, row.made_at.date())
    if not _has_file(config, row):
        yield Finding(
            "log", "missing", subject, _("no file in checkpoints/ contains its note; it was {size:012d}.txt").format(size=row.size)
        )
    try:
        if may_read_key(config):
            note_of(row, public_key(config, row.note))
    except NoticesError as error:
        yield Finding("log", "signature", subject, str(error))
        return
    if row.timestamp_response and not _has_own_timestamp(row):
        yield Finding("log", "timestamp", subject, _("its timestamp is not about its note"))
    reached = log.get(row.size)
    if reached is None or reached.last_snapshot != row.last_snapshot_id:
        detail = _("it was signed over {size} snapshots up to number {last_snapshot_id}; they are not all there").format(
            size=row.size, last_snapshot_id=row.last_snapshot_id
        )
        yield Finding("log", "log", subject, detail)
    elif reached.root.hex() != row.root:
        yield Finding("log", "log", subject, _("the first {size} snapshots are not what was signed").format(size=row.size))


def _has_own_timestamp(row: tables.CheckpointRow) -> bool:
    from preservation.proofs.timestamp import is_timestamp_of  # start-up time: few archives have timestamps, and each crawl signs

    return is_timestamp_of(row.note, row.timestamp_response or "")


def _read_note(path: Path, config: Config) -> tuple[Path, Checkpoint | str]:
    """The checkpoint that a file's note signs, or why it signs none."""
    try:
        note = path.read_text(encoding="utf-8")
        return path, verify_checkpoint(note, public_key(config, note)) if may_read_key(config) else stated_checkpoint(note)
    except (NoticesError, OSError, UnicodeDecodeError) as error:
        return path, str(error)


def _check_note(subject: CheckpointFile, signed: Checkpoint | str, log: Mapping[int, Milestone], sizes: set[int]) -> Iterator[Finding]:
    if isinstance(signed, str):
        yield Finding("log", "signature", subject, signed)
        return
    if not subject.name.startswith(f"{signed.size:012d}"):
        yield Finding(
            "log",
            "log",
            subject,
            _("it contains the note of size {size}: it was renamed, or another was put in its place").format(size=signed.size),
        )
    if signed.size not in sizes:
        yield Finding(
            "log",
            "log",
            subject,
            _("no checkpoint row has its size {size}: the rows after it were lost or taken away").format(size=signed.size),
        )
    if signed.size not in log or log[signed.size].root != signed.root:
        signed_on = f"{signed.signed_at.astimezone(UTC):%Y-%m-%d}"
        yield Finding(
            "log",
            "log",
            subject,
            _("the first {size} snapshots are not what was signed on {signed_on}").format(size=signed.size, signed_on=signed_on),
        )
