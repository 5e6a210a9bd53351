"""Rows about work: sources, runs and scheduled ticks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, Engine, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from notices.errors import NoticesError, SourceError
from pipeline.sql import tables
from pipeline.sql.database import for_reading
from pipeline.sql.locks import is_held

CRASHED, NOT_REPORTED = "crashed", "the process ended without reporting (crashed or killed)"
_AHEAD = timedelta(minutes=10)  # more than clocks differ that are kept in time


class SourcePaused(SourceError):
    """The source's server asked to be left alone for a while."""


def source_id(engine: Engine, name: str, *, site: str = "", publisher: str = "", region: str = "") -> int:
    """The id of the source's row, made or brought up to date."""
    with Session(engine) as session, session.begin():
        row = session.scalar(select(tables.SourceRow).where(tables.SourceRow.name == name))
        if row is None:
            row = tables.SourceRow(name=name)
            session.add(row)
        row.site, row.publisher, row.region = site or row.site or "", publisher or row.publisher or "", region or row.region or ""
        session.flush()
        return row.id


def refuse_if_paused(engine: Engine, source: int) -> None:
    """Raise SourcePaused while the server's Retry-After still runs."""
    with Session(engine) as session, session.begin():
        row = session.get_one(tables.SourceRow, source)
        if row.paused_until and row.paused_until > datetime.now(UTC):
            raise SourcePaused(f"source {row.name}: its server asked to be left alone until {row.paused_until:%Y-%m-%d %H:%M} UTC")


def start_run(engine: Engine, kind: str, source: int | None) -> tables.RunRow:
    """A new run's row, detached."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        run = tables.RunRow(kind=kind, source_id=source, started_at=datetime.now(UTC), outcome="running", counts={})
        session.add(run)
    return run


def finish_run(engine: Engine, run_id: int, outcome: str, reason: str, counts: Mapping[str, int]) -> None:
    """Close a run's row."""
    values = {"outcome": outcome, "reason": reason[:1000], "counts": dict(counts), "finished_at": datetime.now(UTC)}
    with Session(engine) as session, session.begin():
        session.execute(update(tables.RunRow).where(tables.RunRow.id == run_id).values(**values))


@contextmanager
def closed_on_error(engine: Engine, run_id: int, counts: Mapping[str, int]) -> Iterator[None]:
    """Close the run's row as failed, with the reason, when the work within ends in an error; a disk that is full leaves it to the next run."""
    try:
        yield
    except BaseException as error:
        with suppress(NoticesError, SQLAlchemyError):
            finish_run(engine, run_id, "failed", f"{type(error).__name__}: {error}", counts)
        raise


def run_lock(kind: str, source: str | None) -> str:
    """The name of the lock that a run has from before its row is written until after it is closed."""
    return f"crawl-{source}" if kind == "crawl" else kind


def close_crashed_runs(engine: Engine, kind: str, source: int | None) -> int:
    """Mark runs whose process ended without reporting as crashed; return how many. The caller has the lock that such a run would have."""
    return _close(engine, tables.RunRow.kind == kind, tables.RunRow.source_id == source)


def close_ended_runs(engine: Engine, locks: Path) -> int:
    """Mark every run as crashed whose process ended without reporting, whatever it was a run of; return how many."""
    ended = ended_runs(engine, locks)
    return _close(engine, tables.RunRow.id.in_(ended)) if ended else 0


def ended_runs(engine: Engine, locks: Path) -> frozenset[int]:
    """Ids of runs that never reported their end and whose lock is free."""
    suspects = {ident for ident, lock in _under_way(engine) if not is_held(locks, lock)}
    # A run reports before it lets its lock go: one that still says "running" now will never report.
    return frozenset(ident for ident, _ in _under_way(engine) if ident in suspects) if suspects else frozenset()


def _under_way(engine: Engine) -> list[tuple[int, str]]:
    query = select(tables.RunRow.id, tables.RunRow.kind, tables.SourceRow.name)
    query = query.outerjoin(tables.SourceRow, tables.RunRow.source_id == tables.SourceRow.id).where(tables.RunRow.outcome == "running")
    with Session(engine) as session, session.begin():
        return [(ident, run_lock(kind, source)) for ident, kind, source in session.execute(query)]


def _close(engine: Engine, *which: ColumnElement[bool]) -> int:
    values = {"outcome": CRASHED, "reason": NOT_REPORTED, "finished_at": datetime.now(UTC)}
    with Session(engine) as session, session.begin():
        done = session.execute(update(tables.RunRow).where(*which, tables.RunRow.outcome == "running").values(**values))
        return int(done.rowcount)  # type: ignore[attr-defined]


def take_tick(engine: Engine, job: str, due_at: datetime, now: datetime | None = None) -> int | None:
    """The id of this tick's row when it is ours to run; None when another scheduler took it.

    One that was taken while the clock was ahead did not happen at its moment: it is taken again.
    """
    now = now or datetime.now(UTC)
    with Session(engine, expire_on_commit=False) as session:
        tick = tables.TickRow(job=job, due_at=due_at, taken_at=now)
        try:
            with session.begin():
                session.add(tick)
        except IntegrityError:
            ahead = tables.TickRow.job == job, tables.TickRow.due_at == due_at, tables.TickRow.taken_at > now + _AHEAD
            with session.begin():
                found = session.scalar(select(tables.TickRow).where(*ahead))
                if found is None:
                    return None
                found.taken_at, found.finished_at, found.outcome = now, None, "running"
                return found.id
        return tick.id


def tick_taken_at(engine: Engine, tick_id: int) -> datetime:
    """When the tick was taken, in UTC."""
    with Session(engine) as session:
        return session.get_one(tables.TickRow, tick_id).taken_at


def finish_tick(engine: Engine, tick_id: int, outcome: str) -> None:
    """Note how a tick's work ended."""
    with Session(engine) as session, session.begin():
        values = {"finished_at": datetime.now(UTC), "outcome": outcome}
        session.execute(update(tables.TickRow).where(tables.TickRow.id == tick_id).values(**values))


def last_tick(engine: Engine, job: str, until: datetime | None = None) -> datetime | None:
    """When the job's newest tick was due, of those up to a moment: what a clock that was ahead took later, or before its time, does not count."""
    with Session(engine) as session, session.begin():
        row = tables.TickRow
        mine = select(row.due_at).where(row.job == job)
        mine = mine if until is None else mine.where(row.due_at <= until, row.taken_at <= until + _AHEAD)
        return session.scalar(mine.order_by(row.due_at.desc()).limit(1))


def is_running(locks: Path, source_name: str) -> bool:
    """Whether a crawl of the source runs now, in any process."""
    return is_held(locks, run_lock("crawl", source_name))


def reclaim_tick(engine: Engine, job: str) -> int | None:
    """The id of a tick whose scheduler died before its work ended, to be run again; None if there is no such tick.

    The caller has the job's lock, so no living process is at work on such a tick.
    """
    with Session(engine) as session, session.begin():
        mine = tables.TickRow.job == job, tables.TickRow.outcome == "running"
        tick = session.scalar(select(tables.TickRow).where(*mine).order_by(tables.TickRow.due_at.desc()).limit(1))
        if tick is None:
            return None
        session.execute(update(tables.TickRow).where(*mine, tables.TickRow.id != tick.id).values(outcome="crashed"))
        tick.taken_at = datetime.now(UTC)
        return tick.id


@dataclass(frozen=True, slots=True)
class OpenTick:
    """A tick whose work has not ended: its job, and when it was taken, in UTC."""

    id: int
    job: str
    taken_at: datetime


def open_ticks(engine: Engine) -> list[OpenTick]:
    """The ticks whose work has not ended, the oldest first."""
    columns = tables.TickRow.id, tables.TickRow.job, tables.TickRow.taken_at
    with Session(for_reading(engine)) as session:
        rows = session.execute(select(*columns).where(tables.TickRow.outcome == "running").order_by(tables.TickRow.id))
        return [OpenTick(*row) for row in rows]
