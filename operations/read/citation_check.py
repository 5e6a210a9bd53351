"""Checking citations: for every 《title》 and document number in a text, whether this archive contains the document, and in which state."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from notices.errors import QueryLimitError
from notices.model import DocumentNumber
from notices.reference.numbers import find_numbers
from notices.text.display import masked
from notices.text.language import _
from operations.read.notice_views import Brief, brief, relations
from pipeline.relations.citations import Instrument, meant
from pipeline.sql.database import for_reading
from pipeline.sql.outbox import newest_revisions
from pipeline.sql.withheld import reading

_LONGEST_LEAD = 6  # 同时废止临政…, 现按照临政…: words that a code cannot be told from without a list of codes
LONGEST, MOST = 20_000, 100  # characters of a text, and citations that are looked up
_TITLE = re.compile("《([^《》\n]{2,200}(?:《[^《》\n]{1,200}》[^《》\n]{0,100})*)》")
_NUMBER_AFTER = re.compile(r"\s{0,2}[（(\[]?\s{0,2}$")  # between a title and its own number: 《…》（国发〔2017〕1号）


@dataclass(frozen=True, slots=True)
class CheckedCitation:
    """What a citation names, and what the archive knows of it.

    `start` and `end` are characters of the text that was given. `verdict`: found; changed (amended, or edited silently since it was first archived);
    withdrawn (missing or withdrawn at its source); repealed (or replaced); ambiguous (`candidates`); not_held: this archive does not contain it,
    which says nothing about whether it exists. `because` names the instruments that repealed, replaced or amended it.
    """

    start: int
    end: int
    title: str | None
    number: str | None
    verdict: str
    notice: Brief | None = None
    candidates: tuple[Brief, ...] = ()
    because: tuple[Brief, ...] = ()
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class _Cited:
    start: int
    end: int
    title: str | None
    number: DocumentNumber | None


def check_citations(database: Engine, text: str) -> tuple[CheckedCitation, ...]:
    """Every citation in the text, in order. Raises QueryLimitError for a text beyond LONGEST or with more than MOST citations."""
    if len(text) > LONGEST:
        raise QueryLimitError(_("the text has {count} characters, at most {most} are checked").format(count=len(text), most=LONGEST))
    found = list(_cited(text))
    if len(found) > MOST:
        raise QueryLimitError(_("the text has {count} citations, at most {most} are checked").format(count=len(found), most=MOST))
    return tuple(_checked(database, each) for each in found)


def _cited(text: str) -> Iterator[_Cited]:
    """Titles, each with the number right behind it, and the numbers that belong to none."""
    numbers = find_numbers(text)
    taken: set[int] = set()
    found: list[_Cited] = []
    for match in _TITLE.finditer(text):
        own = next((n for n in numbers if 0 <= n[0] - match.end() < 5 and _NUMBER_AFTER.match(text[match.end() : n[0]])), None)
        if own:
            taken.add(own[0])
        found.append(_Cited(match.start(), own[1] if own else match.end(), match[1], own[2] if own else None))
    inside = [(each.start, each.end) for each in found]
    found += [_Cited(s, e, None, n) for s, e, n in numbers if s not in taken and not any(a <= s < b for a, b in inside)]
    yield from sorted(found, key=lambda each: each.start)


def _checked(database: Engine, cited: _Cited) -> CheckedCitation:
    with reading(database) as session:
        found, lead = _meant(session, cited)
        candidates = tuple(map(brief, found[:10]))
    number = cited.number.display[lead:] if cited.number else None
    plain = CheckedCitation(cited.start + lead, cited.end, masked(cited.title) if cited.title else None, number, "not_held")
    if not found:
        return plain
    if len(found) > 1:
        return replace(plain, verdict="ambiguous", candidates=candidates)
    return _of_one(database, plain, found[0])


def _meant(session: Session, cited: _Cited) -> tuple[list[Instrument], int]:
    """The instruments that a citation may mean, and how many characters of a number belong to the words before it (按临政〔2018〕5号)."""
    number = cited.number
    found = meant(session, number.key if number else None, cited.title)
    if found or number is None or cited.title:
        return found, 0
    for lead in range(1, min(_LONGEST_LEAD, len(number.code) - 2) + 1):
        if number.display.startswith(number.code) and (found := meant(session, number.key.removeprefix(number.code[:lead]), None)):
            return found, lead
    return [], 0


def _of_one(database: Engine, plain: CheckedCitation, one: Instrument) -> CheckedCitation:
    (known,) = relations(database, [one.id])
    revision = newest_revisions(for_reading(database), [one.id])[0].n
    gone, changed = (*known.repealed_by, *known.replaced_by), known.amended_by
    verdict = (
        "repealed" if gone else "withdrawn" if one.state in ("withdrawn", "missing") else "changed" if changed or revision > 1 else "found"
    )
    return replace(plain, verdict=verdict, notice=known.instrument, because=gone or changed, revision=revision)
