"""Whether a notice is still there, judged from what was seen of it (design: listed, missing, withdrawn, back). Pure.

    listed, back ──a dead answer──► missing ──three of a healthy site over seven days──► withdrawn
                                       │                                                     │
                                       └────────── reads as the notice again ──► back ◄──────┘

A dead answer is 404, 410 or a page that says so. Being blocked, a host that is down, an error of the server and a list that no longer
shows the notice (lists are often capped) are noted and move nothing: they tell of the site or of the list, not of the notice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

SEEN = "seen"
GONE_FROM_LIST = "gone_from_list"
DEAD = frozenset({"http_404", "http_410", "soft_404"})
CONFIRMED_LOOKS, CONFIRMED_SPAN = 3, timedelta(days=7)
_SOON = tuple(timedelta(days=d) for d in (1, 3, 7, 7, 30, 30))  # four looks within 18 days confirm a withdrawal; then patience


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a notice: what it showed, and whether the site was well in that run. `at` is an aware UTC time."""

    at: datetime
    evidence: str
    healthy: bool


@dataclass(frozen=True, slots=True)
class Presence:
    """The state, since when, and its evidence ("" when listed or back).

    `unread` counts the looks in a row that did not read it, `dead` those of them that confirm, the first at `dead_since`.
    """

    state: str = "listed"
    since: datetime | None = None
    evidence: str = ""
    unread: int = 0
    dead: int = 0
    dead_since: datetime | None = None


def presence(looks: Sequence[Look]) -> Presence:
    """The state after these looks, in order of time."""
    now = Presence()
    for look in looks:
        now = _after(now, look)
    return now


def _after(before: Presence, look: Look) -> Presence:
    if look.evidence == SEEN:
        gone = before.state in ("missing", "withdrawn")
        return Presence("back", look.at) if gone else Presence(before.state, before.since)
    if look.evidence == GONE_FROM_LIST:
        return before
    unread = replace(before, unread=before.unread + 1)
    return _dead(unread, look) if look.evidence in DEAD else unread


def _dead(before: Presence, look: Look) -> Presence:
    """After a dead answer; one of a site that was not well makes it missing and confirms nothing."""
    since = before.dead_since or (look.at if look.healthy else None)
    counted = replace(before, dead=before.dead + look.healthy, dead_since=since)
    if before.state == "withdrawn":
        return counted
    confirmed = look.healthy and counted.dead >= CONFIRMED_LOOKS and since is not None and look.at - since >= CONFIRMED_SPAN
    state = "withdrawn" if confirmed else "missing"
    return replace(counted, state=state, since=before.since if before.state == state else look.at, evidence=look.evidence)


def next_reading(first_seen: datetime, now: datetime, days: Sequence[int], unread: int = 0) -> datetime | None:
    """When a notice is read again: at these ages in days, after the last of them every so many; sooner while it is unread. None: never."""
    if not days:
        return None
    if 0 < unread <= len(_SOON):
        return now + _SOON[unread - 1]
    age = now - first_seen
    due = next((timedelta(days=d) for d in days if timedelta(days=d) > age), None)
    return first_seen + due if due is not None else now + timedelta(days=days[-1])
