"""A consistent copy of a running archive, and its restoration: SQL, WARC series, keys, checkpoints and configuration.

<backup>/backup.json     its contents: name to [bytes, sha256] for every file outside warc/ (the manifests of the series attest warc/)
<backup>/notices.db      SQL, as of one moment
<backup>/warc/           the series, no older than SQL
<backup>/…               notices.toml, sources/, keys/, checkpoints/
The index is not in it: it is rebuilt from SQL.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from notices.config import Config
from notices.errors import BadInput, ConfigError, DamageFound
from notices.version import PROGRAM
from pipeline.durable import file_errors, sync_folder, write_durably
from pipeline.sql.database import database_errors
from pipeline.warc.series import copy_series

MANIFEST, DATABASE, WARC = "backup.json", "notices.db", "warc"
FORMAT = "notices-backup/1"
_COPIED = ("notices.toml", "aliases.toml", "catalogue.tsv", "sources", "keys", "checkpoints")
_PAGES = 1000
_LARGEST_MANIFEST = 64 << 20

Progress = Callable[[int], None]


def make_backup(config: Config, target: Path, progress: Progress = lambda _: None) -> int:
    """Copy the archive, while it is in use, into a new folder; return its bytes. The folder gets its name when it is complete."""
    if target.exists():
        raise BadInput(f"{target} exists already; name a new folder or file")
    partial = target.with_name(f"{target.name}.partial")
    with file_errors(target), database_errors(config.database):
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True, mode=0o700)
        _copy_database(config, partial / DATABASE, progress)
        # The series after SQL: every row's record is in it. Later records are registered when the copy is first used.
        if config.warc_dir.is_dir():
            copy_series(config.warc_dir, partial / WARC, progress)
        _copy_files(config.home, partial)
        write_durably(partial / MANIFEST, _manifest(partial))
        sync_folder(partial)
        os.replace(partial, target)
        sync_folder(target.parent)
    return sum(p.stat().st_size for p in target.rglob("*") if p.is_file())


def _copy_database(config: Config, target: Path, progress: Progress) -> None:
    """SQLite's own online backup: one moment of the database, whoever writes meanwhile."""
    if not config.database.startswith("sqlite:///"):
        raise ConfigError(
            f"backup copies SQLite databases; {urlsplit(config.database).scheme} has tools of its own: see docs/operations.md"
        )
    source = Path(config.database.removeprefix("sqlite:///"))
    if not source.is_file():
        raise BadInput(f"{source}: there is no archive to back up")
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy, pages=_PAGES, progress=lambda _status, _left, _total: progress(0))
        copy.execute("pragma journal_mode=delete")
    progress(target.stat().st_size)


def _copy_files(home: Path, target: Path) -> None:
    for name in _COPIED:
        source = home / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("*.tmp"))
        elif source.is_file():
            shutil.copy2(source, target / name)


def _manifest(folder: Path) -> bytes:
    files = {name: list(_summed(folder / name)) for name in _names(folder)}
    value = {"format": FORMAT, "made_at": datetime.now(UTC).isoformat(timespec="seconds"), "program": PROGRAM, "files": files}
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _names(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != MANIFEST and not name.startswith(f"{WARC}/"):
            yield name


def _summed(path: Path) -> tuple[int, str]:
    with path.open("rb") as handle:
        return path.stat().st_size, file_digest(handle, "sha256").hexdigest()


def pack(folder: Path, target: Path) -> int:
    """Put a backup folder into a tar file and remove the folder; return the file's bytes."""
    partial = target.with_name(f"{target.name}.partial")
    with file_errors(target):
        with tarfile.open(partial, "w") as tar:
            tar.add(folder, arcname=".")
        with partial.open("rb") as handle:
            os.fsync(handle.fileno())
        os.replace(partial, target)
        sync_folder(target.parent)
        shutil.rmtree(folder)
    return target.stat().st_size


def restore_backup(source: Path, home: Path) -> datetime:
    """Restore a backup folder or tar into an empty home; return when it was made. Raises BadInput or DamageFound; a failed one leaves no home."""
    if home.exists() and any(home.iterdir()):
        raise BadInput(f"{home} is not empty; restore into a new folder (NOTICES_HOME)")
    partial = home.with_name(f"{home.name}.partial")
    with file_errors(home):
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True, mode=0o700)
        try:
            unpack(source, partial)
            made_at = check_backup(partial)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        (partial / MANIFEST).unlink()
        if home.exists():
            home.rmdir()
        os.replace(partial, home)
        sync_folder(home.parent)
    return made_at


def unpack(source: Path, target: Path) -> None:
    """Copy a backup folder or tar into a folder. Raises BadInput for anything else."""
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True, symlinks=True)
    elif source.is_file():
        try:
            with tarfile.open(source) as tar:
                tar.extractall(target, filter="data")  # refuses paths that lead out, links that lead out, devices
        except (tarfile.TarError, EOFError) as error:
            raise BadInput(f"{source}: not a backup: {error}") from error
    else:
        raise BadInput(f"{source}: no such folder or file")


def check_backup(folder: Path) -> datetime:
    """When the backup was made. Raises DamageFound naming a file that is not as it was written, BadInput for anything but a backup."""
    try:
        value = json.loads((folder / MANIFEST).read_bytes()[:_LARGEST_MANIFEST])
        files, made_at = dict(value["files"]), datetime.fromisoformat(value["made_at"])
        stated = {str(PurePosixPath(name)): (int(size), str(digest)) for name, (size, digest) in files.items()}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BadInput(f"{folder}: not a backup: {MANIFEST}: {error}") from error
    if value.get("format") != FORMAT:
        raise BadInput(f"{folder}: format {value.get('format')!r}, not {FORMAT!r}")
    found = set(_names(folder))
    for name in sorted(stated.keys() | found):
        if name not in found:
            raise DamageFound(f"the backup lacks {name}")
        if name not in stated or _summed(folder / name) != stated[name]:
            raise DamageFound(f"the backup's {name} is not what was written")
    if any(path.is_symlink() for path in folder.rglob("*")):
        raise DamageFound(f"the backup {folder} contains links")
    return made_at
