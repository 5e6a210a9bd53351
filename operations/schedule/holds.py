"""Why a due job waits: somebody paused it, its hours are black, or it failed again and again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from notices.config import Config
from notices.errors import ConfigError
from notices.hours import held_until, read_spans
from notices.text.language import _
from operations.schedule.jobs import Job
from pipeline.durable import write_durably
from pipeline.sql import tables
from pipeline.sql.locks import hold

ALL = "*"
FIRST, MOST = timedelta(hours=1), timedelta(hours=24)
_READ = 8  # ticks: from the sixth failure on the wait is the longest


class Hold(NamedTuple):
    """Why a job waits, and until when; None: until somebody resumes it."""

    reason: str
    until: datetime | None


def hold_on(job: Job, config: Config, database: Engine, now: datetime) -> Hold | None:
    """What keeps a due job from running now."""
    held = paused(config, now)
    for name in (ALL, job.name, job.source or job.name):
        if name in held:
            return Hold("paused", held[name])
    if job.source is None:
        return None
    ends = held_until(read_spans(config.blackout), now)
    return Hold(_("blackout hours"), ends) if ends else _backed_off(database, job, now)


def _backed_off(database: Engine, job: Job, now: datetime) -> Hold | None:
    """A source that failed twice or more in a row waits 1, 2, 4 … 24 hours from its last failure on."""
    with Session(database) as session:
        mine = select(tables.TickRow).where(tables.TickRow.job == job.name, tables.TickRow.finished_at.is_not(None))
        ticks = session.scalars(mine.order_by(tables.TickRow.due_at.desc()).limit(_READ)).all()
    failures = _failures(tick.outcome for tick in ticks)
    if failures < 2:
        return None
    assert ticks[0].finished_at is not None
    until = ticks[0].finished_at + min(FIRST * 2 ** (failures - 2), MOST)
    return Hold(_("failed {failures} times in a row").format(failures=failures), until) if now < until <= now + MOST else None


def _failures(outcomes: Iterable[str]) -> int:
    """How many of the newest ended badly, up to the newest that ended well; one that found a lock held says nothing."""
    count = 0
    for outcome in outcomes:
        if outcome in ("exit 0", "stopped"):
            break
        count += outcome != "exit 6"
    return count


def paused(config: Config, now: datetime) -> Mapping[str, datetime | None]:
    """What is paused: names of sources or jobs, or ALL, each with the end; None for no end. Raises ConfigError for a damaged file."""
    return {name: until for name, until in _read(config.state_paths().paused).items() if until is None or until > now}


def pause(config: Config, names: Sequence[str], until: datetime | None, now: datetime) -> None:
    """Pause sources or jobs; without names everything."""
    with hold(config.locks_dir, "paused", wait=10):
        _write(config, {**paused(config, now), **dict.fromkeys(names or [ALL], until)})


def resume(config: Config, names: Sequence[str], now: datetime) -> list[str]:
    """End these pauses, without names all; return those that were paused."""
    with hold(config.locks_dir, "paused", wait=10):
        held = paused(config, now)
        ended = [name for name in names or held if name in held]
        _write(config, {name: until for name, until in held.items() if name not in ended})
    return ended


def _read(file: Path) -> dict[str, datetime | None]:
    try:
        held = json.loads(file.read_bytes())
        return {str(name): datetime.fromisoformat(until) if until else None for name, until in held.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise ConfigError(
            _("{file}: {error}; `notices schedule pause` wrote it, delete it to resume everything").format(file=file, error=error)
        ) from error


def _write(config: Config, held: Mapping[str, datetime | None]) -> None:
    values = {name: until.astimezone(UTC).isoformat(timespec="seconds") if until else None for name, until in sorted(held.items())}
    write_durably(config.state_paths().paused, json.dumps(values, ensure_ascii=False, indent=1).encode() + b"\n")
