"""What the lists of each column gave in a run, and what became of their entries: kept with the counts of the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notices.capture import ColumnYield
from pipeline.sql import tables

_KEY = "columns"  # beside the counts of the run
_UNREAD = ("failed", "blocked", "refused", "gone")


class ListRecord(msgspec.Struct, frozen=True):
    """One list page: entries that it names, those with a date, those without an address, and why it could not be read."""

    url: str
    entries: int = 0
    dated: int = 0
    without_address: int = 0
    problem: str = ""


class ColumnRecord(msgspec.Struct, frozen=True):
    """One column in one run: list pages that the site says there are and those read, entries, and how many of these are archived or could not be read."""

    column: str
    pages_named: int | None = None
    pages_read: int = 0
    entries: int = 0
    dated: int = 0
    without_address: int = 0
    read: int = 0
    failed: int = 0
    lists: tuple[ListRecord, ...] = ()


def counted(session: Session, run_id: int, counts: Mapping[str, int], columns: Sequence[ColumnYield]) -> dict[str, object]:
    """The counts of a run with a record of each column."""
    if not columns:
        return dict(counts)
    states = _states(session, session.get_one(tables.RunRow, run_id))
    return {**counts, _KEY: [msgspec.to_builtins(_record(column, states.get(column.column, {}))) for column in columns]}


def columns_of(counts: Mapping[str, object]) -> tuple[ColumnRecord, ...]:
    """The columns that the counts of a run have; none for runs of earlier releases."""
    return msgspec.convert(counts.get(_KEY, ()), tuple[ColumnRecord, ...])


def counts_alone(counts: Mapping[str, object]) -> dict[str, int]:
    """The counts of a run without its columns."""
    return {name: count for name, count in counts.items() if isinstance(count, int)}


def _record(column: ColumnYield, states: Mapping[str, int]) -> ColumnRecord:
    return ColumnRecord(
        column=column.column,
        pages_named=column.pages_named,
        pages_read=column.pages_read,
        entries=column.total("entries"),
        dated=column.total("dated"),
        without_address=column.total("without_address"),
        read=states.get("stored", 0),
        failed=sum(states.get(state, 0) for state in _UNREAD),
        lists=tuple(ListRecord(each.url, each.entries, each.dated, each.without_address, each.problem[:300]) for each in column.lists),
    )


def _states(session: Session, run: tables.RunRow) -> Mapping[str, Mapping[str, int]]:
    """How many of the entries that a run saw are in each state, by column."""
    row = tables.ListingRow
    seen = row.source_id == run.source_id, row.last_listed_at >= run.started_at
    found: dict[str, dict[str, int]] = {}
    for column, state, count in session.execute(
        select(row.column_url, row.state, func.count()).where(*seen).group_by(row.column_url, row.state)
    ):
        found.setdefault(column, {})[state] = count
    return found
