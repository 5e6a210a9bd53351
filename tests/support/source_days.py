"""A source lived through day by day on a real database: its runs write what a crawl would write, at times that the test chooses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from notices.config import load_config
from notices.hours import ZONE
from pipeline.observe.health import Expected, Health, judge
from pipeline.observe.health_facts import facts
from pipeline.sql import tables
from pipeline.sql.database import open_database

RUN_AT = time(8, 30)
SHOWN = 20
COLUMN = "http://linshan.example/tzgg/"

Entry = tuple[str, date]  # key and date on the list
Change = Callable[["Days", list[Entry]], list[Entry]]


def daily(day: date) -> int:
    """Two notices every working day, none from the eve of the lunar New Year's week to its end nor on National Day."""
    festival = date(2026, 2, 14) <= day <= date(2026, 2, 23) or date(2025, 10, 1) <= day <= date(2025, 10, 8)
    return 0 if day.weekday() >= 5 or festival else 2


def monthly(day: date) -> int:
    """One notice a month, in its middle."""
    return int(day.day == 12 + day.month % 5)


class Days:
    """The source, its list and its runs. `change` breaks the list; `spoil` and `misdated` break what is read of each notice."""

    def __init__(self, folder: Path, rhythm: Callable[[date], int], expected: Expected | None = None) -> None:
        self.engine: Engine = open_database(load_config({"NOTICES_HOME": str(folder), "HOME": str(folder)}))
        self.rhythm, self.expected = rhythm, expected or Expected(min_entries=5)
        self.entries: list[Entry] = []
        self.change: Change | None = None
        self.spoil: dict[str, object] = {}
        self.misdated: date | None = None
        with Session(self.engine) as session, session.begin():
            source = tables.SourceRow(name="linshan", site="临杉市人民政府")
            session.add(source)
            session.flush()
            self.source_id = source.id

    def live(self, first: date, last: date, *, running: bool = True) -> Iterator[datetime]:
        """The hours of these days, after each day's publishing and run."""
        day = first
        while day <= last:
            self.publish(day)
            if running:
                self.run(day)
            yield from (datetime.combine(day, RUN_AT, ZONE) + timedelta(hours=n, minutes=10) for n in range(24))
            day += timedelta(days=1)

    def publish(self, day: date) -> None:
        """The site publishes, whether or not anybody looks."""
        self.entries[:0] = [(f"{day}-{n}", day) for n in range(self.rhythm(day))]

    def run(self, day: date) -> None:
        """One crawl that reports success whatever it met: only the data can tell."""
        start = datetime.combine(day, RUN_AT, ZONE)
        shown = self.change(self, self.entries) if self.change else self.entries
        with Session(self.engine) as session, session.begin():
            run = tables.RunRow(source_id=self.source_id, kind="crawl", started_at=start, outcome="done", counts={})
            run.finished_at = start + timedelta(minutes=5)
            session.add(run)
            self._see(session, shown[:SHOWN], start)

    def _see(self, session: Session, entries: list[Entry], now: datetime) -> None:
        """What the list shows, in two statements for all that was read before: a year has 7,000 entries."""
        rows = tables.ListingRow
        listed = rows.key.in_([key for key, _day in entries])
        session.execute(update(rows).where(listed).values(last_listed_at=now))
        ended = set(session.scalars(select(rows.key).where(listed, rows.state.in_(("stored", "gone")))))
        for key, day in reversed(entries):
            if key not in ended:
                self._read(session, (key, day), now)

    def _read(self, session: Session, entry: Entry, now: datetime) -> None:
        key, day = entry
        row = session.scalar(select(tables.ListingRow).where(tables.ListingRow.key == key))
        if row is None:
            row = tables.ListingRow(
                source_id=self.source_id, key=key, url=COLUMN + key, title=f"通知{key}", listed_date=day, column_url=COLUMN
            )
            row.first_listed_at, row.tries, row.state, row.last_listed_at = now, 0, "pending", now
            session.add(row)
        row.state = str(self.spoil.get("state", "stored"))
        if row.state != "stored":
            row.tries, row.reason = row.tries + 1, str(self.spoil.get("reason", ""))
            return
        self._store(session, entry, now)

    def _store(self, session: Session, entry: Entry, now: datetime) -> None:
        key, day = entry
        notice = tables.NoticeRow(source_id=self.source_id, key=key, url=COLUMN + key, revisions=1, first_seen_at=now, last_seen_at=now)
        session.add(notice)
        session.flush()
        text = str(self.spoil.get("text", f"各县区：第{key}号通知的正文。"))
        fields = {"title": f"通知{key}", "text": text, "issuer": None if self.spoil else "临杉市人民政府"}
        provenance = {"title": "list", "published_date": "list"} if self.spoil else {}
        row = tables.RevisionRow(
            notice_id=notice.id, n=1, created_at=now, parser_version="1", content_digest=key, provenance=provenance, **fields
        )
        row.published_date = self.misdated or day
        session.add(row)

    def health(self, now: datetime, expected: Expected | None = None) -> Health:
        """What `notices status` would say at that moment."""
        with Session(self.engine) as session, session.begin():
            return judge(facts(session, session.get_one(tables.SourceRow, self.source_id)), expected or self.expected, now)
