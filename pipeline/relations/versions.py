"""The newest version of an instrument: what amended, replaced or repealed it, and what did so to that, to the end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from notices.text.fold import fold
from pipeline.relations.citations import Instrument, Link, cited_by

MOST_STEPS = 20
_SUCCEEDING = ("amends", "replaces", "repeals")
_MARKS_AT_END = re.compile(r"(?:[（(][^（）()]{0,30}[）)]\s*)+$")
_ONLY_REPEALS = re.compile("(?:废止|宣布失效|失效)[^《》]{0,30}(?:决定|公告|通知|目录|通告|令)")


@dataclass(frozen=True, slots=True)
class Step:
    """One step towards the newest version: the relation that the later instrument states, and that instrument.

    "edition": the later one bears the same title and names the earlier one, as a regulation that is published again as amended does.
    """

    relation: str
    instrument: Instrument


def newest_version(session: Session, one: Instrument, links: list[Link]) -> tuple[Step, ...]:
    """The steps from an instrument to its newest version, none when it is the newest; `links` are what cites it.

    A decision that only repeals ends an instrument and is not a version of it. Bounded, and no instrument comes twice.
    """
    steps: list[Step] = []
    seen = {one.group}
    while len(steps) < MOST_STEPS:
        later = [link for link in links if _succeeds(link, steps[-1].instrument if steps else one, seen)]
        if not later:
            break
        link = max(later, key=_order)
        if link.other is None:  # _succeeds has seen to it
            break
        steps.append(Step(link.relation if link.relation in _SUCCEEDING else "edition", link.other))
        seen.add(link.other.group)
        links = cited_by(session, link.other)
    return tuple(steps)


def _succeeds(link: Link, earlier: Instrument, seen: set[int]) -> bool:
    other = link.other
    if other is None or other.group in seen or link.candidates:
        return False
    if link.relation not in _SUCCEEDING:
        return link.relation == "cites" and _is_edition(other, earlier)
    if link.relation == "repeals" and _ONLY_REPEALS.search(other.title):
        return False
    return not (other.date and earlier.date and other.date < earlier.date)


def _is_edition(other: Instrument, earlier: Instrument) -> bool:
    """Whether a later instrument has the title of the earlier one, but for marks such as （2017年修订） at its end."""
    if not (other.date and earlier.date and other.date > earlier.date):
        return False
    titles = [_MARKS_AT_END.sub("", each.title.strip()) for each in (other, earlier)]
    return bool(titles[0]) and fold(titles[0]) == fold(titles[1])


def _order(link: Link) -> tuple[date, int]:
    day = link.other.date if link.other else None
    return day or date.min, link.other.id if link.other else 0
