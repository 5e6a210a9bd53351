"""A source's health, judged from the age and completeness of its data; the report of a run is only one sign among others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Literal

from notices.hours import ZONE
from notices.text.language import _
from pipeline.observe.rhythm import Rhythm, rhythm, silence
from pipeline.observe.yields import ColumnRecord

FAIL_AT = 2.0  # times the allowed silence: by then a source that merely pauses would have published
MISSED_RUNS = 3  # due runs that did not happen: one is a reboot, three are a pattern
RUN_SILENCE = timedelta(hours=24)  # a source due every hour may be silent over a night
STUCK = timedelta(hours=24)  # a run under way for longer than a day hangs
NEW_DAYS = 14  # for so long a source with too few notices to know its rhythm is new rather than unhealthy
UNREADABLE_STREAK = 3  # the newest entries in a row that could not be read: the site answers all alike
TRIED_OFTEN = 3  # runs that could not read even one entry: on a source that publishes monthly, more entries would take months
UNREADABLE_SHARE, UNREADABLE_WORSE = 0.2, 0.5  # of the last RECENT tried: OpenSanctions warns 10-20 % below the healthy value
RECENT = 20  # notices compared with the RECENT before them: 20 % of them are four, more than chance
FILLED, DROP, DROP_WORSE = 0.8, 0.3, 0.5  # a field that was in 80 % of notices, and the fall that counts
EMPTY_STREAK = 5  # at 90 % filled, five empty ones in a row come by chance once in 100,000
EMPTY_ALL = 2  # in a row where none was empty before: enough to look, on a source that publishes monthly
LITTLE_TEXT = 3  # of the newest: one may be a page of pictures
FUTURE_DATES = 1  # one is a slip of the pen; juriscraper stops at more
GONE_NEWEST = 3  # newer notices gone from a list: one or two may have been withdrawn
YIELD_DAYS, YIELD_LEAST, YIELD_SHARE = 28, 10, 0.2  # fewer than a fifth of at least ten expected in four weeks

Level = Literal["degraded", "failing"]
State = Literal["ok", "new", "paused", "degraded", "failing"]


@dataclass(frozen=True, slots=True)
class RunFact:
    """One crawl: `listed` counts entries that the archive saw on lists, whatever the run reported."""

    started_at: datetime
    finished_at: datetime | None
    outcome: str
    reason: str = ""
    listed: int = 0


@dataclass(frozen=True, slots=True)
class ColumnFact:
    """A column's lists in the last finished run: newest date shown, and the newer entries that it no longer shows."""

    url: str
    newest: date | None
    newer_gone: int
    newest_gone: date | None
    last_listed_at: datetime


@dataclass(frozen=True, slots=True)
class Tried:
    """An entry that was fetched: stored, failed, blocked or gone, why, and how often it failed."""

    state: str
    reason: str = ""
    tries: int = 0


Filled = Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Facts:
    """The archive's knowledge of a source. Sequences begin with the newest; `published` counts notices by their date.

    `little_text`: of the RECENT newest, those of which little of the page became text; `yields`: what the lists gave; `last_success`: the end
    of the newest crawl that was done.
    """

    notices: int = 0
    published: Mapping[date, int] = field(default_factory=dict)
    undated: int = 0
    seen: Mapping[date, int] = field(default_factory=dict)
    newest_seen_at: datetime | None = None
    first_run_at: datetime | None = None
    runs: Sequence[RunFact] = ()
    columns: Sequence[ColumnFact] = ()
    tried: Sequence[Tried] = ()
    filled: Sequence[Filled] = ()
    paused_until: datetime | None = None
    yields: tuple[ColumnRecord, ...] = ()
    little_text: int = 0
    last_success: datetime | None = None

    @property
    def filled_shares(self) -> Mapping[str, float]:
        """Of the newest notices, the share that has each field from its page; empty without any."""
        return {name: round(sum(f[name] for f in self.filled) / len(self.filled), 2) for name in (self.filled[0] if self.filled else ())}


@dataclass(frozen=True, slots=True)
class Expected:
    """The demands of the source's file. `missed_runs` counts due runs since the last finished one; `alive` is whether a run has the lock."""

    enabled: bool = True
    known: bool = True
    min_entries: int = 1
    every_days: float | None = None
    max_age_days: int | None = None
    missed_runs: int = 0
    alive: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """One fault, in words with the figures."""

    level: Level
    text: str


@dataclass(frozen=True, slots=True)
class Health:
    """The verdict on a source, with the rhythm it was compared with and the newest date of its notices, future dates left out."""

    state: State
    reasons: tuple[str, ...]
    rhythm: Rhythm
    newest: date | None


def judge(facts: Facts, expected: Expected, now: datetime) -> Health:
    """The source's health at this moment; the gravest reasons come first."""
    today = now.astimezone(ZONE).date()
    days = _known_days(facts, today)
    learned = rhythm(days, expected.every_days)
    newest = max((day for day in facts.published if day <= today), default=None)
    if not expected.known or not expected.enabled:
        why = _("disabled in its file") if expected.known else _("no source file: imported, or its file was removed")
        return Health("paused", (why,), learned, newest)
    found = [*_reasons(facts, expected, now), *_silent(days, learned, expected, today), *_few(days, today), *_future(facts, today)]
    found.sort(key=lambda r: r.level != "failing")
    texts = tuple(r.text for r in found)
    if found:
        return Health(found[0].level, texts, learned, newest)
    young = _youth(facts, learned, now)
    return Health("new" if young else "ok", young, learned, newest)


def _reasons(facts: Facts, expected: Expected, now: datetime) -> Iterator[Reason]:
    yield from _last_run(facts, expected, now)
    yield from _lists(facts, expected)
    yield from _old_lists(facts)
    yield from _unreadable(facts.tried)
    yield from _fields(facts.filled)
    if facts.little_text >= LITTLE_TEXT:
        yield Reason(
            "degraded",
            _("{little_text} of the newest {count} notices have little of their page's block as text: see them with notices show").format(
                little_text=facts.little_text, count=RECENT
            ),
        )
    if facts.paused_until and facts.paused_until > now:
        yield Reason("degraded", _("its server asked to be left alone until {stamp}").format(stamp=_stamp(facts.paused_until)))


def _known_days(facts: Facts, today: date) -> Mapping[date, int]:
    """Publishing days up to today; for a source that mostly gives no dates, the days on which its notices were first seen."""
    dated = sum(facts.published.values())
    days = facts.seen if facts.undated > dated else facts.published
    return {day: n for day, n in days.items() if day <= today}


def _youth(facts: Facts, learned: Rhythm, now: datetime) -> tuple[str, ...]:
    if not any(r.finished_at for r in facts.runs):
        return (_("never run to its end yet"),)
    if learned.usual is None and facts.first_run_at and now - facts.first_run_at < timedelta(days=NEW_DAYS):
        return (
            _("{notices} notices since {stamp}: too few days to know its rhythm").format(
                notices=facts.notices, stamp=_stamp(facts.first_run_at)
            ),
        )
    return ()


def _last_run(facts: Facts, expected: Expected, now: datetime) -> Iterator[Reason]:
    if not facts.runs:
        return
    last = facts.runs[0]
    if last.outcome == "running":
        yield from _running(last, expected, now)
    elif last.outcome in ("failed", "crashed"):
        yield Reason(
            "failing",
            _("run of {stamp} {outcome}{because}").format(
                stamp=_stamp(last.started_at), outcome=_(last.outcome), because=_because(last.reason)
            ),
        )
    elif last.outcome == "partial":
        yield Reason(
            "degraded",
            _("run of {stamp} did not reach its end{because}").format(stamp=_stamp(last.started_at), because=_because(last.reason)),
        )
    finished = next((r.finished_at for r in facts.runs if r.finished_at), None)
    since = finished or facts.runs[-1].started_at
    if expected.missed_runs >= MISSED_RUNS and now - since > RUN_SILENCE:
        yield Reason(
            "failing",
            _("no finished run since {stamp}: {missed_runs} due runs missed").format(stamp=_stamp(since), missed_runs=expected.missed_runs),
        )


def _running(last: RunFact, expected: Expected, now: datetime) -> Iterator[Reason]:
    if not expected.alive:
        yield Reason("failing", _("run of {stamp} ended without reporting").format(stamp=_stamp(last.started_at)))
    elif now - last.started_at > STUCK:
        hours = (now - last.started_at).total_seconds() / 3600
        yield Reason(
            "degraded",
            _("a run has been under way for {hours:.0f} hours, since {stamp}").format(hours=hours, stamp=_stamp(last.started_at)),
        )


def _because(reason: str) -> str:
    return f": {reason[:160]}" if reason else ""


def _lists(facts: Facts, expected: Expected) -> Iterator[Reason]:
    """Too few entries on all lists, or a column that two runs in a row found empty. A run that was stopped proves nothing."""
    ended = [r for r in facts.runs if r.finished_at and r.outcome != "stopped"]
    if not ended or not expected.min_entries:
        return
    last = ended[0]
    if last.listed < expected.min_entries:
        before = next((r.listed for r in ended if r.listed), 0)
        usual = _(", {before} the last time there were any").format(before=before) if before > last.listed else ""
        yield Reason(
            "failing",
            _("{listed} list entries on {stamp}; at least {min_entries} expected{usual}").format(
                listed=last.listed, stamp=_stamp(last.started_at), min_entries=expected.min_entries, usual=usual
            ),
        )
    elif len(ended) > 1:
        since = min(run.started_at for run in ended[:2])  # not in their order when the clock was ahead for one of them
        for column in facts.columns:
            if column.last_listed_at < since:
                yield Reason(
                    "degraded",
                    _("column {url} has shown no entry since {stamp}").format(url=column.url, stamp=_stamp(column.last_listed_at)),
                )


def _old_lists(facts: Facts) -> Iterator[Reason]:
    for column in facts.columns:
        if column.newest and column.newer_gone >= GONE_NEWEST:
            gone = _("{newer_gone} newer ones up to {newest_gone} are gone from it").format(
                newer_gone=column.newer_gone, newest_gone=column.newest_gone
            )
            yield Reason(
                "failing",
                _("list {url} shows only old notices, the newest of {newest}; {gone}").format(
                    url=column.url, newest=column.newest, gone=gone
                ),
            )


def _silent(days: Mapping[date, int], learned: Rhythm, expected: Expected, today: date) -> Iterator[Reason]:
    if not days:
        return
    newest = max(days)
    age, quiet = (today - newest).days, silence(newest, today)
    usual = _("usual {days:g} days").format(days=learned.usual) if learned.usual is not None else _("usual rhythm unknown")
    longest = _(", longest {longest:g} in a year").format(longest=learned.longest) if learned.longest is not None else ""
    words = _("no new notice for {age} days (newest of {newest}); {usual}{longest}").format(
        age=age, newest=newest, usual=usual, longest=longest
    )
    if expected.max_age_days is not None and age > expected.max_age_days:
        yield Reason("failing", _("{words}, at most {max_age_days} allowed").format(words=words, max_age_days=expected.max_age_days))
    elif quiet > learned.allowed:
        yield Reason("failing" if quiet > FAIL_AT * learned.allowed else "degraded", words)


def _few(days: Mapping[date, int], today: date) -> Iterator[Reason]:
    """Notices of the last four weeks against those of the year before."""
    start = today - timedelta(days=YIELD_DAYS)
    earlier = {day: n for day, n in days.items() if start - timedelta(days=365) < day <= start}
    if not earlier:
        return
    span = max(YIELD_DAYS, silence(min(earlier), start))
    usual = sum(earlier.values()) / span * silence(start, today)
    got = sum(n for day, n in days.items() if day > start)
    if usual >= YIELD_LEAST and 0 < got < YIELD_SHARE * usual:
        yield Reason(
            "degraded", _("{got} notices dated in the last {days} days; usual {usual:.0f}").format(got=got, days=YIELD_DAYS, usual=usual)
        )


def _future(facts: Facts, today: date) -> Iterator[Reason]:
    later = {day: n for day, n in facts.published.items() if day > today + timedelta(days=1)}
    if sum(later.values()) > FUTURE_DATES:
        yield Reason(
            "degraded", _("{count} notices are dated in the future, up to {latest}").format(count=sum(later.values()), latest=max(later))
        )


def _unreadable(tried: Sequence[Tried]) -> Iterator[Reason]:
    recent = tried[:RECENT]
    streak = len(list(takewhile(lambda t: t.state != "stored", recent)))
    bad = [t for t in recent if t.state != "stored"]
    share = len(bad) / len(recent) if recent else 0.0
    often = streak > 0 and recent[0].tries >= TRIED_OFTEN
    if len(bad) < UNREADABLE_STREAK and not often:
        return
    why = "; ".join(dict.fromkeys(f"{t.state}{_because(t.reason)}" for t in bad[:3]))
    if streak >= UNREADABLE_STREAK:
        yield Reason("failing", _("the newest {streak} entries could not be read ({why})").format(streak=streak, why=why))
    elif often:
        yield Reason("degraded", _("the newest entry could not be read in {tries} tries ({why})").format(tries=recent[0].tries, why=why))
    elif share >= UNREADABLE_SHARE:
        level: Level = "failing" if share >= UNREADABLE_WORSE else "degraded"
        yield Reason(
            level, _("{count} of the last {all} entries could not be read ({why})").format(count=len(bad), all=len(recent), why=why)
        )


def _fields(filled: Sequence[Filled]) -> Iterator[Reason]:
    """Fields that the newest notices lack and those before them had."""
    for name in filled[0] if filled else ():
        newest, before = _parted([f[name] for f in filled])
        if len(before) < EMPTY_STREAK or sum(before) < FILLED * len(before):
            continue
        drop = sum(before) / len(before) - sum(newest) / len(newest)
        if drop >= DROP:
            grave = name in ("title", "text") and drop >= DROP_WORSE and len(newest) >= EMPTY_STREAK
            words = _("{field} in {now} of the newest {newest} notices, {earlier} of {before} before").format(
                field=_(name), now=sum(newest), newest=len(newest), earlier=sum(before), before=len(before)
            )
            yield Reason("failing" if grave else "degraded", words)


def _parted(values: Sequence[bool]) -> tuple[Sequence[bool], Sequence[bool]]:
    """The newest and those before them: parted where a row of empty ones begins that is too long for chance, else in the middle."""
    streak = len(list(takewhile(lambda v: not v, values)))
    before = values[streak : streak + RECENT]
    least = EMPTY_ALL if len(before) >= EMPTY_STREAK and all(before) else EMPTY_STREAK
    return (values[:streak], before) if streak >= least else (values[:RECENT], values[RECENT : 2 * RECENT])


def _stamp(moment: datetime) -> str:
    return moment.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
