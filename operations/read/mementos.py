"""The archived states of an address, as RFC 7089 (Memento) lists them: one for each revision of its notice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, select

from notices.errors import UnknownName
from notices.text.display import safe
from notices.text.language import _
from notices.urls import url_key
from pipeline.sql import tables
from pipeline.sql.withheld import reading, taken_down, withheld


@dataclass(frozen=True, slots=True)
class Memento:
    """A revision as a state of the page at `url`, as it was fetched at that time."""

    notice: int
    revision: int
    url: str
    at: datetime


def mementos_of(database: Engine, url: str) -> Sequence[Memento]:
    """The states of an address, the earliest first. Raises UnknownName for an address that the archive does not contain, TakenDown."""
    try:
        key = url_key(url)
    except ValueError as error:
        raise UnknownName(_("{url!r} is not an http(s) address").format(url=safe(url)[:200])) from error
    revision, notice, snapshot = tables.RevisionRow, tables.NoticeRow, tables.SnapshotRow
    query = (
        select(notice.id, revision.n, notice.url, func.coalesce(snapshot.fetched_at, revision.created_at, type_=revision.created_at.type))
        .join(notice, notice.id == revision.notice_id)
        .outerjoin(snapshot, snapshot.id == revision.snapshot_id)
        .where(notice.key == key)
        .order_by(revision.n)
    )
    with reading(database) as session:
        for row in withheld(session).whole.values():
            if row.key == key:
                raise taken_down(row)
        found = [Memento(ident, n, own, at) for ident, n, own, at in session.execute(query)]
    if not found:
        raise UnknownName(_("the archive contains no page of {url!r}").format(url=safe(url)[:200]))
    return found


def nearest(found: Sequence[Memento], wanted: datetime | None) -> Memento:
    """The state at a time: the last one that was fetched until then, else the first. Without a time the newest."""
    if wanted is None:
        return found[-1]
    return next((each for each in reversed(found) if each.at <= wanted), found[0])
