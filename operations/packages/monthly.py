"""Data packages (Frictionless) of a source's month: notices as JSON Lines and CSV, described, each file with its digest."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Engine

from notices.version import PROGRAM
from operations.read.coverage import coverage, notices_of
from operations.read.export import COLUMNS, lines, rows
from pipeline.durable import file_errors, sync_folder

_BATCH = 50
_DAYS = frozenset({"published_date", "written_date", "effective_date", "expiry_date"})
_NUMBERS = frozenset({"id", "revision"})
_NO_PART_OF_A_NAME = re.compile(r"[^a-z0-9._-]")
_SUMS = "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class Package:
    """One package: its folder, and how many notices it contains."""

    folder: Path
    notices: int


def write_packages(database: Engine, target: Path, told: Callable[[Package], None] = lambda _: None) -> int:
    """Write `target`/<source>/<month>/ for every source and month; the number of packages. A file that stays the same is left as it is."""
    count = 0
    for each in coverage(database):
        folder = target / quote(each.source, safe="") / each.month
        with file_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            found = [_file(database, each.source, each.month, folder, form) for form in ("jsonl", "csv")]
            _description(folder, each.source, each.month, found)
            sync_folder(folder)
        told(Package(folder, each.notices))
        count += 1
    return count


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    size: int
    digest: str


def _ids(database: Engine, source: str, month: str) -> Iterator[Sequence[int]]:
    after = 0
    while found := notices_of(database, source, month, after, _BATCH):
        yield [each.id for each in found]
        after = found[-1].id


def _file(database: Engine, source: str, month: str, folder: Path, form: str) -> _File:
    """Write one file, line by line, and give it its name when it is whole."""
    name, digest, size = f"notices.{form}", hashlib.sha256(), 0
    temporary = folder / f"{name}.tmp"
    with temporary.open("wb") as handle:
        for line in lines(form, rows(database, _ids(database, source, month))):
            data = line.encode()
            handle.write(data)
            digest.update(data)
            size += len(data)
    _put(temporary, folder / name, digest.hexdigest())
    return _File(name, size, digest.hexdigest())


def _put(temporary: Path, place: Path, digest: str) -> None:
    if place.exists():
        with place.open("rb") as handle:
            if hashlib.file_digest(handle, "sha256").hexdigest() == digest:
                temporary.unlink()
                return
    temporary.replace(place)


def _description(folder: Path, source: str, month: str, found: Sequence[_File]) -> None:
    """datapackage.json and the list of digests, as sha256sum -c reads it."""
    fields = [{"name": name, "type": "date" if name in _DAYS else "integer" if name in _NUMBERS else "string"} for name in COLUMNS]
    formats = {"notices.jsonl": ("ndjson", "application/x-ndjson"), "notices.csv": ("csv", "text/csv")}
    resources = [
        {
            "name": each.name.replace(".", "-"), "path": each.name, "format": formats[each.name][0], "mediatype": formats[each.name][1], "encoding": "utf-8",
            "bytes": each.size, "hash": f"sha256:{each.digest}",
        }
        | ({"schema": {"fields": fields, "primaryKey": "id"}, "dialect": {"commentChar": "#"}, "profile": "tabular-data-resource"} if each.name.endswith("csv") else {})
        for each in found
    ]  # fmt: skip
    value = {
        "profile": "data-package", "name": _NO_PART_OF_A_NAME.sub("-", f"{source}-{month}".lower()), "title": f"{source} {month}",
        "sources": [{"title": source}], "contributors": [{"title": f"notices-archive {PROGRAM}", "role": "wrangler"}], "resources": resources,
    }  # fmt: skip
    data = json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"
    digests = [*((each.name, each.digest) for each in found), ("datapackage.json", hashlib.sha256(data).hexdigest())]
    _write(folder / "datapackage.json", data)
    _write(folder / _SUMS, "".join(f"{digest}  {name}\n" for name, digest in digests).encode())


def _write(place: Path, data: bytes) -> None:
    temporary = place.with_name(f"{place.name}.tmp")
    temporary.write_bytes(data)
    _put(temporary, place, hashlib.sha256(data).hexdigest())
