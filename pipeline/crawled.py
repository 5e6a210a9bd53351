"""Notices that a crawl read, into SQL with their list entries and the rows of their snapshots: what arrives within a moment in one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import cast

from sqlalchemy import Select, Table, Update, bindparam, select, update
from sqlalchemy.orm import Session

from notices.capture import Capture, payload_digest
from notices.urls import url_key
from pipeline.observe.observations import judge, observe
from pipeline.observe.presence import SEEN, Evidence, next_reading
from pipeline.sql import tables
from pipeline.sql.changes import crawl_occasions
from pipeline.store import Reading
from pipeline.store_new import add_snapshots, store_some

TOGETHER = 16
"""So many rows of snapshots, or notices, are written in one transaction at the most."""
_MOMENT = 1.0  # seconds after which a row of a snapshot waits for no notice any more


@dataclass(frozen=True, slots=True)
class ReadNotice:
    """A notice that waits to be stored; `done` is called once with what became of it, or with what was raised.

    `listed_url` is the address of its list entry, `answer` the response with the validators for the next conditional request. `key` is that of
    the list entry.
    """

    reading: Reading
    listed_url: str | None
    answer: Capture | None
    done: Callable[[str | Exception], None]
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", url_key(self.listed_url or self.reading.notice.url))


class KeptRows:
    """Rows of snapshots whose records are in the WARC series and that wait for a transaction. A kill loses only them: recovery registers the records.

    `ids`: the ids of those that were written, by the numbers, below 0, by which they were known before.
    """

    def __init__(self) -> None:
        self.ids: dict[int, int] = {}
        self._waiting: dict[int, tables.SnapshotRow] = {}
        self._last, self._since = 0, 0.0

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, row: tables.SnapshotRow) -> int:
        """Let a row wait; return its number."""
        if not self._waiting:
            self._since = time.monotonic()
        self._last -= 1
        self._waiting[self._last] = row
        return self._last

    def are_due_before(self, capture: Capture) -> bool:
        """Whether the rows must be written before this capture is kept: many or old ones, or one with its payload, as a repeat refers to the first."""
        if not self._waiting:
            return False
        if len(self._waiting) >= TOGETHER or time.monotonic() - self._since > _MOMENT:
            return True
        digest = payload_digest(capture.body)
        return any(row.payload_digest == digest for row in self._waiting.values())

    def write(self, session: Session) -> dict[int, int]:
        """Write the rows in the caller's transaction; return their ids by their numbers, for `written` when it is through."""
        return dict(zip(self._waiting, add_snapshots(session, list(self._waiting.values())), strict=True))

    def written(self, ids: Mapping[int, int]) -> None:
        """Let no row wait any more that is in SQL."""
        self.ids |= ids
        for number in ids:
            del self._waiting[number]


@dataclass(frozen=True, slots=True)
class Storing:
    """How a run of a source stores what it read; `days`: after how many days a notice is read again."""

    source_id: int
    run_id: int
    days: Sequence[int]

    def store(self, session: Session, together: Sequence[ReadNotice], ids: Mapping[int, int], *, backfill: bool) -> list[str]:
        """Store notices, no two of one address, and settle their list entries, in the caller's transaction; what became of each.

        `ids`: of the snapshots, by the numbers that the readings have for them.
        """
        days = {each.key: each.reading.notice.published_date for each in together}
        occasions = crawl_occasions(session, self.run_id, days, backfill=backfill)
        outcomes = store_some(session, self.source_id, [(_with_ids(each.reading, ids), occasions[each.key]) for each in together])
        new = list[dict[str, object]]()
        for each, outcome in zip(together, outcomes, strict=True):
            at = each.reading.read_at
            if each.listed_url and outcome == "new":  # its first reading is the first revision; it needs no further observation
                new.append(self._settled_values(each.key, each.answer, at, at))
            elif each.listed_url:
                self.settle(session, each.listed_url, each.answer, outcome, at)
        for names, some in groupby(new, key=tuple):
            session.connection().execute(_settled(names), list(some))
        return outcomes

    def settle(self, session: Session, url: str, answer: Capture | None, how: str, now: datetime) -> None:
        """Note that a known notice was read again, with an observation: when it is read the next time, and with which validators."""
        key = url_key(url)
        notice = session.scalar(select(tables.NoticeRow).where(tables.NoticeRow.key == key))
        if notice is not None:
            observe(session, self.run_id, notice, Evidence(SEEN, how), now)
            session.flush()
            judge(session, self.run_id, notice, now, self.days)
        first_seen = session.connection().execute(_first_seen(), {"of": key}).scalar()
        values = self._settled_values(key, answer, now, first_seen)
        session.connection().execute(_settled(tuple(values)), values)

    def _settled_values(self, key: str, answer: Capture | None, now: datetime, first_seen: datetime | None) -> dict[str, object]:
        """The parameters of _settled: which list entry, and then its new values."""
        values: dict[str, object] = {"by": self.source_id, "of": key, "state": "stored", "reason": "", "read_at": now}
        if first_seen is not None:
            values["read_again_at"] = next_reading(first_seen, now, self.days)
        if answer is not None:
            values |= {"etag": validator(answer, "etag"), "last_modified": validator(answer, "last-modified")}
        return values


@cache
def _first_seen() -> Select[datetime]:
    return select(tables.NoticeRow.first_seen_at).where(tables.NoticeRow.key == bindparam("of"))


@cache
def _settled(names: tuple[str, ...]) -> Update:
    """The statement that writes values with these names, but for the first two, into the list entry that those name."""
    table = cast(Table, tables.ListingRow.__table__)
    mine = table.c.source_id == bindparam("by"), table.c.key == bindparam("of")
    return update(table).where(*mine).values({name: bindparam(name) for name in names[2:]})


def _with_ids(reading: Reading, ids: Mapping[int, int]) -> Reading:
    """The reading with the ids of its snapshots in place of the numbers that were given for them."""
    files = [each._replace(snapshot_id=_known(each.snapshot_id, ids)) for each in reading.attached]
    return replace(reading, attached=files, snapshot_id=_known(reading.snapshot_id, ids))


def _known(snapshot: int | None, ids: Mapping[int, int]) -> int | None:
    return snapshot if snapshot is None or snapshot > 0 else ids[snapshot]


def validator(answer: Capture, name: str) -> str | None:
    """A header of the answer for the next conditional request, if it can be sent."""
    value = answer.header(name)
    return value if value and len(value) <= 1000 and value.isprintable() else None
