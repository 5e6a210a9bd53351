"""The archive during one run: bytes into WARC, rows into SQL. Answers what the spider asks (crawler.ledger.Ledger)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, and_, or_, select, update
from sqlalchemy.orm import Session, selectinload

from notices.config import Config
from notices.model import Due, Fetched, Listed, ListEntry
from notices.urls import url_key
from pipeline import models
from pipeline.database import database_errors
from pipeline.observations import judge, note_gone_from_list, note_on_list_again, observe, settle_run
from pipeline.presence import SEEN, next_reading
from pipeline.snapshots import Capture, SnapshotWriter, Stored, read_capture
from pipeline.store import Reading, store_reading

MAX_TRIES = 10
LIVING = 3


class Archive:
    """One run of one source on the archive. Every method is one short transaction; nothing is held between them."""

    def __init__(self, database: tuple[Engine, Config], writer: SnapshotWriter, run: models.Run, hosts: Collection[str] = ()) -> None:
        self._engine, self._config = database
        self._writer, self._hosts = writer, tuple(hosts)
        if run.source_id is None:
            raise ValueError("a run that archives belongs to a source")
        self.source_id, self.run_id = run.source_id, run.id
        self.fatal: Exception | None = None

    def keep(self, fetched: Fetched) -> int:
        """Put the exact bytes into the WARC series, synced, and note the snapshot; return its id."""
        if self.fatal is not None:  # a file must not be sealed behind a record that has no row
            raise self.fatal
        stored = self._writer.write(capture_of(fetched))
        row = snapshot_row(fetched, stored, self.run_id)
        with database_errors(str(self._engine.url)), Session(self._engine) as session, session.begin():
            session.add(row)
            session.flush()
            return row.id

    def known_hosts(self) -> Collection[str]:
        """Hosts that the source may be fetched from."""
        return self._hosts

    def note_entries(self, entries: Sequence[Listed]) -> set[str]:
        """Note that a list page showed these entries; return the addresses that are not yet archived."""
        now = datetime.now(UTC)
        by_key = {url_key(e.entry.url): e for e in reversed(entries)}
        with Session(self._engine) as session, session.begin():
            mine = models.Listing.source_id == self.source_id, models.Listing.key.in_(by_key)
            rows = {row.key: row for row in session.scalars(select(models.Listing).where(*mine))}
            for key, listed in by_key.items():
                if key not in rows:
                    rows[key] = _listing_row(self.source_id, key, listed, now)
                    session.add(rows[key])
                rows[key].last_listed_at = now
            note_on_list_again(session, self.run_id, by_key, now)
            return {by_key[key].entry.url for key, row in rows.items() if _wanted(row)}

    def pending(self) -> list[Listed]:
        """Entries noted earlier that are still to be fetched, oldest first."""
        states = models.Listing.state.in_(("pending", "failed", "blocked"))
        query = select(models.Listing).where(models.Listing.source_id == self.source_id, states, models.Listing.tries < MAX_TRIES)
        with Session(self._engine) as session, session.begin():
            return [_listed(row) for row in session.scalars(query.order_by(models.Listing.id))]

    def due(self, *, everything: bool) -> list[Due]:
        """Archived entries to be read again, the longest due first; at most the run's budget, or all of them."""
        if not everything and not self._config.revisit_days:
            return []
        row = models.Listing
        query = select(row).where(row.source_id == self.source_id, row.state == "stored")
        query = query.order_by(row.read_at if everything else row.read_again_at, row.id)
        if not everything:
            now = datetime.now(UTC)
            first = timedelta(days=self._config.revisit_days[0])
            due = or_(row.read_again_at <= now, and_(row.read_again_at.is_(None), row.first_listed_at <= now - first))
            query = query.where(due).limit(self._config.revisit_budget)
        with database_errors(str(self._engine.url)), Session(self._engine) as session, session.begin():
            rows = list(session.scalars(query))
            return [Due(_listed(each), each.etag, each.last_modified) for each in [*rows, *self._living(session, rows)]]

    def _living(self, session: Session, due: Sequence[models.Listing]) -> list[models.Listing]:
        """A few pages that answered last time, when one that is due did not: without a living page beside it a dead one proves nothing."""
        notice, row = models.Notice, models.Listing
        keys = {each.key for each in due}
        absent = notice.source_id == self.source_id, notice.state.in_(("missing", "withdrawn"))
        if keys.isdisjoint(session.scalars(select(notice.key).where(*absent))):
            return []
        query = select(row).join(notice, notice.key == row.key).where(row.source_id == self.source_id, row.state == "stored")
        latest = query.where(notice.state.in_(("listed", "back"))).order_by(notice.last_seen_at.desc()).limit(LIVING + len(keys))
        return [each for each in session.scalars(latest) if each.key not in keys][:LIVING]

    def note_absence(self, url: str, evidence: str, reason: str) -> None:
        """Note that an archived notice was looked for and not shown: it is missing, whatever comes of the run."""
        now = datetime.now(UTC)
        with database_errors(str(self._engine.url)), Session(self._engine) as session, session.begin():
            mine = models.Listing.source_id == self.source_id, models.Listing.key == url_key(url)
            session.execute(update(models.Listing).where(*mine).values(read_at=now))
            notice = session.scalar(select(models.Notice).where(models.Notice.key == url_key(url)))
            if notice is not None:
                observe(session, self.run_id, notice, (evidence, reason), now)
                session.flush()
                judge(session, notice, now, self._config.revisit_days)

    def note_unchanged(self, url: str) -> None:
        """Note that the server says an archived notice has not changed."""
        now = datetime.now(UTC)
        with database_errors(str(self._engine.url)), Session(self._engine) as session, session.begin():
            self._settle(session, url, None, ("HTTP 304", now))

    def note_walked(self, column_url: str) -> None:
        """Note what a column no longer shows after all of its lists were walked."""
        with database_errors(str(self._engine.url)), Session(self._engine) as session, session.begin():
            note_gone_from_list(session, session.get_one(models.Run, self.run_id), column_url, datetime.now(UTC))

    def held(self, url: str) -> models.Revision | None:
        """The newest revision of the notice at the address, with its attachments; None when there is none."""
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            return newest_at(session, url_key(url))

    def kept(self, snapshot_id: int) -> Fetched:
        """A response as it was kept. Raises DamageFound."""
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            row = session.get_one(models.Snapshot, snapshot_id)
        found = read_capture(self._config.warc_dir, row.warc_file, row.offset, payload_place(self._engine))
        return Fetched(found.kind, found.url, found.status, found.headers, found.body, found.fetched_at, found.via, found.note)

    def walk_complete(self, column_url: str) -> bool:
        """Whether the column's lists were walked to their end and no later walk was cut short."""
        with Session(self._engine) as session, session.begin():
            row = session.get(models.ColumnWalk, (self.source_id, column_url))
            return row is not None and row.complete

    def note_walk(self, column_url: str, *, complete: bool) -> None:
        """Note that a walk began to find new entries (False) or reached its end (True)."""
        with Session(self._engine) as session, session.begin():
            session.merge(
                models.ColumnWalk(source_id=self.source_id, column_url=column_url, complete=complete, walked_at=datetime.now(UTC))
            )

    def note_failure(self, url: str, state: str, reason: str) -> None:
        """Note why an entry could not be archived; what is archived already stays as it is."""
        with Session(self._engine) as session, session.begin():
            mine = models.Listing.source_id == self.source_id, models.Listing.key == url_key(url), models.Listing.state != "stored"
            tries = models.Listing.tries + 1
            session.execute(update(models.Listing).where(*mine).values(state=state, reason=reason[:1000], tries=tries))

    def store(self, reading: Reading, listed_url: str | None = None, answer: Fetched | None = None) -> str:
        """Store a read notice and settle its list entry, in one transaction; see pipeline.store.store_reading.

        `answer` is the response with the validators for the next conditional request.
        """
        with database_errors(str(self._engine.url)), Session(self._engine) as session, session.begin():
            outcome = store_reading(session, self.source_id, reading)
            if listed_url:
                self._settle(session, listed_url, answer, ("" if outcome == "new" else outcome, reading.read_at))
            return outcome

    def _settle(self, session: Session, url: str, answer: Fetched | None, seen: tuple[str, datetime]) -> None:
        """The list entry of a notice that was just `seen` (how and when): when it is read again, and with which validators."""
        how, now = seen
        notice = session.scalar(select(models.Notice).where(models.Notice.key == url_key(url)))
        values: dict[str, Any] = {"state": "stored", "reason": "", "read_at": now}
        if notice is not None:
            values["read_again_at"] = next_reading(notice.first_seen_at, now, self._config.revisit_days)
            if how:  # the first reading is the first revision; it needs no observation beside it
                observe(session, self.run_id, notice, (SEEN, how), now)
                session.flush()
                judge(session, notice, now, self._config.revisit_days)
        if answer is not None:
            values |= {"etag": _validator(answer, "etag"), "last_modified": _validator(answer, "last-modified")}
        mine = models.Listing.source_id == self.source_id, models.Listing.key == url_key(url)
        session.execute(update(models.Listing).where(*mine).values(**values))

    def pause(self, seconds: float) -> None:
        """Leave the source alone for that long: its server asked for it."""
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        with Session(self._engine) as session, session.begin():
            session.execute(update(models.Source).where(models.Source.id == self.source_id).values(paused_until=until))

    def finish(self, outcome: str, reason: str, counts: Mapping[str, int], *, healthy: bool = False) -> None:
        """Judge what was seen of known notices, the site having been well or not, and close the run's row."""
        values = {"outcome": outcome, "reason": reason[:1000], "counts": dict(counts), "finished_at": datetime.now(UTC)}
        with database_errors(str(self._engine.url)), Session(self._engine) as session, session.begin():
            settle_run(session, self.run_id, healthy=healthy, now=datetime.now(UTC), days=self._config.revisit_days)
            session.execute(update(models.Run).where(models.Run.id == self.run_id).values(**values))


def newest_at(session: Session, key: str) -> models.Revision | None:
    """The newest revision of the notice with that key, its attachments loaded."""
    mine = models.Notice.key == key, models.Revision.n == models.Notice.revisions
    query = select(models.Revision).join(models.Revision.notice).where(*mine).options(selectinload(models.Revision.attachments))
    return session.scalar(query)


def _validator(answer: Fetched, name: str) -> str | None:
    value = answer.header(name)
    return value if value and len(value) <= 1000 and value.isprintable() else None


def earlier_payload(engine: Engine) -> Callable[[str], tuple[str, datetime] | None]:
    """A look-up for SnapshotWriter: address and time of the first capture of a payload, so that a repeat is a revisit record."""

    def find(digest: str) -> tuple[str, datetime] | None:
        mine = models.Snapshot.payload_digest == digest, models.Snapshot.revisit.is_(False)
        query = select(models.Snapshot.url, models.Snapshot.fetched_at).where(*mine).order_by(models.Snapshot.id).limit(1)
        with Session(engine) as session, session.begin():
            row = session.execute(query).first()
            return (row.url, row.fetched_at) if row else None

    return find


def payload_place(engine: Engine) -> Callable[[str], tuple[str, int] | None]:
    """A look-up for read_capture: file and offset of the record that holds a payload."""

    def find(digest: str) -> tuple[str, int] | None:
        mine = models.Snapshot.payload_digest == digest, models.Snapshot.revisit.is_(False)
        query = select(models.Snapshot.warc_file, models.Snapshot.offset).where(*mine).order_by(models.Snapshot.id).limit(1)
        with Session(engine) as session, session.begin():
            row = session.execute(query).first()
            return (row.warc_file, row.offset) if row else None

    return find


def capture_of(fetched: Fetched) -> Capture:
    """What goes into the WARC record."""
    return Capture(
        url=fetched.url,
        status=fetched.status,
        headers=fetched.headers,
        body=fetched.body,
        fetched_at=fetched.fetched_at,
        kind=fetched.kind,
        via=fetched.via,
        note=fetched.note,
    )


def snapshot_row(fetched: Fetched, stored: Stored, run_id: int | None) -> models.Snapshot:
    """The SQL row for a WARC record."""
    return models.Snapshot(
        run_id=run_id,
        kind=fetched.kind,
        warc_file=stored.warc_file,
        offset=stored.offset,
        length=stored.length,
        url=fetched.url,
        status=fetched.status,
        media_type=fetched.header("content-type"),
        fetched_at=fetched.fetched_at,
        payload_digest=stored.payload_digest,
        revisit=stored.revisit,
        note=dict(fetched.note),
    )


def _listing_row(source_id: int, key: str, listed: Listed, now: datetime) -> models.Listing:
    return models.Listing(
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


def _wanted(row: models.Listing) -> bool:
    return row.state in ("pending", "failed", "blocked") and row.tries < MAX_TRIES


def _listed(row: models.Listing) -> Listed:
    return Listed(ListEntry(row.title, row.url, row.listed_date), row.column_url, row.column_kind)
