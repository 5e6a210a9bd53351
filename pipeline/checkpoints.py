"""Signed checkpoints of the Merkle log over all snapshots: one a day, in SQL and as files beside it; and the check of them all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from notices.config import Config
from notices.errors import DamageFound, NoticesError, UnknownName
from pipeline import merkle, models
from pipeline.signing import Checkpoint, open_key, sign_checkpoint, verifier_key, verify_checkpoint
from pipeline.warc_files import file_errors, sync_folder, write_durably

_SHANGHAI = timedelta(hours=8)


def folder_of(config: Config) -> Path:
    """Where the signed notes lie as files, to be copied elsewhere."""
    return config.home / "checkpoints"


def public_key(config: Config, note: str | None = None) -> str:
    """The archive's public key, to be published elsewhere, under today's origin or that of a note; the key pair is made on first use."""
    return verifier_key(open_key(config.home / "keys"), note.partition("\n")[0] if note else config.origin)


def log_of(database: Engine, last_snapshot: int | None = None) -> tuple[list[int], list[bytes]]:
    """Ids and leaf hashes of all snapshots, or of those up to one, in order of their ids. Raises DamageFound for a row that has no digest."""
    columns = models.Snapshot.id, models.Snapshot.payload_digest, models.Snapshot.url, models.Snapshot.fetched_at
    query = select(*columns).order_by(models.Snapshot.id).execution_options(yield_per=5000)
    if last_snapshot is not None:
        query = query.where(models.Snapshot.id <= last_snapshot)
    ids, leaves = [], []
    with Session(database) as session, session.begin():
        for ident, digest, url, fetched_at in session.execute(query):
            ids.append(ident)
            try:
                leaves.append(merkle.leaf(digest, url, fetched_at))
            except ValueError as error:
                raise DamageFound(f"snapshot {ident}: {error}") from error
    return ids, leaves


def newest(database: Engine) -> models.Checkpoint | None:
    """The newest checkpoint, detached."""
    with Session(database, expire_on_commit=False) as session, session.begin():
        return session.scalar(select(models.Checkpoint).order_by(models.Checkpoint.id.desc()).limit(1))


def make_checkpoint(database: Engine, config: Config, now: datetime) -> models.Checkpoint:
    """Sign the log as it stands and keep the note in SQL and as a file; the newest one when nothing came since. Raises UnknownName when empty."""
    ids, leaves = log_of(database)
    if not ids:
        raise UnknownName("the archive holds no snapshot yet; there is nothing to sign")
    last = newest(database)
    if last is not None and last.size == len(ids) and last.last_snapshot_id == ids[-1]:
        return last
    root = merkle.root(leaves)
    note = sign_checkpoint(open_key(config.home / "keys"), Checkpoint(config.origin, len(ids), root, now))
    row = models.Checkpoint(made_at=now, size=len(ids), last_snapshot_id=ids[-1], root=root.hex(), note=note)
    with Session(database, expire_on_commit=False) as session, session.begin():
        session.add(row)
    _write_file(config, row)
    return row


def daily_checkpoint(database: Engine, config: Config, now: datetime) -> models.Checkpoint | None:
    """A checkpoint when the day (Asia/Shanghai) has none yet and there is something to sign."""
    last = newest(database)
    if last is not None and (last.made_at + _SHANGHAI).date() == (now + _SHANGHAI).date():
        return None
    with Session(database) as session, session.begin():
        if session.scalar(select(models.Snapshot.id).limit(1)) is None:
            return None
    return make_checkpoint(database, config, now)


def _write_file(config: Config, row: models.Checkpoint) -> None:
    folder = folder_of(config)
    with file_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{row.size:012d}.txt"
        write_durably(path.with_suffix(".tmp"), row.note.encode())
        os.replace(path.with_suffix(".tmp"), path)
        sync_folder(folder)


def note_of(row: models.Checkpoint, key: str) -> Checkpoint:
    """What the row's note says. Raises DamageFound when it is not signed by the key or says something else than the row."""
    signed = verify_checkpoint(row.note, key)
    if (signed.size, signed.root.hex()) != (row.size, row.root):
        raise DamageFound(f"the row states size {row.size} and root {row.root[:16]}…, its note {signed.size} and {signed.root.hex()[:16]}…")
    return signed


def check_log(database: Engine, config: Config) -> Iterator[tuple[str, str, str]]:
    """(kind, place, detail) of everything that does not agree with what was signed, in rows and files."""
    files = {path.name: path for path in sorted(folder_of(config).glob("*.txt"))}  # before the rows: a row is written before its file
    rows = list[models.Checkpoint]()
    with Session(database, expire_on_commit=False) as session, session.begin():
        for ident in session.scalars(select(models.Checkpoint.id).order_by(models.Checkpoint.id)).all():
            try:
                rows.append(session.get_one(models.Checkpoint, ident))
            except DamageFound as error:
                yield "unreadable", f"checkpoint {ident}", str(error)
    if not rows and not files:
        return
    ids, leaves = log_of(database)
    built = merkle.levels(leaves)
    for row in rows:
        yield from _check_row(row, ids, built, config)
    sizes = {row.size for row in rows}
    for path in files.values():
        yield from _check_note(path, built, config, sizes)


def _check_row(row: models.Checkpoint, ids: list[int], built: merkle.Levels, config: Config) -> Iterator[tuple[str, str, str]]:
    place = f"checkpoint {row.id} ({row.made_at:%Y-%m-%d})"
    try:
        note_of(row, public_key(config, row.note))
    except NoticesError as error:
        yield "signature", place, str(error)
        return
    if row.size > len(ids) or ids[row.size - 1] != row.last_snapshot_id:
        yield "log", place, f"it was signed over {row.size} snapshots up to number {row.last_snapshot_id}; they are not all there"
    elif merkle.root_at(built, row.size).hex() != row.root:
        yield "log", place, f"the first {row.size} snapshots are not what was signed"


def _check_note(path: Path, built: merkle.Levels, config: Config, sizes: set[int]) -> Iterator[tuple[str, str, str]]:
    place = f"checkpoints/{path.name}"
    try:
        note = path.read_text(encoding="utf-8")
        signed = verify_checkpoint(note, public_key(config, note))
    except (NoticesError, OSError, UnicodeDecodeError) as error:
        yield "signature", place, str(error)
        return
    if signed.size not in sizes:
        yield "log", place, f"no checkpoint row has its size {signed.size}: the rows after it were lost or taken away"
    if signed.size > len(built[0]) or merkle.root_at(built, signed.size) != signed.root:
        yield "log", place, f"the first {signed.size} snapshots are not what was signed on {signed.signed_at.astimezone(UTC):%Y-%m-%d}"
