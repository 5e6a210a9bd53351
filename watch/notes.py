"""What channels are told of the archive itself, each thing once: a source that is not well, a saved search that fell silent, a daily report."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import msgspec
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from index.search import read_query
from notices.archive_id import read_marker
from notices.config import Config
from notices.errors import UserError
from notices.hours import ZONE
from notices.reference.working_days import working_days
from notices.text.language import _, told
from operations.status import ArchiveStatus, SourceStatus, archive_status
from pipeline.observe.rhythm import LEAST_SILENCE, rhythm, silence
from pipeline.sql import tables
from pipeline.sql.watch_tables import DeliveryRow, WatchHitRow, WatchRow
from watch.channels import channels
from watch.saved import rule_of
from watch.senders.answer import MOST_ITEMS, Body, Item

REPORT_AT = time(8, 30)
TIMES_USUAL = (
    4  # of its usual interval a saved search may be silent (reference: silence of a digest looked like a quiet week for five days)
)
AGAIN = timedelta(days=7)  # a source that is still not well is told of again
CALM = timedelta(hours=6)  # for so long a source that comes and goes is told of once; one that gets worse at once
MUCH = 0.2  # of what a saved search found within a year: then its readers are told when that source fails
ARCHIVE = "(archive)"
_YEAR = timedelta(days=365)
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

    Channels with `report` get those about sources and the daily report; a saved search's own channels are told that it is silent, and that a
    source fails from which much of what it finds comes.
    """
    reporting = tuple(name for name, channel in channels(config).items() if channel.report)
    status = archive_status(database, config, now)
    with Session(database) as session, session.begin():
        drafts = list(_of_watches(session, status.sources, now))
        if reporting:
            for source in status.sources:
                state = "failing" if source.failing else source.state if source.state in _GRAVITY else "ok"
                drafts += _source(session, source, _Topic(f"(source {source.name})", source.name, state, reporting), now)
            drafts += _daily(session, status, reporting, now)
        return [Note(each.watch, each.subject) for each in drafts if _store(session, config, each, now)]


def _store(session: Session, config: Config, draft: _Draft, now: datetime) -> bool:
    """Whether the note is new: then it waits for each of its channels."""
    key = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{read_marker(config.home)} {draft.of}"))
    if session.scalar(select(DeliveryRow.id).where(DeliveryRow.key == key).limit(1)) is not None:
        return False
    items = draft.items[:MOST_ITEMS]
    link = f"{config.public_address}/sources" if config.public_address else "notices status"
    body = Body(key, draft.watch, len(draft.items), len(draft.items) - len(items), draft.subject[:200], items, link)
    raw = msgspec.json.encode(body).decode()
    session.add_all(DeliveryRow(key=key, watch=draft.watch, channel=each, body=raw, made_at=now, due_at=now) for each in draft.channels)
    return True


@dataclass(frozen=True, slots=True)
class _Topic:
    """Who is told of a source: the name under which its notes are stored, what their subject begins with, its state, the channels."""

    name: str
    head: str
    state: str
    channels: tuple[str, ...]


def _source(session: Session, source: SourceStatus, topic: _Topic, now: datetime) -> Iterator[_Draft]:
    """That a source is not well, is worse, is still not well after a week, or is well again."""
    name, state = topic.name, topic.state
    last = session.scalar(select(DeliveryRow).where(DeliveryRow.watch == name).order_by(DeliveryRow.id.desc()).limit(1))
    before = msgspec.json.decode(last.body, type=Body).events[0].event if last else "ok"
    worse = _GRAVITY.get(state, 0) > _GRAVITY.get(before, 0)
    waited = last is None or now - last.made_at >= CALM
    again = state != "ok" and last is not None and now - last.made_at >= AGAIN
    if worse or (state != before and waited) or again:
        reasons = [told(reason) for reason in source.reasons] or ([source.reason] if source.reason else [])
        subject = f"[{topic.head}] {_(state)}: {'; '.join(reasons)}" if state != "ok" else f"[{topic.head}] {_('well again')}"
        items = tuple(_item(state, reason, now) for reason in reasons or [_("well again")])
        yield _Draft(name, f"{name} after {last.key if last else ''}", subject, items, topic.channels)


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


def _of_watches(session: Session, sources: Sequence[SourceStatus], now: datetime) -> Iterator[_Draft]:
    """What the channels of saved searches are told: that much of what it finds comes from a source that fails, and that it fell silent."""
    for watch in session.scalars(select(WatchRow).where(WatchRow.paused.is_(False)).order_by(WatchRow.id)):
        if not watch.channels:
            continue
        past, own = _past_of(session, watch, now), tuple(dict.fromkeys(watch.channels))
        if why := _unreadable(watch):
            text = _("the saved search cannot be read any more and finds nothing: {why}").format(why=why)
            yield _Draft(
                watch.name, f"broken {watch.id} {watch.query} {watch.every}", f"[{watch.name}] {text}", (_item("failing", text, now),), own
            )
            continue
        for source in sources:
            if past.share(source.name) >= MUCH:
                state = "failing" if source.failing else "ok"
                topic = _Topic(f"{watch.name} (source {source.name})", f"{watch.name}: {source.name}", state, own)
                yield from _source(session, source, topic, now)
        yield from _silent(watch, past, [each.name for each in sources if each.failing and past.share(each.name)], now)


def _unreadable(watch: WatchRow) -> str:
    """Why a query or the times of a saved search cannot be read: another release may read otherwise; empty when they can."""
    try:
        read_query(watch.query, exact=True)
        if watch.every:
            rule_of(watch.every, working_days())
    except (UserError, ValueError) as error:
        return str(error)
    return ""


def _silent(watch: WatchRow, past: _Past, failing: Sequence[str], now: datetime) -> Iterator[_Draft]:
    """That it found nothing for TIMES_USUAL its usual interval, holidays left out, once for one silence; of its sources those that fail."""
    today = now.astimezone(ZONE).date()
    usual = rhythm(past.days).usual if past.days else None
    quiet = silence(max(past.days), today) if past.days else 0
    if usual is None or quiet <= max(LEAST_SILENCE, TIMES_USUAL * usual):
        return
    because = (
        _("of the sources that it found something in, these fail: {names}").format(names=", ".join(failing[:5]))
        if failing
        else _("none of the sources that it found something in fails: they published nothing that it matches")
    )
    text = _("nothing found for {quiet} days, usually every {usual:g} days; {because}").format(
        quiet=(today - max(past.days)).days, usual=usual, because=because
    )
    item, own = _item("quiet", text, now), tuple(dict.fromkeys(watch.channels))
    yield _Draft(watch.name, f"quiet {watch.id} since {past.newest}", f"[{watch.name}] {text}", (item,), own)


@dataclass(frozen=True, slots=True)
class _Past:
    """On which days a saved search found something, the newest change that it found, and how many of the last year's came from each source."""

    days: Mapping[date, int]
    newest: int
    by_source: Mapping[str, int]

    def share(self, source: str) -> float:
        """The source's share of what it found within a year."""
        return self.by_source.get(source, 0) / max(1, sum(self.by_source.values()))


def _past_of(session: Session, watch: WatchRow, now: datetime) -> _Past:
    change, hit, notice, source = tables.ChangeRow, WatchHitRow, tables.NoticeRow, tables.SourceRow
    query = select(change.at, change.seq, source.name).join(hit, hit.seq == change.seq).join(notice, notice.id == change.notice_id)
    days, sources, newest = Counter[date](), Counter[str](), 0
    for at, seq, name in session.execute(query.join(source, source.id == notice.source_id).where(hit.watch_id == watch.id)):
        days[at.astimezone(ZONE).date()] += 1
        newest = max(newest, seq)
        sources[name] += at > now - _YEAR
    return _Past(days, newest, sources)
