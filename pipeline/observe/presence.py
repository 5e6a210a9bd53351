"""Whether a notice is still there, judged from the observations of it (design: listed, missing, withdrawn, back). Pure.

    listed, back ──an observation that did not read it──► missing ──three dead answers of a healthy site over seven days──► withdrawn
         ▲                                           │                                                                 │
         └──reads again, nothing dead was seen───────┴──reads again, something dead was seen──► back ◄─────────────────┘

Evidence has three strengths. A dead answer (404, 410, a page that says so) speaks of the notice. Being blocked, a host that is down or an
error of the server speak of the site, a list that no longer shows the notice speaks of the list (lists are often capped): they make a
notice missing, never withdrawn, and one that reads again after nothing else was never away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

SEEN = "seen"
GONE_FROM_LIST = "gone_from_list"
ON_LIST_AGAIN = "on_list_again"
OF_THE_LIST = (GONE_FROM_LIST, ON_LIST_AGAIN)
DEAD = frozenset({"http_404", "http_410", "soft_404"})
CONFIRMED_LOOKS, CONFIRMED_SPAN = 3, timedelta(days=7)
_SOON = tuple(timedelta(days=d) for d in (1, 3, 7, 7, 30, 30))  # four observations within 18 days confirm a withdrawal; later ones can wait


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an observation showed: one of the kinds above or why the page could not be read, and the detail that was given."""

    kind: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """One observation of a notice: its evidence, and whether the site was healthy in that run. `at` is an aware UTC time."""

    at: datetime
    evidence: str
    healthy: bool


@dataclass(frozen=True, slots=True)
class Presence:
    """The state, since when, and its evidence: the newest of the strongest kind ("" when listed or back).

    `unread` counts the observations in a row that did not read it, `dead` those of them that confirm, the first at `dead_since`. `when_read` is the
    state and its time that the notice returns to when nothing dead was seen of it.
    """

    state: str = "listed"
    since: datetime | None = None
    evidence: str = ""
    unread: int = 0
    dead: int = 0
    dead_since: datetime | None = None
    when_read: tuple[str, datetime | None] = ("listed", None)


def presence(observations: Iterable[Observation]) -> Presence:
    """The state after these observations, in order of time."""
    return [Presence(), *presences(observations)][-1]


def presences(observations: Iterable[Observation]) -> Iterator[Presence]:
    """The state after each of these observations."""
    now = Presence()
    for observation in observations:
        now = _after(now, observation)
        yield now


def strength(evidence: str) -> int:
    """How much evidence says of the notice itself: 2 a dead answer, 1 another failure, 0 a list without it."""
    return 2 if evidence in DEAD else 0 if evidence == GONE_FROM_LIST else 1


def _after(before: Presence, observation: Observation) -> Presence:
    if observation.evidence == SEEN:
        return _read_again(before, observation.at)
    if observation.evidence == ON_LIST_AGAIN:
        return Presence(*before.when_read) if before.evidence == GONE_FROM_LIST else before
    unread = replace(_missing(before, observation), unread=before.unread + (observation.evidence != GONE_FROM_LIST))
    return _dead(unread, observation) if observation.evidence in DEAD else unread


def _read_again(before: Presence, at: datetime) -> Presence:
    if before.state == "withdrawn" or (before.state == "missing" and before.evidence in DEAD):
        return Presence("back", at)
    return Presence(*(before.when_read if before.state == "missing" else (before.state, before.since)))


def _missing(before: Presence, observation: Observation) -> Presence:
    """After a observation that did not read it; weaker evidence never takes the place of stronger."""
    if before.state == "withdrawn":
        return before
    if before.state == "missing":
        return replace(before, evidence=observation.evidence) if strength(observation.evidence) >= strength(before.evidence) else before
    return Presence("missing", observation.at, observation.evidence, when_read=(before.state, before.since))


def _dead(before: Presence, observation: Observation) -> Presence:
    """After a dead answer; one of an unhealthy site confirms nothing."""
    since = before.dead_since or (observation.at if observation.healthy else None)
    counted = replace(before, dead=before.dead + observation.healthy, dead_since=since)
    if before.state == "withdrawn":
        return counted
    confirmed = observation.healthy and counted.dead >= CONFIRMED_LOOKS and since is not None and observation.at - since >= CONFIRMED_SPAN
    return replace(counted, state="withdrawn", since=observation.at) if confirmed else counted


def next_reading(first_seen: datetime, now: datetime, days: Sequence[int], unread: int = 0) -> datetime | None:
    """When a notice is read again: at these ages in days, after the last of them every so many; sooner while it is unread. None: never."""
    if not days:
        return None
    if 0 < unread <= len(_SOON):
        return now + _SOON[unread - 1]
    age = now - first_seen
    due = next((timedelta(days=d) for d in days if timedelta(days=d) > age), None)
    return first_seen + due if due is not None else now + timedelta(days=days[-1])
