"""Deadlines and periods that notices state, each with its sentence, and as a calendar (RFC 5545)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Engine, select

from notices.hours import ZONE
from notices.text.display import masked
from pipeline.anatomy.periods import moment_of
from pipeline.sql import tables
from pipeline.sql.withheld import reading, withheld

_BATCH = 500
_ZONE_LINES = (
    "BEGIN:VTIMEZONE", "TZID:Asia/Shanghai", "BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0800", "TZOFFSETTO:+0800",
    "TZNAME:CST", "END:STANDARD", "END:VTIMEZONE",
)  # fmt: skip
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Deadline:
    """A span that a notice states: local times in Asia/Shanghai, `end` exclusive; `position` is its place among those of the notice."""

    notice: int
    revision: int
    url: str
    title: str
    state: str
    label: str
    start: datetime | None
    end: datetime
    year_inferred: bool
    sentence: str
    position: int

    @property
    def whole_days(self) -> bool:
        """Whether no clock time is stated."""
        return self.end.time() == time() and (self.start is None or self.start.time() == time())


@dataclass(frozen=True, slots=True)
class Term:
    """A span that a notice states without the day of its end: so many days from a publication on, or a day of a year that is not known."""

    notice: int
    revision: int
    url: str
    title: str
    state: str
    label: str
    start: datetime | None
    sentence: str
    position: int


_Facts = tuple[int, int, str, str, str]


def deadlines(database: Engine, since: datetime | None = None, notices: Collection[int] | None = None) -> list[Deadline]:
    """Those that end after `since` (aware), of all notices or of some, the next first; withdrawn notices too."""
    local = since.astimezone(ZONE).replace(tzinfo=None) if since else None
    found = [each for stated in _all(database, notices) if (each := _dated(*stated)) and (local is None or each.end > local)]
    return sorted(found, key=lambda each: (each.end, each.notice, each.position))


def terms(database: Engine, notices: Collection[int] | None = None) -> list[Term]:
    """Those without the day of their end, of all notices or of some, in order of the notices."""
    return [each for stated in _all(database, notices) if (each := _term(*stated))]


def _all(database: Engine, notices: Collection[int] | None) -> Iterator[tuple[_Facts, int, Mapping[str, object]]]:
    """Every stated period: its notice, its place among those of the notice, and the period as it is stored."""
    row, notice, last = tables.RevisionRow, tables.NoticeRow, 0
    query = (
        select(notice.id, row.n, notice.url, row.title, notice.state, row.anatomy)
        .join(row.notice)
        .where(row.n == notice.revisions)
        .order_by(notice.id)
        .limit(_BATCH)
    )
    if notices is not None and len(notices) <= _BATCH:  # some notices are looked up, not looked for
        query = query.where(notice.id.in_(notices))
    while True:
        with reading(database) as session:
            rows, hidden = session.execute(query.where(notice.id > last)).all(), withheld(session)
        if not rows:
            return
        last = rows[-1][0]
        for ident, n, url, title, state, anatomy in rows:
            if notices is None or ident in notices:
                known = hidden.value(ident, anatomy)
                facts = ident, n, url, masked(hidden.text(ident, title)), state
                yield from ((facts, position, period) for position, period in enumerate(_periods(known), 1))


def _periods(anatomy: object) -> list[Mapping[str, object]]:
    periods = anatomy.get("periods") if isinstance(anatomy, dict) else None
    return [each if isinstance(each, dict) else {} for each in periods] if isinstance(periods, list) else []


def _dated(facts: _Facts, position: int, period: Mapping[str, object]) -> Deadline | None:
    end = moment_of(period.get("end"))
    if end is None:
        return None
    start, inferred = moment_of(period.get("start")), bool(period.get("year_inferred"))
    return Deadline(*facts, _label(period), start, end, inferred, _sentence(period), position)


def _term(facts: _Facts, position: int, period: Mapping[str, object]) -> Term | None:
    if not period or moment_of(period.get("end")) is not None:
        return None
    return Term(*facts, _label(period), moment_of(period.get("start")), _sentence(period), position)


def _label(period: Mapping[str, object]) -> str:
    return str(period.get("label") or "")


def _sentence(period: Mapping[str, object]) -> str:
    return masked(str(period.get("sentence") or ""))


def calendar(found: Iterable[Deadline], archive: str, now: datetime) -> bytes:
    """The deadlines as an iCalendar file. A UID stays the same over revisions; a withdrawn notice's events are cancelled."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//notices//deadlines//ZH", "CALSCALE:GREGORIAN", *_ZONE_LINES]
    for each in found:
        lines += _event(each, archive, now)
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"]).encode()


def _event(each: Deadline, archive: str, now: datetime) -> list[str]:
    note = each.sentence + ("\n（年份由发布日期推断）" if each.year_inferred else "")
    return [
        "BEGIN:VEVENT",
        f"UID:{each.notice}-{each.position}@{archive}",
        f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"SEQUENCE:{each.revision}",
        *_span(each),
        f"SUMMARY:{_text(f'{each.label}：{each.title}')}",
        f"DESCRIPTION:{_text(note)}",
        f"URL:{_CONTROLS.sub('', each.url)}",
        f"STATUS:{'CANCELLED' if each.state == 'withdrawn' else 'CONFIRMED'}",
        "END:VEVENT",
    ]


def _span(each: Deadline) -> list[str]:
    if each.whole_days:
        first = each.start.date() if each.start else each.end.date() - timedelta(days=1)
        return [f"DTSTART;VALUE=DATE:{_day(first)}", f"DTEND;VALUE=DATE:{_day(max(each.end.date(), first + timedelta(days=1)))}"]
    begin = each.start or each.end
    return [f"DTSTART;TZID=Asia/Shanghai:{_clock(begin)}", f"DTEND;TZID=Asia/Shanghai:{_clock(max(each.end, begin))}"]


def _day(value: date) -> str:
    return value.isoformat().replace("-", "")


def _clock(value: datetime) -> str:
    return value.isoformat(timespec="seconds").replace("-", "").replace(":", "")


def _text(value: str) -> str:
    value = _CONTROLS.sub("", value.replace("\r", ""))
    return value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> str:
    """Lines of at most 75 octets, characters whole (RFC 5545, 3.1)."""
    pieces, piece = list[str](), ""
    for char in line:
        if len((piece + char).encode()) > 74:
            pieces.append(piece)
            piece = ""
        piece += char
    return "\r\n ".join([*pieces, piece])
