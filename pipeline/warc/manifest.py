"""What attests a WARC file from outside: the manifest of a sealed file, the tail of an open one.

Both are JSON in one fixed rendering, and every value in them can be computed again from the file; so verification renders
them again and compares bytes. Each names the SHA-256 of the manifest before it in its lane: a lane is a hash chain.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from pipeline.durable import write_durably
from pipeline.warc.files import file_name, reading
from pipeline.warc.gzip_member import BadMember, members
from pipeline.warc.record_file import RecordFile

_CHUNK = 1 << 20
TAIL_SIZE = 512  # one sector, written in place; its check tells when a write was cut all the same


@dataclass(frozen=True)
class Previous:
    """The sealed file before this one in its lane, by the SHA-256 of its manifest."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Tail:
    """The state of an open file's first `length` bytes. `chain` folds in the SHA-256 of each member, in order."""

    name: str
    length: int = 0
    records: int = 0
    chain: str = ""
    first_date: str | None = None
    last_date: str | None = None
    previous: Previous | None = None


@dataclass(frozen=True)
class Manifest:
    """The state of a sealed file. `damage` says what was already wrong when it was sealed; null for an intact file."""

    name: str
    length: int
    sha256: str
    records: int
    first_date: str | None
    last_date: str | None
    previous: Previous | None
    damage: str | None = None


def advance(tail: Tail, length: int, digest: bytes, date: str | None) -> Tail:
    """The tail after one more record: its compressed length and SHA-256, its date (None for the warcinfo)."""
    dates = [date] if date else []
    return replace(
        tail,
        length=tail.length + length,
        records=tail.records + 1,
        chain=sha256(bytes.fromhex(tail.chain) + digest).hexdigest(),
        first_date=min([d for d in (tail.first_date,) if d] + dates, default=None),
        last_date=max([d for d in (tail.last_date,) if d] + dates, default=None),
    )


def render_tail(tail: Tail) -> bytes:
    """The tail file's bytes, always TAIL_SIZE of them; the last value is the CRC-32 of the others."""
    plain = _unchecked(tail)
    return (plain[:-1] + b',"check":"%08x"}' % zlib.crc32(plain)).ljust(TAIL_SIZE - 1) + b"\n"


def _unchecked(tail: Tail) -> bytes:
    return json.dumps(asdict(tail), separators=(",", ":")).encode()


def render_manifest(manifest: Manifest) -> bytes:
    """The manifest file's bytes."""
    return (json.dumps(asdict(manifest), indent=1) + "\n").encode()


def read_tail(path: Path) -> Tail | None:
    """The tail that a file states, or None when it states none that can be read."""
    values = _read_object(path)
    try:
        check = values.pop("check", None) if values else None
        tail = Tail(**{**values, "previous": _previous(values)}) if values else None
        if tail and check is None:  # as earlier versions wrote it
            return tail if _unchecked(tail).ljust(TAIL_SIZE - 1) + b"\n" == path.read_bytes() else None
        return tail if tail and render_tail(tail) == path.read_bytes() else None
    except (TypeError, ValueError, OSError):
        return None


def read_manifest(path: Path) -> Manifest | None:
    """The manifest that a file states, or None when it states none that can be read."""
    values = _read_object(path)
    try:
        manifest = Manifest(**{**values, "previous": _previous(values)}) if values else None
        return manifest if manifest and render_manifest(manifest) == path.read_bytes() else None
    except (TypeError, ValueError, OSError):
        return None


def _read_object(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _previous(values: dict[str, Any]) -> Previous | None:
    stated = values.get("previous")
    return Previous(**stated) if isinstance(stated, dict) else None


def previous_of(folder: Path, lane: int, serial: int) -> Previous | None:
    """The link to the newest manifest before `serial`; None for the first file of a lane."""
    for earlier in range(serial - 1, 0, -1):
        name = file_name(lane, earlier)
        if (manifest := folder / f"{name}.json").exists():
            return Previous(name, sha256(manifest.read_bytes()).hexdigest())
    return None


def survey(file: RecordFile, tail: Tail, end: int) -> tuple[Tail, BadMember | None]:
    """The tail after the whole records up to `end`, and the first that is not whole, if any."""
    try:
        for member in members(file, tail.length, end):
            if tail.records == 0 and member.record.filename != tail.name:
                raise BadMember(0, f"the file does not begin with the warcinfo of {tail.name}")
            tail = advance(tail, member.length, member.digest, member.record.date if member.record.capture else None)
    except BadMember as error:
        return tail, error
    return tail, None


def describe(folder: Path, name: str, previous: Previous | None, promised: Tail | None = None) -> Manifest:
    """The manifest of the file as it is now; `damage` names the first fault."""
    with reading(folder, name) as file:
        end = file.size
        tail, bad = survey(file, Tail(name, previous=previous), min(promised.length if promised else 0, end))
        kept = bad is not None or promised is None or tail == promised
        if bad is None:
            tail, bad = survey(file, tail, end)
        digest = file_digest(file)
    damage = f"offset {bad.offset}: {bad}" if bad else None if kept else "it does not contain what its tail states"
    return Manifest(name, end, digest, tail.records, tail.first_date, tail.last_date, previous, damage)


def file_digest(file: RecordFile, progress: Callable[[int], None] = lambda _: None) -> str:
    """SHA-256 of the whole file, in hex."""
    digest, place = sha256(), 0
    while chunk := file.at(place, _CHUNK):
        digest.update(chunk)
        place += len(chunk)
        progress(len(chunk))
    return digest.hexdigest()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a file, durably."""
    write_durably(folder / f"{manifest.name}.json", render_manifest(manifest))
