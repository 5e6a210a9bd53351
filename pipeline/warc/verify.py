"""Verification of the series: every file against its manifest, every open file against its tail, every lane for gaps.

A writer may be at work meanwhile: bytes still being written are not yet promised, and names that are just changing are checked again.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from notices.errors import DamageFound
from notices.text.language import _
from pipeline.durable import file_error
from pipeline.warc.files import QUARANTINE, STORED, Entry, file_name, lane_in_use, listing, reading, stored_alone
from pipeline.warc.gzip_member import BadMember, Member, members_around_damage
from pipeline.warc.manifest import Manifest, Previous, Tail, advance, previous_of, read_manifest, read_tail
from pipeline.warc.record_file import Digested, RecordFile
from pipeline.warc.stored import stored_problem

_LOCK = re.compile(r"lane-\d{1,3}\.lock", re.ASCII)
_CHECKS = 20  # of a lane in use, a twentieth of a second apart, before a fault in its names is reported


@dataclass(frozen=True)
class Damage:
    """One thing that is not as it was written. `offset` is where in the file, or None when it concerns the whole file.

    `kind`: missing, extra, manifest, chain, length, digest, records, record, tail, sealed-damaged, or stored (the object of a file that is here too).
    """

    kind: str
    file: str
    offset: int | None
    detail: str


Seen = Callable[[str, Member], None]


@dataclass(frozen=True)
class Watch:
    """Who is told while a series is read: `progress` the bytes, `seen` every intact capture with its file, more than once when a file is checked again."""

    progress: Callable[[int], None] = lambda _: None
    seen: Seen = lambda _name, _member: None


def verify_series(
    folder: Path,
    progress: Callable[[int], None] = lambda _: None,
    seen: Seen = lambda _name, _member: None,
    unread: Container[str] | None = None,
) -> Iterator[Damage]:
    """Every damage in the series, reading every byte; `progress` and `seen` as in Watch. Nothing is changed.

    What is in a store comes last, and is read whole too; with `unread`, names of files that only a store has, of these and of the objects of
    files that are here nothing but what the store states is checked. Raises ServerAway, ConfigError.
    """
    if not folder.is_dir():
        return
    names = listing(folder)
    yield from _unexpected_files(folder, names)
    for lane in sorted({entry.lane for entry in names.values() if entry}):
        yield from _lane_names(folder, lane)
    watch = Watch(progress, seen)
    for name, entry in names.items():
        if entry and not entry.temporary and entry.suffix in ("", ".open"):
            yield from _check_file(folder, entry, name.removesuffix(".open"), watch)
    for name, entry in names.items():
        if entry and not entry.temporary and entry.suffix == STORED:
            yield from _check_stored(folder, entry, name.removesuffix(STORED), watch, unread)


def series_bytes(folder: Path, *, stored: bool = False) -> int:
    """How many bytes of the series are here, about; with `stored` also those that only a store has."""
    names = listing(folder) if folder.is_dir() else {}
    here = sum((folder / n).stat().st_size for n, e in names.items() if e and e.suffix in ("", ".open") and (folder / n).exists())
    manifests = [read_manifest(folder / f"{name}.json") for name in stored_alone(folder)] if stored else []
    return here + sum(manifest.length for manifest in manifests if manifest)


def _check_stored(folder: Path, entry: Entry, name: str, watch: Watch, unread: Container[str] | None) -> Iterator[Damage]:
    """A file that a store has: by what the store states of it, or read whole."""
    here = (folder / name).exists()
    problem = stored_problem(folder, name, whole=here and unread is None)
    if problem is not None:
        yield Damage("stored" if here else problem[0], name, None, problem[1])
    elif not here and (unread is None or name not in unread):
        yield from _check_file(folder, replace(entry, suffix=""), name, watch)
    elif not here and (manifest := read_manifest(folder / f"{name}.json")) is not None:
        yield from _compare(manifest, replace(manifest, name=name, previous=previous_of(folder, entry.lane, entry.serial)))


def _unexpected_files(folder: Path, names: dict[str, Entry | None]) -> Iterator[Damage]:
    for name, entry in names.items():
        if entry is None and not _LOCK.fullmatch(name) and name != QUARANTINE:
            yield Damage("extra", name, None, _("does not belong to the series"))


def _lane_names(folder: Path, lane: int) -> list[Damage]:
    """Faults in which files a lane has; reported when they stay while nothing changes."""
    before: dict[str, Entry | None] = {}
    found: list[Damage] = []
    for _attempt in range(_CHECKS):
        names = listing(folder)
        found = list(_gaps(names, lane))
        if not found or (names == before and not lane_in_use(folder, lane)):
            break
        before = names
        time.sleep(0.05)
    return found


def _gaps(names: dict[str, Entry | None], lane: int) -> Iterator[Damage]:
    have: dict[int, set[str]] = defaultdict(set)
    for entry in names.values():
        if entry and entry.lane == lane:
            have[entry.serial].add(entry.suffix + (".tmp" if entry.temporary else ""))
    expected = 1
    for serial in sorted(have):
        if serial > expected:
            yield Damage(
                "missing",
                file_name(lane, expected),
                None,
                _("no file has the serials {expected} to {serial} of lane {lane}").format(expected=expected, serial=serial - 1, lane=lane),
            )
        expected = serial + 1
        yield from _inconsistent_files(file_name(lane, serial), have[serial])
    if have and not any({".open", ".open.tmp"} & suffixes for suffixes in have.values()):
        yield Damage("missing", file_name(lane, expected), None, _("lane {lane} has no open file").format(lane=lane))


def _inconsistent_files(name: str, has: set[str]) -> Iterator[Damage]:
    """What is wrong with the set of files that share a serial."""
    if "" in has and ".open" in has:
        yield Damage("extra", f"{name}.open", None, _("the file is sealed already"))
    elif {"", STORED} & has and ".json" not in has:
        yield Damage("missing", f"{name}.json", None, _("the file has no manifest"))
    elif ".open" in has and ".tail" not in has:
        yield Damage("missing", f"{name}.tail", None, _("the open file has no tail"))
    elif not {"", ".open", ".open.tmp", STORED} & has and {".json", ".tail"} & has:
        yield Damage("missing", name, None, _("the file is gone, its manifest or tail is here"))


def _check_file(folder: Path, entry: Entry, name: str, watch: Watch) -> Iterator[Damage]:
    try:
        previous = previous_of(folder, entry.lane, entry.serial)
        if entry.suffix == ".open":
            yield from _check_open(folder, entry.lane, Tail(name, previous=previous), watch)
        else:
            yield from _check_sealed(folder, Tail(name, previous=previous), watch)
    except DamageFound as error:
        yield Damage("missing", name, None, str(error))
    except IsADirectoryError as error:
        yield Damage("missing", name, None, _("{name} is a folder, not a file").format(name=Path(error.filename or folder / name).name))
    except OSError as error:
        raise file_error(folder / name, error) from error


def _check_sealed(folder: Path, start: Tail, watch: Watch) -> Iterator[Damage]:
    manifest = read_manifest(folder / f"{start.name}.json")
    found: list[Damage] = []
    with reading(folder, start.name) as opened:
        file = Digested(opened)
        size = file.size
        read = _read_records(file, start, size, found, watch)
        digest = file.digest()
    yield from found
    if manifest is None:
        yield Damage("manifest", f"{start.name}.json", None, _("not a manifest"))
    else:
        actual = Manifest(start.name, size, digest, read.records, read.first_date, read.last_date, start.previous, manifest.damage)
        yield from _compare(manifest, actual)


def _compare(stated: Manifest, actual: Manifest) -> Iterator[Damage]:
    """One damage for each field of the manifest that the file contradicts."""
    kinds = {"length": "length", "sha256": "digest", "records": "records", "previous": "chain"}
    for field in ("name", "length", "sha256", "records", "first_date", "last_date", "previous"):
        said, found = getattr(stated, field), getattr(actual, field)
        if said != found:
            yield Damage(kinds.get(field, "manifest"), actual.name, None, f"{field}: stated {_shown(said)}, found {_shown(found)}")
    if stated.damage is not None:
        yield Damage("sealed-damaged", actual.name, None, stated.damage)


def _shown(value: object) -> str:
    return f"{value.name} {value.sha256}" if isinstance(value, Previous) else str(value)


def _check_open(folder: Path, lane: int, start: Tail, watch: Watch) -> Iterator[Damage]:
    """The first bytes of an open file, as far as its tail goes; bytes beyond it were never promised to anyone."""
    found: list[Damage] = []
    for _attempt in range(3):  # a writer that undoes a failed write moves the tail back
        stated = _live_tail(folder, lane, start.name)
        if not (folder / f"{start.name}.open").exists() and (folder / start.name).exists():
            found = list(_check_sealed(folder, start, watch))
            break
        found = list(_against_tail(folder, start, stated, watch))
        if not found or stated == read_tail(folder / f"{start.name}.tail"):
            break
    yield from found


def _live_tail(folder: Path, lane: int, name: str) -> Tail | None:
    """The tail, read again when a writer was just rewriting it."""
    for _attempt in range(_CHECKS):
        tail = read_tail(folder / f"{name}.tail")
        if tail is not None or not lane_in_use(folder, lane):
            break
        time.sleep(0.05)
    return tail


def _against_tail(folder: Path, start: Tail, stated: Tail | None, watch: Watch) -> Iterator[Damage]:
    found: list[Damage] = []
    with reading(folder, start.name) as file:
        size = file.size
        end = min(size, stated.length) if stated else size
        read = _read_records(file, start, end, found, watch)
    yield from found
    if stated is None:
        yield Damage("tail", f"{start.name}.tail", None, _("not a tail"))
    elif size < stated.length:
        yield Damage("length", start.name, size, _("{size} bytes, the tail states {length}").format(size=size, length=stated.length))
    elif read.previous != stated.previous:
        yield Damage("chain", start.name, None, f"previous: stated {_shown(stated.previous)}, found {_shown(read.previous)}")
    elif read != stated and not found:
        yield Damage(
            "tail",
            start.name,
            None,
            _("the tail states {records} records up to {length}, other bytes are there").format(
                records=stated.records, length=stated.length
            ),
        )


def _read_records(file: RecordFile, tail: Tail, end: int, found: list[Damage], watch: Watch) -> Tail:
    """The tail over all intact records; the others are added to `found`."""
    for item in members_around_damage(file, 0, end):
        if isinstance(item, BadMember):
            found.append(Damage("record", tail.name, item.offset, str(item)))
            continue
        if item.offset == 0 and item.record.filename != tail.name:
            found.append(
                Damage("extra", tail.name, 0, _("the first record names the file {filename}").format(filename=item.record.filename))
            )
        tail = advance(tail, item.length, item.digest, item.record.date if item.record.capture else None)
        if item.record.capture:
            watch.seen(tail.name, item)
        watch.progress(item.length)
    return tail


def unsettled(folder: Path) -> Iterator[Damage]:
    """Open files of lanes at rest that are longer than their tail states: the work of a crash, or of somebody who added bytes."""
    for name, entry in (listing(folder) if folder.is_dir() else {}).items():
        if not entry or entry.temporary or entry.suffix != ".open" or lane_in_use(folder, entry.lane):
            continue
        stated, size = read_tail(folder / f"{name.removesuffix('.open')}.tail"), (folder / name).stat().st_size
        if stated is not None and size > stated.length:
            more = _("{size} bytes that no tail attests: left by a crash, then the next run repairs it, or added by somebody").format(
                size=size - stated.length
            )
            yield Damage("unsettled", name.removesuffix(".open"), stated.length, more)
