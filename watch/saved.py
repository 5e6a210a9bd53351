"""Saved searches: adding, listing, pausing, removing, and what to expect of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Engine as Database
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from index.engine import Engine
from index.query.tree import And, Between
from index.search import read_query
from notices.cron import CronLine
from notices.errors import BadInput, UnknownName
from notices.hours import ZONE
from notices.reference.working_days import OnWorkingDays, WorkingDays, on_working_days, working_days
from notices.text.language import _
from pipeline.sql import tables
from pipeline.sql.database import for_reading
from pipeline.sql.watch_tables import DeliveryRow, WatchHitRow, WatchRow

BUSY = 50.0
"""Messages a day above which a watch must be meant."""


@dataclass(frozen=True, slots=True)
class WatchSpec:
    """A watch as it is asked for: `every` is a cron line, "@workdays 08:30", or "" for at once."""

    name: str
    query: str
    channels: tuple[str, ...] = ()
    every: str = ""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Notices published in the last days that the query finds, and the messages a week that this means."""

    last_30_days: int
    last_365_days: int
    total: int
    messages_a_week: float


@dataclass(frozen=True, slots=True)
class WatchView:
    """A saved search as it is now; `hits` counts what it was told of, `waiting` what no message contains yet."""

    name: str
    query: str
    channels: tuple[str, ...]
    every: str
    paused: bool
    made_at: datetime
    hits: int
    waiting: int


def forecast(engine: Engine, spec: WatchSpec, today: date) -> Forecast:
    """What to expect of a watch. Raises UserError for a query that cannot be read, BadInput for a cron line that never fires."""
    query = read_query(spec.query, exact=True)

    def count(days: int | None) -> int:
        within = query.filters if days is None else And((query.filters, Between("published_date", today - timedelta(days=days), None)))
        return engine.search(query._replace(filters=within, relaxed_text=""), limit=0).total

    month = count(30)
    week = month * 7 / 30
    if spec.every:
        week = min(week, _fires_a_week(spec.every))
    return Forecast(month, count(365), count(None), round(week, 1))


def _fires_a_week(every: str) -> int:
    line, moment = _rule(every), datetime(2026, 3, 2, tzinfo=ZONE)
    end, fires = moment + timedelta(days=7), 0
    while (moment := line.next_after(moment)) <= end and fires < 10_000:
        fires += 1
    return fires


def _rule(every: str) -> CronLine | OnWorkingDays:
    try:
        return rule_of(every, working_days())
    except ValueError as error:
        raise BadInput(_("--every {every!r}: {error}").format(every=every, error=error)) from error


def rule_of(every: str, days: WorkingDays) -> CronLine | OnWorkingDays:
    """When a digest is due. Raises ValueError for what is no cron line, never comes, or names no time of working days."""
    return on_working_days(every, days) or CronLine(every)


def add_watch(database: Database, spec: WatchSpec, now: datetime) -> None:
    """Save a search; it is told of what changes from now on. Raises BadInput for a name that is taken or unusable."""
    if not spec.name.strip() or len(spec.name) > 80 or not spec.name.isprintable():
        raise BadInput(_("the name {name!r} is not usable: 1 to 80 printable characters").format(name=spec.name[:100]))
    read_query(spec.query, exact=True)
    if spec.every:
        _rule(spec.every)
    with Session(database) as session, session.begin():
        if session.scalar(select(WatchRow.id).where(WatchRow.name == spec.name)) is not None:
            raise BadInput(_("there is a watch {name!r} already; notices watch remove removes it").format(name=spec.name))
        newest = session.scalar(select(func.max(tables.ChangeRow.seq))) or 0
        values = {"query": spec.query, "channels": list(spec.channels), "every": spec.every, "made_at": now}
        session.add(WatchRow(name=spec.name, matched_seq=newest, **values))


def some_watches(database: Database, after: str, limit: int) -> list[WatchView]:
    """So many saved searches by name, those after a name."""
    with Session(for_reading(database)) as session, session.begin():
        rows = session.scalars(select(WatchRow).where(WatchRow.name > after).order_by(WatchRow.name).limit(limit))
        return [_view(session, row) for row in rows]


def watches(database: Database, name: str | None = None) -> list[WatchView]:
    """All saved searches, or the one. Raises UnknownName."""
    with Session(for_reading(database)) as session, session.begin():
        rows = session.scalars(select(WatchRow).order_by(WatchRow.name)).all()
        found = [_view(session, row) for row in rows if name in (None, row.name)]
        known = [row.name for row in rows]
    if name is not None and not found:
        raise UnknownName(_unknown(name, known))
    return found


def _unknown(name: str, known: list[str]) -> str:
    return f"there is no watch {name!r}" + (f"; there are: {', '.join(known[:20])}" if known else "; notices watch add adds one")


def _view(session: Session, row: WatchRow) -> WatchView:
    mine = select(func.count()).select_from(WatchHitRow).where(WatchHitRow.watch_id == row.id)
    hits, waiting = session.scalar(mine) or 0, session.scalar(mine.where(WatchHitRow.delivery_key.is_(None))) or 0
    return WatchView(row.name, row.query, tuple(row.channels), row.every, row.paused, row.made_at, hits, waiting)


def pause(database: Database, name: str, *, paused: bool) -> None:
    """Pause a watch, or let it go on from now: what happened in between it is not told. Raises UnknownName."""
    with Session(database) as session, session.begin():
        row = _row(session, name)
        if row.paused and not paused:
            row.matched_seq = session.scalar(select(func.max(tables.ChangeRow.seq))) or 0
        row.paused = paused


def remove(database: Database, name: str) -> None:
    """Remove a watch, its hits and the messages that were not sent. Raises UnknownName."""
    with Session(database) as session, session.begin():
        row = _row(session, name)
        session.execute(delete(WatchHitRow).where(WatchHitRow.watch_id == row.id))
        session.execute(delete(DeliveryRow).where(DeliveryRow.watch == name, DeliveryRow.state != "sent"))
        session.delete(row)


def _row(session: Session, name: str) -> WatchRow:
    row = session.scalar(select(WatchRow).where(WatchRow.name == name))
    if row is None:
        raise UnknownName(_unknown(name, list(session.scalars(select(WatchRow.name).order_by(WatchRow.name)))))
    return row
