"""Atom (RFC 4287, archived as RFC 5005 has it) and JSON Feed 1.1 as files: one entry per change, so that readers do not hide an edit."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree as ET

from sqlalchemy import Engine, select

from operations.read.changes import changes
from pipeline.durable import file_errors, write_durably
from pipeline.sql.database import archive_id
from pipeline.sql.tables import ChangeRow
from pipeline.sql.watch_tables import WatchHitRow, WatchRow
from pipeline.sql.withheld import reading
from watch.deadlines import calendar, deadlines

PAGE = 100
_ATOM, _HISTORY = "http://www.w3.org/2005/Atom", "http://purl.org/syndication/history/1.0"
_NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One change in a feed. `updated` never falls from one entry to the next, whatever clocks did."""

    seq: int
    notice: int
    event: str
    title: str
    url: str
    source: str
    updated: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: the name of its files, its title, its entries in order of the log."""

    name: str
    title: str
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the feeds are: the folder, the address that it has for readers ("" for none), the archive's id."""

    folder: Path
    base: str
    archive: str

    def address(self, file: str) -> str:
        return f"{self.base.rstrip('/')}/{quote(file)}" if self.base else quote(file)


def build_feeds(database: Engine, folder: Path, base: str, now: datetime) -> list[str]:
    """Write a feed of all changes, of each source and each watch, and calendars of the deadlines ahead; the names of the files. Files that stay the same are left."""
    place = _Place(folder, base, archive_id(database))
    with file_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        written = [name for feed in _feeds(database) for name in _write_feed(place, feed)]
        ahead = deadlines(database, now)
        written += _write(place, "deadlines.ics", calendar(ahead, place.archive, _stamp(now)))
        for name, notices in _watched(database).items():
            mine = [each for each in ahead if each.notice in notices]
            written += _write(place, f"{name}.ics", calendar(mine, place.archive, _stamp(now)))
    return written


def _stamp(now: datetime) -> datetime:
    """The day: a calendar that says the same is the same file all day."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _feeds(database: Engine) -> Iterator[Feed]:
    every, of_source = list[Entry](), defaultdict[str, list[Entry]](list)
    latest: datetime | None = None
    for each in changes(database):
        latest = max(latest, each.at) if latest else each.at
        if not each.baseline:
            entry = Entry(each.seq, each.notice, each.kind, each.title, each.url, each.source, latest)
            every.append(entry)
            of_source[each.source].append(entry)
    yield Feed("changes", "all changes", every)
    for name, entries in of_source.items():
        yield Feed(_file_name("source", name), name, entries)
    by_seq = {entry.seq: entry for entry in every}
    with reading(database) as session:
        for watch in session.scalars(select(WatchRow).order_by(WatchRow.id)):
            hits = session.scalars(select(WatchHitRow).where(WatchHitRow.watch_id == watch.id).order_by(WatchHitRow.seq))
            entries = [_told(by_seq[hit.seq], hit.event) for hit in hits if hit.seq in by_seq]
            yield Feed(_file_name("watch", watch.name), f"{watch.name}: {watch.query}", entries)


def _told(entry: Entry, event: str) -> Entry:
    return Entry(entry.seq, entry.notice, event, entry.title, entry.url, entry.source, entry.updated)


def _watched(database: Engine) -> dict[str, set[int]]:
    """The notices that each watch was told of, by the name of its files."""
    with reading(database) as session:
        found: dict[str, set[int]] = {_file_name("watch", name): set() for name in session.scalars(select(WatchRow.name))}
        query = select(WatchRow.name, ChangeRow.notice_id).join(WatchHitRow, WatchHitRow.watch_id == WatchRow.id)
        for name, notice in session.execute(query.join(ChangeRow, ChangeRow.seq == WatchHitRow.seq)):
            found[_file_name("watch", name)].add(notice)
        return found


def _file_name(kind: str, name: str) -> str:
    return f"{kind}-{quote(name, safe='')[:120]}"


def _write_feed(place: _Place, feed: Feed) -> Iterator[str]:
    """The newest entries under the feed's own name; older ones in archive pages that never change any more."""
    closed = max(0, len(feed.entries) // PAGE - 1) if len(feed.entries) % PAGE == 0 else len(feed.entries) // PAGE
    for page in range(closed):
        name = f"{feed.name}-{page + 1:06}.atom"
        yield from _write(place, name, _atom(place, feed, name, page, feed.entries[page * PAGE : (page + 1) * PAGE]))
    # A page before it too, so that a reader that comes now and then finds at least PAGE entries.
    newest = feed.entries[max(0, (closed - 1) * PAGE) :]
    yield from _write(place, f"{feed.name}.atom", _atom(place, feed, f"{feed.name}.atom", closed, newest))
    yield from _write(place, f"{feed.name}.json", _json_feed(place, feed, newest))


def _write(place: _Place, name: str, data: bytes) -> Iterator[str]:
    path = place.folder / name
    if not path.exists() or path.read_bytes() != data:
        write_durably(path, data)
    yield name


def _atom(place: _Place, feed: Feed, name: str, page: int, entries: Sequence[Entry]) -> bytes:
    ET.register_namespace("", _ATOM)
    ET.register_namespace("fh", _HISTORY)
    root = ET.Element(f"{{{_ATOM}}}feed")
    _add(root, "id", f"tag:notices.invalid,2026:{place.archive}/{feed.name}")
    _add(root, "title", feed.title)
    _add(root, "updated", entries[-1].updated.isoformat() if entries else "1970-01-01T00:00:00+00:00")
    ET.SubElement(_add(root, "author", ""), f"{{{_ATOM}}}name").text = "notices"
    _add(root, "link", "", rel="self", href=place.address(name))
    if page:
        _add(root, "link", "", rel="prev-archive", href=place.address(f"{feed.name}-{page:06}.atom"))
    if name != f"{feed.name}.atom":
        ET.SubElement(root, f"{{{_HISTORY}}}archive")
        _add(root, "link", "", rel="current", href=place.address(f"{feed.name}.atom"))
    for each in reversed(entries):
        entry = ET.SubElement(root, f"{{{_ATOM}}}entry")
        _add(entry, "id", f"tag:notices.invalid,2026:{place.archive}/change,{each.seq}")
        _add(entry, "title", f"{each.event}: {each.title or each.url}")
        _add(entry, "updated", each.updated.isoformat())
        _add(entry, "link", "", rel="alternate", href=each.url)
        _add(entry, "category", "", term=each.event)
        _add(entry, "summary", each.source)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode").encode("utf-8") + b"\n"


def _add(parent: ET.Element, name: str, text: str, **attributes: str) -> ET.Element:
    made = ET.SubElement(parent, f"{{{_ATOM}}}{name}", {key: _NOT_XML.sub("", value) for key, value in attributes.items()})
    made.text = _NOT_XML.sub("", text) or None
    return made


def _json_feed(place: _Place, feed: Feed, entries: Sequence[Entry]) -> bytes:
    items = [
        {
            "id": f"tag:notices.invalid,2026:{place.archive}/change,{each.seq}",
            "url": each.url,
            "title": f"{each.event}: {each.title or each.url}",
            "content_text": each.title or each.url,
            "date_modified": each.updated.isoformat(),
            "tags": [each.event, each.source],
        }
        for each in reversed(entries)
    ]
    value = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "feed_url": place.address(f"{feed.name}.json"),
        "items": items,
    }
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"
