"""The archive during one run: bytes into WARC, rows into SQL. Implements notices.ports.Ledger.

What arrives within a moment is written to SQL together: rows of snapshots, and notices that were read. A kill before that leaves records in WARC and
list entries that are pending: recovery registers those, and the next run fetches these.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from sqlalchemy import Engine, Select, and_, bindparam, or_, select, update
from sqlalchemy.orm import Session, selectinload

from notices.capture import ArchivedNotice, Capture, ColumnYield, Listed, ListEntry, Revisit
from notices.config import Config
from notices.errors import NoticesError
from notices.urls import url_key
from pipeline.crawled import TOGETHER, KeptRows, ReadNotice, Storing
from pipeline.observe.observations import judge, note_gone_from_list, note_on_list_again, observe, settle_run
from pipeline.observe.presence import Evidence
from pipeline.observe.yields import counted
from pipeline.snapshots import payload_place, snapshot_row
from pipeline.sql import tables
from pipeline.sql.changes import note_walk
from pipeline.sql.database import database_errors, for_reading
from pipeline.store import Reading, stored_attachment
from pipeline.store_new import known_keys
from pipeline.warc.series import SnapshotWriter, read_capture

MAX_TRIES = 10
_WAITS = (0, 0, 1, 3, 9, 24, 48, 96, 168)
"""Hours until an entry is asked for again, by the tries it has had: ten tries take two weeks, as long as sites of counties are down at a time."""
LIVING = 3


class CrawlLedger:
    """One run of one source on the archive. Every method is one short transaction; no lock or transaction lasts between them.

    What waits (`keep`, `store_soon`) is written before any other method does its own part.
    """

    def __init__(
        self, database: Engine, config: Config, writer: SnapshotWriter, run: tables.RunRow, *, hosts: Collection[str] = ()
    ) -> None:
        self._engine, self._config, self._where = database, config, str(database.url)
        self._writer, self._hosts = writer, tuple(hosts)
        if run.source_id is None:
            raise ValueError("a run that archives belongs to a source")
        self.source_id, self.run_id = run.source_id, run.id
        self.fatal: NoticesError | None = None
        self.backfill = False  # a run that asks for everything: what it finds of old is no news
        self._kept, self._storing = KeptRows(), Storing(self.source_id, self.run_id, config.revisit_days)
        self._new = set[str]()  # keys of which a list page was noted when no notice was archived; each is asked for once
        self._read: list[ReadNotice] = []

    def keep(self, capture: Capture) -> int:
        """Write the exact bytes to the WARC series, synced; return a number, below 0, by which `store` knows the snapshot.

        Its row is written with the notice that was read from it, or after a moment with the next response.
        """
        if self.fatal is not None:  # a file must not be sealed after a record that has no row
            raise self.fatal
        if self._kept.are_due_before(capture):
            self._note_kept()
        return self._kept.add(snapshot_row(capture, self._writer.write(capture), self.run_id))

    def _note_kept(self) -> None:
        with database_errors(self._where), Session(self._engine, expire_on_commit=False) as session, session.begin():
            ids = self._kept.write(session)
        self._kept.written(ids)

    def write(self) -> None:
        """Write what waits. An error of a notice is told to whoever waits for it; one of a snapshot's row is raised."""
        self.write_read()
        if self._kept:
            self._note_kept()

    def write_read(self) -> None:
        """Store the notices that wait, in one transaction; where that fails, each in its own, so that none keeps another away."""
        together, self._read = self._read, []
        if together and not self._store(together):
            for each in together:
                self._store((each,))

    def _store(self, together: Sequence[ReadNotice]) -> bool:
        """Store these notices and tell what became of them; False where several were to be stored and an error kept all away."""
        try:
            with database_errors(self._where), Session(self._engine, expire_on_commit=False) as session, session.begin():
                ids = self._kept.write(session)
                outcomes = self._storing.store(session, together, self._kept.ids | ids, backfill=self.backfill)
        except Exception as error:  # whoever waits for the notice gets it
            if len(together) == 1:
                together[0].done(error)
            return len(together) == 1
        self._kept.written(ids)
        for each, outcome in zip(together, outcomes, strict=True):
            each.done(outcome)
        return True

    def known_hosts(self) -> Collection[str]:
        """Hosts that the source may be fetched from."""
        return self._hosts

    def note_entries(self, entries: Sequence[Listed]) -> set[str]:
        """Note that a list page showed these entries; return the addresses that are not yet archived."""
        self.write()
        now = datetime.now(UTC)
        by_key = {url_key(e.entry.url): e for e in reversed(entries)}
        with Session(self._engine) as session, session.begin():
            mine = tables.ListingRow.source_id == self.source_id, tables.ListingRow.key.in_(by_key)
            rows = {row.key: row for row in session.scalars(select(tables.ListingRow).where(*mine))}
            for key, listed in by_key.items():
                if key not in rows:
                    rows[key] = listing_row(self.source_id, key, listed, now)
                    session.add(rows[key])
                rows[key].last_listed_at = now
            note_on_list_again(session, self.run_id, by_key, now)
            self._new |= by_key.keys() - known_keys(session, by_key)
            return {by_key[key].entry.url for key, row in rows.items() if _wanted(row)}

    def pending(self) -> list[Listed]:
        """Entries noted earlier that no run has tried to fetch, oldest first."""
        return self._entries_in("pending")

    def retries(self) -> list[Listed]:
        """Entries that earlier runs could not archive and that are due again, those with the fewest tries first; none that has had MAX_TRIES."""
        return self._entries_in("failed", "blocked")

    def _entries_in(self, *states: str) -> list[Listed]:
        row = tables.ListingRow
        due = or_(row.revisit_at.is_(None), row.revisit_at <= datetime.now(UTC))
        query = select(row).where(row.source_id == self.source_id, row.state.in_(states), row.tries < MAX_TRIES, due)
        with Session(self._engine) as session, session.begin():
            return [_listed(each) for each in session.scalars(query.order_by(row.tries, row.id))]

    def revisits(self, *, everything: bool) -> list[Revisit]:
        """Archived notices to revisit, the longest due first; at most the run's budget, or all of them."""
        if not everything and not self._config.revisit_days:
            return []
        self.write()
        row = tables.ListingRow
        query = select(row).where(row.source_id == self.source_id, row.state == "stored")
        query = query.order_by(row.read_at if everything else row.revisit_at, row.id)
        if not everything:
            now = datetime.now(UTC)
            first = timedelta(days=self._config.revisit_days[0])
            due = or_(row.revisit_at <= now, and_(row.revisit_at.is_(None), row.first_listed_at <= now - first))
            query = query.where(due).limit(self._config.revisit_budget)
        with database_errors(self._where), Session(self._engine) as session, session.begin():
            rows = list(session.scalars(query))
            return [Revisit(_listed(each), each.etag, each.last_modified) for each in [*rows, *self._living(session, rows)]]

    def _living(self, session: Session, due: Sequence[tables.ListingRow]) -> list[tables.ListingRow]:
        """A few pages that answered last time, when one that is due did not: without a living page in the same run a dead one proves nothing."""
        notice, row = tables.NoticeRow, tables.ListingRow
        keys = {each.key for each in due}
        absent = notice.source_id == self.source_id, notice.state.in_(("missing", "withdrawn"))
        if keys.isdisjoint(session.scalars(select(notice.key).where(*absent))):
            return []
        query = select(row).join(notice, notice.key == row.key).where(row.source_id == self.source_id, row.state == "stored")
        latest = query.where(notice.state.in_(("listed", "back"))).order_by(notice.last_seen_at.desc()).limit(LIVING + len(keys))
        return [each for each in session.scalars(latest) if each.key not in keys][:LIVING]

    def note_absence(self, url: str, evidence: str, reason: str) -> None:
        """Note that an archived notice was looked for and not shown: it is missing, whatever comes of the run."""
        self.write()
        now = datetime.now(UTC)
        with database_errors(self._where), Session(self._engine) as session, session.begin():
            mine = tables.ListingRow.source_id == self.source_id, tables.ListingRow.key == url_key(url)
            session.execute(update(tables.ListingRow).where(*mine).values(read_at=now))
            notice = session.scalar(select(tables.NoticeRow).where(tables.NoticeRow.key == url_key(url)))
            if notice is not None:
                observe(session, self.run_id, notice, Evidence(evidence, reason), now)
                session.flush()
                judge(session, self.run_id, notice, now, self._config.revisit_days)

    def note_unchanged(self, url: str) -> None:
        """Note that the server says an archived notice has not changed."""
        self.write()
        now = datetime.now(UTC)
        with database_errors(self._where), Session(self._engine) as session, session.begin():
            self._storing.settle(session, url, None, "HTTP 304", now)

    def note_walked(self, column_url: str) -> None:
        """Note what a column no longer shows after all of its lists were walked."""
        self.write()
        with database_errors(self._where), Session(self._engine) as session, session.begin():
            note_gone_from_list(session, session.get_one(tables.RunRow, self.run_id), column_url, datetime.now(UTC))

    def archived(self, url: str) -> ArchivedNotice | None:
        """The notice at the address as its newest revision has it; None if none is archived."""
        key = url_key(url)
        if key in self._new:  # most pages of a crawl are new
            self._new.remove(key)
            return None
        if any(each.key == key for each in self._read):
            self.write_read()
        with Session(for_reading(self._engine)) as session:
            return archived_notice(session, key)

    def kept(self, snapshot_id: int) -> Capture:
        """A response as it was kept. Raises DamageFound."""
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            row = session.get_one(tables.SnapshotRow, snapshot_id)
        return read_capture(self._config.warc_dir, row.warc_file, row.offset, payload_place(self._engine))

    def walk_complete(self, column_url: str) -> bool:
        """Whether the column's lists were walked to their end and no later walk was cut short."""
        with Session(self._engine) as session, session.begin():
            row = session.get(tables.ColumnWalkRow, (self.source_id, column_url))
            return row is not None and row.complete

    def note_walk(self, column_url: str, *, complete: bool) -> None:
        """Note that a walk began to find new entries (False) or reached its end (True)."""
        self.write()
        with Session(self._engine) as session, session.begin():
            note_walk(session, self.source_id, column_url, datetime.now(UTC), complete=complete)

    def note_failure(self, url: str, state: str, reason: str) -> None:
        """Note why an entry could not be archived; what is archived already stays as it is."""
        self.write()
        with Session(self._engine) as session, session.begin():
            mine = tables.ListingRow.source_id == self.source_id, tables.ListingRow.key == url_key(url), tables.ListingRow.state != "stored"
            for row in session.scalars(select(tables.ListingRow).where(*mine)):
                row.state, row.reason, row.tries = state, reason[:1000], row.tries + 1
                row.revisit_at = datetime.now(UTC) + timedelta(hours=_WAITS[min(row.tries, len(_WAITS) - 1)])

    def store(self, reading: Reading, listed_url: str | None = None, answer: Capture | None = None) -> str:
        """Store a read notice and settle its list entry, in one transaction; see pipeline.store.store_reading."""
        told: list[str | Exception] = []
        self.store_soon(ReadNotice(reading, listed_url, answer, told.append))
        self.write_read()
        (outcome,) = told
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def store_soon(self, notice: ReadNotice) -> bool:
        """Store a read notice with those that arrive in the same moment; whether it waits for `write_read`."""
        if any(each.key == notice.key for each in self._read):
            self.write_read()
        self._read.append(notice)
        if len(self._read) >= TOGETHER:
            self.write_read()
        return bool(self._read)

    def pause(self, seconds: float) -> None:
        """Note that the source's server asked for a pause of that many seconds."""
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        with Session(self._engine) as session, session.begin():
            session.execute(update(tables.SourceRow).where(tables.SourceRow.id == self.source_id).values(paused_until=until))

    def finish(
        self, outcome: str, reason: str, counts: Mapping[str, int], *, healthy: bool = False, columns: Sequence[ColumnYield] = ()
    ) -> None:
        """Judge the observations of known notices, by whether the site was healthy, and close the run's row with what its columns gave."""
        self.write()
        values: dict[str, object] = {"outcome": outcome, "reason": reason[:1000], "finished_at": datetime.now(UTC)}
        with database_errors(self._where), Session(self._engine) as session, session.begin():
            settle_run(session, self.run_id, healthy=healthy, now=datetime.now(UTC), days=self._config.revisit_days)
            values["counts"] = counted(session, self.run_id, counts, columns)
            session.execute(update(tables.RunRow).where(tables.RunRow.id == self.run_id).values(**values))


def archived_notice(session: Session, key: str) -> ArchivedNotice | None:
    """The notice with the key as its newest revision has it."""
    if not known_keys(session, (key,)):  # most pages of a crawl are new, and this costs a tenth of loading a revision
        return None
    row = session.scalar(_newest_of_key(), {"of": key})
    if row is None:
        return None
    files = tuple(stored_attachment(each, each.name) for each in row.attachments)
    return ArchivedNotice(row.title, row.document_number, row.snapshot_id, files)


@cache
def _newest_of_key() -> Select[tables.RevisionRow]:
    mine = tables.NoticeRow.key == bindparam("of"), tables.RevisionRow.n == tables.NoticeRow.revisions
    return select(tables.RevisionRow).join(tables.RevisionRow.notice).where(*mine).options(selectinload(tables.RevisionRow.attachments))


def listing_row(source_id: int, key: str, listed: Listed, now: datetime) -> tables.ListingRow:
    """The SQL row for an entry that is still to be fetched."""
    return tables.ListingRow(
        source_id=source_id,
        key=key,
        url=listed.entry.url,
        title=listed.entry.title,
        listed_date=listed.entry.date,
        column_url=listed.column_url,
        column_kind=listed.column_kind,
        state="pending",
        tries=0,
        first_listed_at=now,
        last_listed_at=now,
    )


def _wanted(row: tables.ListingRow) -> bool:
    due = row.revisit_at is None or row.revisit_at <= datetime.now(UTC)
    return row.state in ("pending", "failed", "blocked") and row.tries < MAX_TRIES and due


def _listed(row: tables.ListingRow) -> Listed:
    return Listed(ListEntry(row.title, row.url, row.listed_date), row.column_url, row.column_kind)
