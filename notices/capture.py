"""What a crawl passes on: captures of responses, the entries of list pages, and pages on their way to the pipeline."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256

from notices.attachment import StoredAttachment

REDIRECTS = (301, 302, 303, 307, 308)
"""Statuses of an answer that leads to another address."""


def payload_digest(body: bytes) -> str:
    """The digest that identifies a payload: sha256:<hex>."""
    return "sha256:" + sha256(body).hexdigest()


@dataclass(frozen=True, slots=True)
class Original:
    """A record as another archive wrote it, byte for byte: `type` is response, revisit or resource; `head` is empty for a saved file."""

    type: str
    head: bytes
    block: bytes


@dataclass(frozen=True, slots=True)
class Capture:
    """What one request brought, and what one WARC record contains.

    `kind`: list, detail, attachment, robots, redirect (on the way to one of these), error or import; `headers` as received;
    `body` with transfer and content encodings undone; `via` names the page that led here; `note` what WARC has no field for;
    `original` is the record of another archive that an import took this capture from.
    """

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    fetched_at: datetime
    kind: str
    via: str | None = None
    note: Mapping[str, str] = field(default_factory=dict)
    original: Original | None = None

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case."""
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)


Day = date  # a field of that name hides the type


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One line of a list page; `url` is absolute. `deadline`: the last day that it shows, of a consultation or an application."""

    title: str
    url: str
    date: date | None = None
    deadline: Day | None = None


@dataclass(frozen=True, slots=True)
class ListPage:
    """A list page: its entries in page order and the next page to try, if any. `platform` names the family recognised.

    `pages` is how many list pages there are, where the page says so.
    """

    entries: tuple[ListEntry, ...]
    next_page: str | None = None
    platform: str | None = None
    blocked: str | None = None
    pages: int | None = None


@dataclass(frozen=True, slots=True)
class ListYield:
    """What one list page gave: entries that it names, those with a date, those without an address; `problem`: why it could not be read."""

    url: str
    entries: int = 0
    dated: int = 0
    without_address: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ColumnYield:
    """What a walk over one column's lists gave. `pages_named`: how many list pages the first of them says there are, if it says so."""

    column: str
    pages_named: int | None
    lists: tuple[ListYield, ...]

    @property
    def pages_read(self) -> int:
        """List pages that could be read."""
        return sum(not each.problem for each in self.lists)

    def total(self, name: str) -> int:
        """The sum over the list pages: of "entries", "dated" or "without_address"."""
        return sum(int(getattr(each, name)) for each in self.lists)


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry that a list page showed, with the column it stood in: what a crawl is to fetch."""

    entry: ListEntry
    column_url: str
    column_kind: str | None = None


def listed_note(listed: Listed, source: str) -> dict[str, str]:
    """What a reading of a page takes from outside its bytes, as notes of its capture: the entry in its list, and the source's name."""
    entry = listed.entry
    values = {"url": entry.url, "title": entry.title, "date": entry.date.isoformat() if entry.date else None}
    if entry.deadline:
        values["deadline"] = entry.deadline.isoformat()
    return {"listed": json.dumps(values | {"column": listed.column_url, "kind": listed.column_kind}), "source": source}


def noted_listed(note: Mapping[str, str]) -> Listed | None:
    """The entry that listed_note noted; None for a capture that has no such note (those of earlier releases)."""
    if "listed" not in note:
        return None
    values = json.loads(note["listed"])
    day = date.fromisoformat(values["date"]) if values["date"] else None
    last = date.fromisoformat(values["deadline"]) if values.get("deadline") else None
    return Listed(ListEntry(values["title"], values["url"], day, last), values["column"], values["kind"])


def addresses_of(capture: Capture) -> list[str]:
    """Every address that the capture answers: that of its list entry, those that redirected to it, its own."""
    listed = noted_listed(capture.note)
    return [*([listed.entry.url] if listed else []), *capture.note.get("redirected_from", "").split(), capture.url]


@dataclass(frozen=True, slots=True)
class CrawledPage:
    """A notice's page on its way from the spider to the pipeline; `snapshot` is the row of its kept bytes."""

    capture: Capture
    snapshot: int
    listed: Listed


@dataclass(frozen=True, slots=True)
class Revisit:
    """An archived notice that is to be fetched once more, with the validators of its last response for a conditional request."""

    listed: Listed
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class ArchivedNotice:
    """A notice as it was archived last: what tells whether a page is still this notice, and its files."""

    title: str
    document_number: str | None
    snapshot_id: int | None
    files: tuple[StoredAttachment, ...] = ()

    def fetched_files(self) -> dict[str | None, StoredAttachment]:
        """Address to file, for those whose bytes are archived."""
        return {file.url: file for file in self.files if file.digest}
