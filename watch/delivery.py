"""Messages from hits to channels: pending, leased, sent, failed (tried again later) or dead. Nothing is lost, ids let receivers drop repeats."""

from __future__ import annotations

import http.client
import logging
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import ColumnElement, Engine, select, update
from sqlalchemy.orm import Session

from notices.config import Config
from notices.errors import NoticesError
from notices.hours import held_until
from notices.reference.working_days import WorkingDays, working_days
from pipeline.sql.database import for_reading
from pipeline.sql.watch_tables import DeliveryRow, WatchRow
from watch.channels import Channel, channels, quiet_hours
from watch.events import Event, earlier_messages, events_of, waiting_hits
from watch.saved import rule_of
from watch.senders import command, email, others, robots, webhook
from watch.senders.answer import MOST_ITEMS, Answer, Body, Item, Message
from watch.senders.post import Refused

log = logging.getLogger(__name__)
_WAITS = tuple(timedelta(seconds=s) for s in (5, 300, 1800, 7200, 18_000, 36_000, 86_400))
_LEASE = timedelta(minutes=5)
_GONE = "HTTP 410"
_SENDERS = {
    "command": command.send, "webhook": webhook.send, "email": email.send, "wecom": robots.send_wecom, "dingtalk": robots.send_dingtalk,
    "feishu": robots.send_feishu, "apprise": others.send,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many messages were sent, failed for now, and are dead; the events that were put into messages; watches whose times cannot be read, and why."""

    sent: int = 0
    failed: int = 0
    dead: int = 0
    events: tuple[Event, ...] = ()
    broken: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that was not sent, and the receiver's last words."""

    id: int
    watch: str
    channel: str
    state: str
    tries: int
    due_at: datetime
    answer: str


def deliver_due(config: Config, database: Engine, now: datetime) -> Delivered:
    """Make the messages that are due and send what waits; one channel never delays another. Raises ConfigError for channels that cannot be read."""
    known = channels(config)
    bundled, broken = bundle_due(config, database, now)
    events = tuple(bundled)
    with Session(database) as session, session.begin():
        names = list(session.scalars(select(DeliveryRow.channel).where(*_due(now)).distinct()))
    if not names:
        return Delivered(events=events, broken=broken)
    with ThreadPoolExecutor(min(len(names), 8)) as pool:
        outcomes = [each for found in pool.map(lambda name: _drain(database, name, known.get(name), now), names) for each in found]
    return Delivered(outcomes.count("sent"), outcomes.count("failed"), outcomes.count("dead"), events, broken)


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return DeliveryRow.state.in_(("pending", "failed", "leased")), DeliveryRow.due_at <= now


def bundle_due(config: Config, database: Engine, now: datetime) -> tuple[list[Event], tuple[tuple[str, str], ...]]:
    """Put the waiting hits of each watch that is due into one message for each of its channels, in one transaction.

    Returns the events, and the watches whose times cannot be read, with the reason: their hits wait, and no other watch does.
    """
    told, broken, days = list[Event](), list[tuple[str, str]](), working_days(config.days_off, config.days_worked)
    with Session(database) as session, session.begin():
        for watch in session.scalars(select(WatchRow).where(WatchRow.paused.is_(False))):
            try:
                due = bool(watch.channels) and _is_time(watch, days, now)
            except ValueError as error:
                broken.append((watch.name, f"{watch.every!r}: {error}"))
                continue
            hits = waiting_hits(session, watch, 5000) if due else []
            if not hits:
                continue
            key, watch.bundled_at = str(uuid.uuid4()), now
            for hit in hits:
                hit.delivery_key = key
            if not (events := events_of(session, hits)):  # all of them were taken down meanwhile
                continue
            told += events
            link = f"{config.public_address}/told/{key}" if config.public_address else ""
            raw = msgspec.json.encode(body_of(key, watch.name, events, link, earlier_messages(session, watch, events))).decode()
            session.add_all(
                DeliveryRow(key=key, watch=watch.name, channel=each, body=raw, made_at=now, due_at=now)
                for each in dict.fromkeys(watch.channels)
            )
    return told, tuple(broken)


def _is_time(watch: WatchRow, days: WorkingDays, now: datetime) -> bool:
    return not watch.every or rule_of(watch.every, days).next_after(watch.bundled_at or watch.made_at) <= now


def body_of(key: str, watch: str, events: Sequence[Event], link: str = "", earlier: Sequence[str] = ()) -> Body:
    """The message about these events; `link` and `earlier` as Body has them."""
    items = [Item(e.event, e.notice, e.revision, e.url, e.title, e.seq, e.at) for e in events[:MOST_ITEMS]]
    first = items[0].title or items[0].url
    return Body(
        key,
        watch,
        len(events),
        len(events) - len(items),
        f"[{watch}] {len(events)}: {first}"[:200],
        items,
        link or f"notices watch told {key}",
        earlier,
    )


def _drain(database: Engine, name: str, channel: Channel | None, now: datetime) -> list[str]:
    """Send what waits for a channel, the oldest first, until one fails: then the others wait too."""
    outcomes = list[str]()
    if channel is not None and held_until(quiet_hours(channel), now) is not None:
        return outcomes
    closed = _closed(database, name)
    while (row := _lease(database, name, now)) is not None:
        answer = _answer(channel, row, closed)
        closed = answer.text if answer.gone else None
        outcomes.append(_settle(database, row, answer, now))
        if not answer.ok and not answer.gone:
            break
    return outcomes


def _closed(database: Engine, channel: str) -> str | None:
    """The receiver's words when it wanted no more messages: nothing is sent until they are replayed."""
    dead = DeliveryRow.channel == channel, DeliveryRow.state == "dead", DeliveryRow.answer == _GONE
    with Session(for_reading(database)) as session, session.begin():
        return _GONE if session.scalar(select(DeliveryRow.id).where(*dead).limit(1)) is not None else None


def _lease(database: Engine, channel: str, now: datetime) -> DeliveryRow | None:
    """The oldest message that is due, taken for a while: who dies with it leaves it to the next."""
    with Session(database, expire_on_commit=False) as session, session.begin():
        row = session.scalar(select(DeliveryRow).where(*_due(now), DeliveryRow.channel == channel).order_by(DeliveryRow.id).limit(1))
        if row is not None:
            row.state, row.due_at = "leased", now + _LEASE
        return row


def _answer(channel: Channel | None, row: DeliveryRow, closed: str | None) -> Answer:
    if channel is None:
        return Answer(False, "there is no such channel; notices channel add adds it")
    if closed:
        return Answer(False, closed, gone=True)
    return send(channel, row.body.encode())


def send(channel: Channel, raw: bytes) -> Answer:
    """Send one message and report the receiver's answer; whatever a network does is an answer too, without addresses that may be secret."""
    try:
        return _SENDERS[channel.type](channel, Message(raw, msgspec.json.decode(raw, type=Body)))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(False, type(error).__name__ + (f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""))
    except (Refused, NoticesError) as error:
        return Answer(False, str(error)[:200])


def _settle(database: Engine, row: DeliveryRow, answer: Answer, now: datetime) -> str:
    with Session(database) as session, session.begin():
        kept = session.get_one(DeliveryRow, row.id)
        kept.tries, kept.answer = kept.tries + 1, answer.text[:300]
        if answer.ok:
            kept.state = "sent"
        elif answer.gone or kept.tries > len(_WAITS):
            kept.state = "dead"
        else:
            kept.state, kept.due_at = "failed", now + _WAITS[kept.tries - 1]
        if not answer.ok:
            log.warning("channel %s, message %s: %s", kept.channel, kept.key, answer.text)
        return kept.state


def letters(database: Engine, *, dead: bool = False) -> list[Letter]:
    """Messages that were not sent yet, or only those that are dead."""
    states = ("dead",) if dead else ("pending", "leased", "failed", "dead")
    with Session(for_reading(database)) as session, session.begin():
        rows = session.scalars(select(DeliveryRow).where(DeliveryRow.state.in_(states)).order_by(DeliveryRow.id))
        return [Letter(r.id, r.watch, r.channel, r.state, r.tries, r.due_at, r.answer) for r in rows]


def replay(database: Engine, now: datetime, channel: str | None = None) -> int:
    """Let dead and failed messages be sent again, with the id that they had; how many."""
    with Session(database) as session, session.begin():
        query = select(DeliveryRow.id).where(DeliveryRow.state.in_(("dead", "failed")))
        found = list(session.scalars(query if channel is None else query.where(DeliveryRow.channel == channel)))
        session.execute(update(DeliveryRow).where(DeliveryRow.id.in_(found)).values(state="pending", tries=0, due_at=now))
        return len(found)


def trial(now: datetime) -> bytes:
    """A message that only says that the channel works."""
    event = Event("test", "entered", 0, 1, "https://example.org/", "notices: this channel works", 0, now)
    return msgspec.json.encode(body_of(str(uuid.uuid4()), "test", [event]))
