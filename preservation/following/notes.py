"""The other archive's signed notes, as files in following/: each as it was seen, with a cosignature once everything under it was taken and proved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from notices.archive_id import Followed, read_followed
from notices.config import Config
from notices.errors import DamageFound, NoticesError
from notices.text.language import _
from pipeline.durable import file_errors, sync_folder, write_durably
from preservation.findings import CheckpointFile, Finding
from preservation.following.kept_log import kept_leaves, read_withheld
from preservation.proofs import merkle
from preservation.proofs.cosigning import KEY, cosign, cosigned_at, witness_key
from preservation.proofs.signing import Checkpoint, open_key, verify_checkpoint


@dataclass(frozen=True, slots=True)
class Note:
    """A note as its file has it: what it signs, and when this archive cosigned it; None while not all under it was taken."""

    text: str
    checkpoint: Checkpoint
    cosigned_at: datetime | None


def public_witness_key(config: Config) -> str:
    """The key that verifies this archive's cosignatures; the pair is made on first use."""
    return witness_key(open_key(config.state_paths().keys, name=KEY), config.origin)


def keep_note(config: Config, note: str, checkpoint: Checkpoint, now: datetime | None = None) -> Note:
    """Keep a note that was verified; with a time it is cosigned."""
    folder = config.state_paths().following
    if now is not None:
        note = cosign(open_key(config.state_paths().keys, name=KEY), config.origin, note, now)
    path = folder / f"{checkpoint.size:012d}.txt"
    with file_errors(path):
        folder.mkdir(parents=True, exist_ok=True)
        write_durably(path, note.encode())
        sync_folder(folder)
    return Note(note, checkpoint, now)


def notes(config: Config, followed: Followed) -> Iterator[tuple[Path, Note | str]]:
    """Every note, the newest first, or why a file contains none."""
    folder = config.state_paths().following
    for path in sorted(folder.glob("[0-9]*.txt"), reverse=True):
        try:
            text = path.read_text(encoding="utf-8")
            yield path, Note(text, verify_checkpoint(text, followed.public_key), _own_cosignature(config, text))
        except (NoticesError, OSError, UnicodeDecodeError) as error:
            yield path, str(error)


def _own_cosignature(config: Config, text: str) -> datetime | None:
    """When this archive cosigned it. Under an earlier name or key it did not: it is cosigned again."""
    try:
        return cosigned_at(text, public_witness_key(config)) if (config.state_paths().keys / KEY).exists() else None
    except NoticesError:
        return None


def newest_note(config: Config, *, cosigned: bool = False) -> Note | None:
    """The newest note that was seen, or the newest cosigned one. Raises DamageFound for a file that is no note of the archive that is followed."""
    followed = read_followed(config.state_paths().following)
    for path, note in notes(config, followed) if followed else ():
        if isinstance(note, str):
            raise DamageFound(f"{path}: {note}")
        if note.cosigned_at is not None or not cosigned:
            return note
    return None


def check_followed(database: Engine, config: Config) -> Iterator[Finding]:
    """Where what this archive contains is not what the archive that it follows signed."""
    followed = read_followed(config.state_paths().following)
    if followed is None:
        return
    try:
        found = list(notes(config, followed))
        sizes, roots, frontier = {n.checkpoint.size for _path, n in found if isinstance(n, Note)}, dict[int, bytes](), merkle.Frontier()
        for _ident, leaf in kept_leaves(database, read_withheld(config.state_paths().following)):
            frontier = merkle.extend(frontier, (leaf,))
            if frontier.size in sizes:
                roots[frontier.size] = merkle.frontier_root(frontier)
    except DamageFound as error:
        yield Finding("log", "unreadable", CheckpointFile("following"), str(error))
        return
    for path, note in found:
        subject = CheckpointFile(path.name)
        if isinstance(note, str):
            yield Finding("log", "signature", subject, note)
        elif (note.cosigned_at is not None or note.checkpoint.size in roots) and roots.get(note.checkpoint.size) != note.checkpoint.root:
            detail = _("the first {size} entries are not what {url} signed").format(size=note.checkpoint.size, url=followed.url)
            yield Finding("log", "log", subject, detail)
