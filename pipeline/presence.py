"""Whether a notice is still there, judged from what was seen of it (design: listed, missing, withdrawn, back). Pure.

    listed ──any absence──► missing ──three dead answers over seven days──► withdrawn
       ▲                      │                                                │
       └── answers, was only ─┴── answers again after a dead answer ──► back ◄─┘
           off the list, blocked or out of reach

A dead answer is 404, 410 or a page that says so. Being blocked, a host that is down and a list that no longer shows the notice are
evidence of an absence, never that the notice was withdrawn; nor is a dead answer of a site that was not well itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SEEN = "seen"
GONE_FROM_LIST = "gone_from_list"
DEAD = frozenset({"http_404", "http_410", "soft_404"})
CONFIRMED_LOOKS, CONFIRMED_SPAN = 3, timedelta(days=7)
_SOON = (timedelta(days=1), timedelta(days=3), timedelta(days=7), timedelta(days=7))


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a notice: what it showed, and whether the site was well in that run. `at` is an aware UTC time."""

    at: datetime
    evidence: str
    healthy: bool


@dataclass(frozen=True, slots=True)
class Presence:
    """The state, since when, and the evidence for it ("" when listed); `absent` looks in a row, of which `dead` are confirming."""

    state: str = "listed"
    since: datetime | None = None
    evidence: str = ""
    absent: int = 0
    dead: int = 0


def presence(looks: Sequence[Look]) -> Presence:
    """The state after these looks, in order of time."""
    now, first_dead, was_dead = Presence(), None, False
    for look in looks:
        if look.evidence == SEEN:
            now = _answered(now, look, was_dead)
            first_dead, was_dead = None, False
            continue
        confirming = look.evidence in DEAD and look.healthy
        first_dead = first_dead or (look.at if confirming else None)
        was_dead = was_dead or look.evidence in DEAD
        now = _absent(now, look, confirming, first_dead)
    return now


def _answered(before: Presence, look: Look, was_dead: bool) -> Presence:
    if before.state == "withdrawn" or (before.state == "missing" and was_dead):
        return Presence("back", look.at)
    return Presence() if before.state == "missing" else before


def _absent(before: Presence, look: Look, confirming: bool, first_dead: datetime | None) -> Presence:
    dead = before.dead + confirming
    confirmed = dead >= CONFIRMED_LOOKS and first_dead is not None and look.at - first_dead >= CONFIRMED_SPAN
    state = "withdrawn" if before.state == "withdrawn" or (confirming and confirmed) else "missing"
    since = before.since if before.state == state else look.at
    kept = before.evidence if before.state == "withdrawn" else look.evidence
    return Presence(state, since, kept, before.absent + 1, dead)


def next_reading(first_seen: datetime, now: datetime, days: Sequence[int], absent: int = 0) -> datetime | None:
    """When a notice is read again: at these ages in days, after the last of them every so many; sooner while it is absent. None: never."""
    if not days:
        return None
    if 0 < absent <= len(_SOON):
        return now + _SOON[absent - 1]
    age = now - first_seen
    due = next((timedelta(days=d) for d in days if timedelta(days=d) > age), None)
    return first_seen + due if due is not None else now + timedelta(days=days[-1])
