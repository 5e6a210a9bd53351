"""WARC files in a store. A note beside the manifest says where the store has the file; the local copy may go then, and readers read the store's.

<store>/notices-<lane>-<serial>.warc.gz         a sealed file, whole
<store>/notices-<lane>-<serial>.warc.gz.json    its manifest, after the file was read back
<store>/series.json                             whose files these are, and each with its length and digest: the last object of every upload

A kill between any two leaves objects that nothing names; the next upload takes them up. No object is ever deleted.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Literal

from notices.errors import DamageFound, ForeignPart
from notices.text.language import _
from pipeline.durable import file_errors, pwrite_all, sync_folder, write_durably
from pipeline.warc.files import STORED, listing, to_quarantine
from pipeline.warc.manifest import Manifest, file_digest, read_manifest
from pipeline.warc.record_file import LocalFile, RecordFile
from pipeline.warc.store import Store

SERIES = "series.json"
FORMAT = "notices-series/1"
Progress = Callable[[int], None]


Outcome = Literal["uploaded", "there", "dropped", "failed"]


@dataclass(frozen=True)
class Sent:
    """A file of an upload: what was done with it, and why not if something was wrong."""

    name: str
    length: int
    outcome: Outcome
    problem: str = ""


@dataclass(frozen=True)
class Upload:
    """What an upload is told: the archive's id, whether to read back what earlier ones stored, and whether to delete local copies."""

    archive: str
    check: bool = False
    drop_local: bool = False


class _StoredFile:
    """A file that is read in the store; where the object is missing, this says so."""

    def __init__(self, store: Store, name: str) -> None:
        self._store, self._name, self._file = store, name, store.opened(name)

    @property
    def size(self) -> int:
        """How many bytes the object has."""
        with _named(self._store, self._name):
            return self._file.size

    def at(self, place: int, size: int) -> bytes:
        """Bytes from `place` on."""
        with _named(self._store, self._name):
            return self._file.at(place, size)


@contextmanager
def _named(store: Store, name: str) -> Iterator[None]:
    """Raises DamageFound in place of FileNotFoundError."""
    try:
        yield
    except FileNotFoundError as error:
        raise DamageFound(_("{place}: the store has no such object").format(place=f"{store.address}/{name}")) from error


def note_of(folder: Path, name: str) -> str | None:
    """The store that has the file, by the note beside it; None without a note that can be read."""
    try:
        value = json.loads((folder / f"{name}{STORED}").read_bytes())
        return str(value["store"]) if value["name"] == name else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def stores_of(folder: Path) -> set[str]:
    """The addresses of all notes in a folder."""
    names = listing(folder) if folder.is_dir() else {}
    noted = {note_of(folder, name.removesuffix(STORED)) for name, entry in names.items() if entry and entry.suffix == STORED}
    return {address for address in noted if address}


def stored_file(folder: Path, name: str) -> RecordFile:
    """A file that only the store has. Raises DamageFound, ConfigError or ServerAway, at once or when it is read."""
    address = note_of(folder, name)
    if address is None:
        raise DamageFound(_("{file}: not the note of a stored file").format(file=folder / f"{name}{STORED}"))
    return _StoredFile(Store(address), name)


def stored_problem(folder: Path, name: str, *, whole: bool = False) -> tuple[str, str] | None:
    """What is wrong with a stored file by what the store states of it, or its bytes if `whole`: a kind of damage and a sentence; None for nothing."""
    address, manifest = note_of(folder, name), read_manifest(folder / f"{name}.json")
    if address is None:
        return "manifest", _("{file}: not the note of a stored file").format(file=f"{name}{STORED}")
    if manifest is None:
        return "manifest", _("not a manifest")
    store = Store(address)
    wrong = _problem(store, manifest)
    if wrong is None and whole and not _intact(store, manifest, lambda _: None):
        return "digest", _wrong_bytes(store, name)
    return wrong


def _problem(store: Store, manifest: Manifest) -> tuple[str, str] | None:
    place, head = f"{store.address}/{manifest.name}", store.head(manifest.name)
    if head is None:
        return "missing", _("{place}: the store has no such object").format(place=place)
    if head.sha256 not in (manifest.sha256, None):  # a copy from store to store may have lost what we said of it
        return "digest", _("{place}: stored with the digest {found}, the manifest states {stated}").format(
            place=place, found=head.sha256, stated=manifest.sha256
        )
    if head.size != manifest.length:
        return "length", _("{place}: {size} bytes, the manifest states {length}").format(
            place=place, size=head.size, length=manifest.length
        )
    return None


def upload_series(folder: Path, store: Store, upload: Upload, progress: Progress = lambda _: None) -> Iterator[Sent]:
    """Store every sealed file that the store does not have, each read back before its manifest follows; `progress` is given bytes sent and read back.

    A file that cannot be stored is told and left out, all others are stored. Raises ForeignPart for a store of another archive.
    """
    store.check()
    series = _series(store, upload.archive)
    before = dict(series)
    for name, manifest in _sealed(folder):
        try:
            outcome = _send(folder, store, manifest, upload, progress)
        except (DamageFound, FileExistsError) as error:
            yield Sent(name, manifest.length, "failed", str(error))
            continue
        series[name] = [manifest.length, manifest.sha256]
        yield Sent(name, manifest.length, outcome)
    if series != before or not before:
        data = json.dumps({"format": FORMAT, "archive": upload.archive, "files": series}, indent=1).encode()
        store.put(data, SERIES, sha256(data).hexdigest())


def _series(store: Store, archive: str) -> dict[str, list[int | str]]:
    """The files that the store's own manifest names. Raises ForeignPart or DamageFound."""
    data = store.get(SERIES)
    if data is None:
        return {}
    try:
        value = json.loads(data)
        known, owner = {str(name): list(stated) for name, stated in value["files"].items()}, str(value["archive"])
        right = value["format"] == FORMAT
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        right = False
    if not right:
        raise DamageFound(_("{place}: not the manifest of a series").format(place=f"{store.address}/{SERIES}"))
    if owner != archive:
        raise ForeignPart(
            _("the store {address} belongs to the archive {owner}, this one is {archive}").format(
                address=store.address, owner=owner, archive=archive
            )
        )
    return known


def _sealed(folder: Path) -> Iterator[tuple[str, Manifest]]:
    """Every sealed file that is here or noted, with its manifest; one without an intact manifest is for verify to name."""
    names = listing(folder) if folder.is_dir() else {}
    for name in sorted({n.removesuffix(STORED) for n, e in names.items() if e and e.suffix in ("", STORED) and not e.temporary}):
        if (manifest := read_manifest(folder / f"{name}.json")) is not None:
            yield name, manifest


def _send(folder: Path, store: Store, manifest: Manifest, upload: Upload, progress: Progress) -> Outcome:
    name, here = manifest.name, (folder / manifest.name).exists()
    noted = note_of(folder, name) == store.address
    wrong = _problem(store, manifest)
    if noted and wrong is None and not upload.check and not (here and upload.drop_local):
        return "there"
    outcome: Outcome = "there"
    if wrong is not None or not _intact(store, manifest, progress):
        if not here:
            raise DamageFound(wrong[1] if wrong else _wrong_bytes(store, name))
        _store_whole(folder, store, manifest, noted=noted)
        progress(manifest.length)
        if not _intact(store, manifest, progress):
            raise DamageFound(_wrong_bytes(store, name))
        outcome = "uploaded"
    _note(folder, store, manifest)
    if here and upload.drop_local:
        with file_errors(folder / name):
            (folder / name).unlink()
            sync_folder(folder)
        return "dropped"
    return outcome


def store_again(folder: Path, name: str) -> None:
    """Store a file that is here once more, in place of the damaged or missing object that its note names. Raises DamageFound, ConfigError, ServerAway."""
    address, manifest = note_of(folder, name), read_manifest(folder / f"{name}.json")
    if address is None or manifest is None:
        raise DamageFound(_("{file}: not the note of a stored file").format(file=folder / f"{name}{STORED}"))
    store = Store(address)
    _store_whole(folder, store, manifest, noted=True)
    if not _intact(store, manifest, lambda _: None):
        raise DamageFound(_wrong_bytes(store, name))
    _note(folder, store, manifest)


def _note(folder: Path, store: Store, manifest: Manifest) -> None:
    """The manifest follows its file; the note here is last."""
    data = (folder / f"{manifest.name}.json").read_bytes()
    store.put(data, f"{manifest.name}.json", sha256(data).hexdigest())
    note = {"name": manifest.name, "store": store.address, "length": manifest.length, "sha256": manifest.sha256}
    with file_errors(folder):
        write_durably(folder / f"{manifest.name}{STORED}", (json.dumps(note, indent=1) + "\n").encode())


def _store_whole(folder: Path, store: Store, manifest: Manifest, *, noted: bool) -> None:
    """The local file as an object. Raises DamageFound where the file here is damaged, or the object is of somebody else; FileExistsError."""
    path, name = folder / manifest.name, manifest.name
    with file_errors(path), path.open("rb") as file:
        if file_digest(LocalFile(file.fileno())) != manifest.sha256:
            raise DamageFound(_("{path}: not the bytes that its manifest states; notices verify names the damage").format(path=path))
    head = store.head(name)
    if head is None:
        store.put_file(path, name, manifest.sha256)
    elif head.sha256 == manifest.sha256 or (head.sha256 is None and noted):  # ours, and damaged
        store.replace_file(path, name, manifest.sha256)
    else:
        raise DamageFound(_("{place}: another file has this name there; nothing is replaced").format(place=f"{store.address}/{name}"))


def _wrong_bytes(store: Store, name: str) -> str:
    return _("{place}: read back with another digest than the manifest states").format(place=f"{store.address}/{name}")


def _intact(store: Store, manifest: Manifest, progress: Progress) -> bool:
    """Whether the object has the bytes that the manifest states; all of them are read."""
    return file_digest(_StoredFile(store, manifest.name), progress) == manifest.sha256


def fetch_file(folder: Path, name: str, now: datetime, progress: Progress = lambda _: None) -> int:
    """Bring a stored file back, its digest checked; a file of that name which is damaged goes to quarantine. Its bytes; 0 where it is here.

    Raises DamageFound, ConfigError or ServerAway; the file that is here stays then.
    """
    manifest, path = read_manifest(folder / f"{name}.json"), folder / name
    if manifest is None:
        raise DamageFound(_("{name}: it has no manifest").format(name=name))
    with file_errors(path):
        if path.exists():
            with path.open("rb") as file:
                if file_digest(LocalFile(file.fileno())) == manifest.sha256:
                    return 0
        _copy_back(stored_file(folder, name), manifest, folder / f"{name}.tmp", progress)
        if path.exists():
            to_quarantine(folder, path, now)
        os.replace(folder / f"{name}.tmp", path)
        sync_folder(folder)
    return manifest.length


def _copy_back(source: RecordFile, manifest: Manifest, target: Path, progress: Progress) -> None:
    out = os.open(target, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        place = 0
        while chunk := source.at(place, 1 << 20):
            pwrite_all(out, chunk, place)
            place += len(chunk)
            progress(len(chunk))
        os.fsync(out)
        if file_digest(LocalFile(out)) != manifest.sha256:
            raise DamageFound(_("{name}: the store's bytes are not those that the manifest states").format(name=manifest.name))
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    finally:
        os.close(out)
