"""What channels are told of the archive itself, each thing once: a source that is not well, a saved search that fell silent, a daily report."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import msgspec
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from notices.archive_id import read_marker
from notices.config import Config
from notices.hours import ZONE
from notices.text.language import _, told
from operations.status import ArchiveStatus, SourceStatus, archive_status
from pipeline.observe.rhythm import LEAST_SILENCE, rhythm, silence
from pipeline.sql import tables
from pipeline.sql.watch_tables import DeliveryRow, WatchHitRow, WatchRow
from watch.channels import channels
from watch.senders.answer import MOST_ITEMS, Body, Item

REPORT_AT = time(8, 30)
TIMES_USUAL = (
    4  # of its usual interval a saved search may be silent (reference: silence of a digest looked like a quiet week for five days)
)
AGAIN = timedelta(days=7)  # a source that is still not well is told of again
CALM = timedelta(hours=6)  # for so long a source that comes and goes is told of once; one that gets worse at once
ARCHIVE = "(archive)"
_GRAVITY = {"degraded": 1, "failing": 2}


@dataclass(frozen=True, slots=True)
class Note:
    """A message about the archive: whom it is from, and its subject."""

    watch: str
    subject: str


@dataclass(frozen=True, slots=True)
class _Draft:
    """A note before it is stored; the same `of` gives the same id, so that it is stored once."""

    watch: str
    of: str
    subject: str
    items: tuple[Item, ...]
    channels: tuple[str, ...]


def make_notes(config: Config, database: Engine, now: datetime) -> list[Note]:
    """Store the messages that are due; `deliver_due` sends them. Raises ConfigError for channels that cannot be read.

    Channels with `report` get those about sources and the daily report; a saved search's own channels are told that it is silent.
    """
    reporting = tuple(name for name, channel in channels(config).items() if channel.report)
    status = archive_status(database, config, now)
    with Session(database) as session, session.begin():
        drafts = list(_silent_watches(session, status.sources, now))
        if reporting:
            drafts += [each for source in status.sources for each in _source(session, source, reporting, now)]
            drafts += _daily(session, status, reporting, now)
        return [Note(each.watch, each.subject) for each in drafts if _store(session, config, each, now)]


def _store(session: Session, config: Config, draft: _Draft, now: datetime) -> bool:
    """Whether the note is new: then it waits for each of its channels."""
    key = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{read_marker(config.home)} {draft.of}"))
    if session.scalar(select(DeliveryRow.id).where(DeliveryRow.key == key).limit(1)) is not None:
        return False
    items = draft.items[:MOST_ITEMS]
    body = Body(key, draft.watch, len(draft.items), len(draft.items) - len(items), draft.subject[:200], items)
    raw = msgspec.json.encode(body).decode()
    session.add_all(DeliveryRow(key=key, watch=draft.watch, channel=each, body=raw, made_at=now, due_at=now) for each in draft.channels)
    return True


def _source(session: Session, source: SourceStatus, reporting: tuple[str, ...], now: datetime) -> Iterator[_Draft]:
    """That a source is not well, is worse, is still not well after a week, or is well again."""
    name = f"(source {source.name})"
    last = session.scalar(select(DeliveryRow).where(DeliveryRow.watch == name).order_by(DeliveryRow.id.desc()).limit(1))
    before = msgspec.json.decode(last.body, type=Body).events[0].event if last else "ok"
    state = "failing" if source.failing else source.state if source.state in _GRAVITY else "ok"
    worse = _GRAVITY.get(state, 0) > _GRAVITY.get(before, 0)
    waited = last is None or now - last.made_at >= CALM
    again = state != "ok" and last is not None and now - last.made_at >= AGAIN
    if worse or (state != before and waited) or again:
        reasons = [told(reason) for reason in source.reasons] or ([source.reason] if source.reason else [])
        subject = f"[{source.name}] {_(state)}: {'; '.join(reasons)}" if state != "ok" else f"[{source.name}] {_('well again')}"
        items = tuple(_item(state, reason, now) for reason in reasons or [_("well again")])
        yield _Draft(name, f"{name} after {last.key if last else ''}", subject, items, reporting)


def _item(event: str, text: str, now: datetime) -> Item:
    return Item(event, 0, 0, "", text, 0, now)


def _daily(session: Session, status: ArchiveStatus, reporting: tuple[str, ...], now: datetime) -> Iterator[_Draft]:
    """How all is, once a day: it also says that the archive is alive."""
    local = now.astimezone(ZONE)
    if local.time() < REPORT_AT:
        return
    change = tables.ChangeRow
    query = select(change.kind, func.count()).where(change.at > now - timedelta(days=1), change.at <= now, change.baseline.is_(False))
    counts = {kind: count for kind, count in session.execute(query.group_by(change.kind))}
    bad = [source for source in status.sources if source.failing or source.state in _GRAVITY]
    items = [
        _item("failing" if source.failing else source.state, f"{source.name}: {'; '.join(map(told, source.reasons))}", now)
        for source in bad
    ]
    if status.index.problem or status.index.error:
        items.append(_item("failing", _("index: {problem}").format(problem=status.index.problem or status.index.error), now))
    if status.dead_letters:
        items.append(_item("failing", _("{count} messages were given up; see notices status").format(count=status.dead_letters), now))
    enabled = sum(source.enabled for source in status.sources)
    day = _("in 24 hours {new} new, {edited} edited, {withdrawn} withdrawn; {notices} notices in all").format(
        new=counts.get("new", 0), edited=counts.get("edited", 0), withdrawn=counts.get("withdrawn", 0), notices=status.counts.notice
    )
    health = (
        _("{bad} of {sources} sources are not well").format(bad=len(bad), sources=enabled)
        if bad
        else _("all {sources} sources are well").format(sources=enabled)
    )
    yield _Draft(
        ARCHIVE, f"report {local.date()}", f"[notices] {local.date()}: {health}; {day}", (*items, _item("report", day, now)), reporting
    )


def _silent_watches(session: Session, sources: Sequence[SourceStatus], now: datetime) -> Iterator[_Draft]:
    """Saved searches that found nothing for TIMES_USUAL their usual interval, holidays left out, each once for one silence."""
    today = now.astimezone(ZONE).date()
    for watch in session.scalars(select(WatchRow).where(WatchRow.paused.is_(False)).order_by(WatchRow.id)):
        if not watch.channels:
            continue
        days, newest = _days_of(session, watch)
        usual = rhythm(days).usual if days else None
        quiet = silence(max(days), today) if days else 0
        if usual is None or quiet <= max(LEAST_SILENCE, TIMES_USUAL * usual):
            continue
        failing = [source.name for source in sources if source.failing]
        because = (
            _("sources that fail: {names}").format(names=", ".join(failing[:5]))
            if failing
            else _("no source fails: nothing that it matches was published")
        )
        text = _("nothing found for {quiet} days, usually every {usual:g} days; {because}").format(
            quiet=(today - max(days)).days, usual=usual, because=because
        )
        yield _Draft(
            watch.name,
            f"quiet {watch.id} since {newest}",
            f"[{watch.name}] {text}",
            (_item("quiet", text, now),),
            tuple(dict.fromkeys(watch.channels)),
        )


def _days_of(session: Session, watch: WatchRow) -> tuple[dict[date, int], int]:
    """On which days a saved search found something, and the newest change that it found."""
    change, hit = tables.ChangeRow, WatchHitRow
    query = select(change.at, change.seq).join(hit, hit.seq == change.seq).where(hit.watch_id == watch.id)
    days, newest = dict[date, int](), 0
    for at, seq in session.execute(query):
        day = at.astimezone(ZONE).date()
        days[day], newest = days.get(day, 0) + 1, max(newest, seq)
    return days, newest
