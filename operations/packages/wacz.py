"""Archived pages of notices as one WACZ file (Web Archive Collection Zipped 1.1.1): the records as they are in the series, an index of them, and a list of pages.

The file is written from front to end, in constant memory: what the end needs is kept in temporary files.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO
from urllib.parse import urlsplit

from sqlalchemy import Engine, select
from sqlalchemy.orm import selectinload

from notices.config import Config
from notices.errors import UnknownName
from notices.text.display import masked
from notices.version import PROGRAM
from operations.read.original import original_of
from pipeline.snapshots import payload_place
from pipeline.sql import tables
from pipeline.sql.database import archive_id, for_reading
from pipeline.sql.withheld import reading, withheld
from pipeline.warc.series import compress, encode_warcinfo
from pipeline.warc.series import reading as reading_series

_DATA, _INDEX, _PAGES = "archive/data.warc.gz", "indexes/index.cdx", "pages/pages.jsonl"
_PIECE = 1 << 20
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # of a ZIP; a package of the same notices is the same but for the time in its description


@dataclass(frozen=True, slots=True)
class Packing:
    """An archive to be packed. With `mask` (for strangers) pages and files with personal data, or with a passage that was taken down, are left out."""

    config: Config
    database: Engine
    title: str
    mask: bool = True


@dataclass(slots=True)
class Packed:
    """How many pages and records the file contains, and how many notices have none in it; `personal` of them because of personal data."""

    pages: int = 0
    records: int = 0
    without_page: int = 0
    personal: int = 0


@dataclass(slots=True)
class _Member:
    """A member of the file while it is written: its bytes and their digest."""

    name: str
    size: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    def described(self) -> dict[str, object]:
        return {"name": self.name.rpartition("/")[2], "path": self.name, "hash": f"sha256:{self.digest.hexdigest()}", "bytes": self.size}


class _Wacz:
    """The ZIP, and the lists that come behind the records."""

    def __init__(self, out: IO[bytes], folder: str) -> None:
        self.zip = zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=True)
        self.lists = sqlite3.connect(os.path.join(folder, "lists"))
        self.lists.executescript(
            "create table cdx (line text); create table page (line text); create table seen (place text primary key) without rowid"
        )
        self.members: list[_Member] = []

    def write(self, name: str, pieces: Iterable[bytes], *, resource: bool = True) -> None:
        member = _Member(name)
        with self.zip.open(zipfile.ZipInfo(name, _EARLIEST), "w", force_zip64=True) as handle:
            for piece in pieces:
                handle.write(piece)
                member.size += len(piece)
                member.digest.update(piece)
        if resource:
            self.members.append(member)

    def is_new(self, place: str) -> bool:
        return bool(self.lists.execute("insert or ignore into seen values (?)", (place,)).rowcount)

    def lines(self, table: str, order: str) -> Iterator[bytes]:
        yield from (f"{line}\n".encode() for (line,) in self.lists.execute(f"select line from {table} order by {order}"))  # noqa: S608 (two names of our own)

    def described(self) -> list[dict[str, object]]:
        return [each.described() for each in self.members]


def write_wacz(packing: Packing, batches: Iterable[Sequence[int]], out: IO[bytes]) -> Packed:
    """Write the pages of these notices into `out`, which can seek. Raises DamageFound."""
    packed = Packed()
    with tempfile.TemporaryDirectory(prefix="notices-wacz-") as folder:
        made = _Wacz(out, folder)
        with closing(made.lists), made.zip:
            made.write(_DATA, _records(packing, batches, made, packed))
            made.write(_INDEX, made.lines("cdx", "line"))
            head = json.dumps({"format": "json-pages-1.0", "id": "pages", "title": "All Pages", "hasText": True})
            made.write(_PAGES, (piece for part in ([f"{head}\n".encode()], made.lines("page", "rowid")) for piece in part))
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            value = {
                "profile": "data-package", "wacz_version": "1.1.1", "title": packing.title, "created": now, "modified": now, "software": PROGRAM,
                "resources": made.described(), "pages": packed.pages,
            }  # fmt: skip
            package = json.dumps(value, ensure_ascii=False, indent=1).encode()
            made.write("datapackage.json", [package], resource=False)
            digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(package).hexdigest()}"}
            made.write("datapackage-digest.json", [json.dumps(digest).encode()], resource=False)
    return packed


def _records(packing: Packing, batches: Iterable[Sequence[int]], made: _Wacz, packed: Packed) -> Iterator[bytes]:
    first = compress(encode_warcinfo("data.warc.gz", datetime.now(UTC), archive_id(packing.database)))
    yield first
    offset = len(first)
    for ids in batches:
        for ident in ids:
            before = packed.records
            for row, page in _of_notice(packing, ident, packed):
                if not made.is_new(f"{row.warc_file} {row.offset}"):
                    continue
                yield from _bytes_of(packing.config, row)
                made.lists.execute("insert into cdx values (?)", (_cdx(row, offset),))
                if page:
                    made.lists.execute("insert into page values (?)", (json.dumps(page, ensure_ascii=False),))
                    packed.pages += 1
                offset += row.length
                packed.records += 1
            packed.without_page += packed.records == before


_Page = dict[str, object]


def _of_notice(packing: Packing, ident: int, packed: Packed) -> list[tuple[tables.SnapshotRow, _Page | None]]:
    """The records of a notice: the page of each revision, its files, and of a revisit the record that has its bytes."""
    mask, database = packing.mask, packing.database
    revision, found = tables.RevisionRow, list[tuple[tables.SnapshotRow, _Page | None]]()
    with reading(database) as session:
        if ident in withheld(session).passages and mask:
            packed.personal += 1
            return []
        query = select(revision).where(revision.notice_id == ident).order_by(revision.n).options(selectinload(revision.attachments))
        for each in session.scalars(query).all():
            row = session.get(tables.SnapshotRow, each.snapshot_id) if each.snapshot_id else None
            if row is None or row.kind != "detail":
                continue
            if mask and _is_personal(packing.config, database, ident, each.n):
                packed.personal += 1
                return []
            page: _Page = {
                "id": f"n{ident}-r{each.n}", "url": row.url, "ts": row.fetched_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
                "title": masked(each.title) if mask else each.title, "text": masked(each.text) if mask else each.text,
            }  # fmt: skip
            found.append((row, page))
            for file in each.attachments:
                kept = session.get(tables.SnapshotRow, file.snapshot_id) if file.snapshot_id else None
                if kept is not None and not (mask and masked(file.text) != file.text):
                    found.append((kept, None))
    return [*_originals(database, [row for row, _page in found]), *found]


def _is_personal(config: Config, database: Engine, ident: int, n: int) -> bool:
    try:
        return original_of(config, database, ident, n).personal
    except UnknownName:
        return False


def _originals(database: Engine, rows: Sequence[tables.SnapshotRow]) -> Iterator[tuple[tables.SnapshotRow, None]]:
    find = payload_place(for_reading(database))
    for row in rows:
        if row.revisit and (place := find(row.payload_digest)):
            with reading(database) as session:
                mine = tables.SnapshotRow.warc_file == place[0], tables.SnapshotRow.offset == place[1]
                yield session.scalars(select(tables.SnapshotRow).where(*mine)).one(), None


def _bytes_of(config: Config, row: tables.SnapshotRow) -> Iterator[bytes]:
    with reading_series(config.warc_dir, row.warc_file) as file:
        for at in range(row.offset, row.offset + row.length, _PIECE):
            yield file.at(at, min(_PIECE, row.offset + row.length - at))


def _cdx(row: tables.SnapshotRow, offset: int) -> str:
    """A line of CDXJ: the address in the order of sorting, the time, the rest as JSON."""
    value = {
        "url": row.url, "mime": "warc/revisit" if row.revisit else row.media_type or "unk", "status": str(row.status), "digest": row.payload_digest,
        "length": str(row.length), "offset": str(offset), "filename": "data.warc.gz",
    }  # fmt: skip
    return f"{sort_key(row.url)} {row.fetched_at.astimezone(UTC):%Y%m%d%H%M%S} {json.dumps(value, ensure_ascii=False)}"


def sort_key(url: str) -> str:
    """An address with its host backwards (SURT), as indexes of web archives sort: com,example)/path?query."""
    parts = urlsplit(url.lower())
    host = ",".join(reversed((parts.hostname or "").removeprefix("www.").split(".")))
    port = f":{parts.port}" if parts.port and parts.port not in (80, 443) else ""
    return f"{host}{port}){parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")
