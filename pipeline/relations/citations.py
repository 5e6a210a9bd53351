"""What an instrument cites and what cites it, in both directions (reference/domain.md §6).

Nothing is resolved when it is stored: a target may arrive years after the text that names it. A citation means the instrument that
bears its number; without one that does, the instrument of its title. Where several fit, all are candidates and none is chosen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, contains_eager, load_only

from pipeline.anatomy.lines import fold_title
from pipeline.relations.duplicates import candidate_keys, fingerprint
from pipeline.sql import tables

SHORTEST_TITLE = 6
_CARRIED = re.compile("《([^《》]{4,})》")
_CARRYING = tuple(f"title:关于{verb}{{}}的{kind}" for verb in ("印发", "公布", "发布", "下发", "颁布") for kind in ("通知", "公告", "决定"))
_GROUP = func.coalesce(tables.NoticeRow.group_id, tables.NoticeRow.id)
_READ = (  # not the texts, which are most of a row
    tables.RevisionRow.notice_id, tables.RevisionRow.title, tables.RevisionRow.document_number, tables.RevisionRow.number_key, tables.RevisionRow.issuer,
    tables.RevisionRow.written_date, tables.RevisionRow.published_date,
)  # fmt: skip
_NEWEST = tables.RevisionRow.n == tables.NoticeRow.revisions


@dataclass(frozen=True, slots=True)
class Instrument:
    """One document with all its copies; `id` is the copy to show, `group` names the instrument, `date` is written or published."""

    group: int
    id: int
    title: str
    document_number: str | None
    issuer: str | None
    date: date | None
    state: str
    copies: tuple[int, ...]
    numbers: frozenset[str]
    titles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Link:
    """A relation that a text states: title and number as it writes them, the other instrument, or those that it may be."""

    relation: str
    title: str | None
    number: str | None
    sentence: str
    other: Instrument | None
    candidates: tuple[int, ...] = ()


def instrument_of(session: Session, notice_id: int) -> Instrument:
    """The instrument that a notice is a copy of; the notice must exist."""
    notice = session.get_one(tables.NoticeRow, notice_id)
    return instruments(session, [notice.group_id or notice.id])[0]


def instruments(session: Session, groups: Iterable[int]) -> list[Instrument]:
    """The instruments of these groups, in their order."""
    wanted = list(dict.fromkeys(groups))
    members: dict[int, list[tables.RevisionRow]] = {group: [] for group in wanted}
    for start in range(0, len(wanted), 400):
        some = wanted[start : start + 400]
        of_group = or_(tables.NoticeRow.group_id.in_(some), tables.NoticeRow.id.in_(some))
        query = select(tables.RevisionRow).join(tables.RevisionRow.notice).where(of_group, _NEWEST).order_by(tables.NoticeRow.id)
        for revision in session.scalars(query.options(contains_eager(tables.RevisionRow.notice), load_only(*_READ))):
            members[revision.notice.group_id or revision.notice.id].append(revision)
    return [_instrument(group, revisions) for group, revisions in members.items() if revisions]


def _instrument(group: int, revisions: list[tables.RevisionRow]) -> Instrument:
    shown = next((r for r in revisions if r.notice.state in ("listed", "back")), revisions[0])
    titles = {key for r in revisions for key in title_keys(r.title) + carried_keys(r.title)}
    dates = [d for r in (shown, *revisions) for d in (r.written_date, r.published_date) if d]
    return Instrument(
        group, shown.notice_id, shown.title, shown.document_number or next((r.document_number for r in revisions if r.document_number), None),
        shown.issuer, dates[0] if dates else None, shown.notice.state, tuple(r.notice_id for r in revisions),
        frozenset(r.number_key for r in revisions if r.number_key), frozenset(titles),
    )  # fmt: skip


def title_key(title: str | None) -> str | None:
    """The key that instruments of this title have in InstrumentKey; None for a title too short to mean one instrument."""
    keys = candidate_keys(fingerprint("", title=title or ""))
    return next((key for key in keys if key.startswith("title:") and len(key) - len("title:") >= SHORTEST_TITLE), None)


def title_keys(title: str | None) -> tuple[str, ...]:
    """The title's key, if it has one."""
    key = title_key(title)
    return (key,) if key else ()


def carried_keys(title: str) -> tuple[str, ...]:
    """The title keys of what a title issues: 关于印发《X》的通知 is X as well."""
    own = {key for key in title_keys(title)}
    carried = [(x, fold_title(x)) for x in _CARRIED.findall(title)]
    return tuple(key for x, folded in carried if own & {form.format(folded) for form in _CARRYING} for key in title_keys(x))


def meant(session: Session, key: str | None, title: str | None) -> list[Instrument]:
    """The instruments that a number or a title may mean: one where it is clear, empty where the archive contains none."""
    found = _of_number(session, key) if key else []
    keys = set(title_keys(title))
    if found and keys and len(found) > 1:
        found = [f for f in found if f.titles & keys] or found
    if not found and keys:
        found = [f for f in _of_title(session, title or "", keys) if not key or not f.numbers]
    return found


def known_then(found: list[Instrument], cited_on: date | None) -> list[Instrument]:
    """Of several instruments those that a text of that day can have meant."""
    if len(found) < 2 or cited_on is None:
        return found
    return [f for f in found if not f.date or f.date <= cited_on] or found


def _of_number(session: Session, key: str) -> list[Instrument]:
    query = (
        select(_GROUP)
        .join(tables.RevisionRow, tables.RevisionRow.notice_id == tables.NoticeRow.id)
        .where(_NEWEST, tables.RevisionRow.number_key == key)
    )
    return instruments(session, session.scalars(query))


def _of_title(session: Session, title: str, keys: set[str]) -> list[Instrument]:
    forms = keys | {form.format(fold_title(title)) for form in _CARRYING}
    query = select(_GROUP).join(tables.InstrumentKeyRow, tables.InstrumentKeyRow.notice_id == tables.NoticeRow.id)
    found = instruments(session, session.scalars(query.where(tables.InstrumentKeyRow.key.in_(forms)).order_by(_GROUP)))
    return [f for f in found if f.titles & keys]  # a key of an earlier revision, or a form that carries another title, does not count


def cites(session: Session, one: Instrument) -> list[Link]:
    """What the instrument's newest texts state, each target once, in order of the text."""
    links: dict[tuple[str, str], Link] = {}
    for row, _notice_id in session.execute(_citations().where(tables.RevisionRow.notice_id.in_(one.copies))):
        found = known_then(meant(session, row.target_key, row.target_title), one.date)
        if row.relation == "repeals-self" or one.group not in {f.group for f in found}:
            key = row.relation, row.target_key or fold_title(row.target_title or row.sentence)
            links.setdefault(key, _link(row, found))
    return list(links.values())


def repealed_by(session: Session, revision: tables.RevisionRow) -> list[int]:
    """The notices, all copies, that a revision says it repeals or replaces, where it is clear which instrument is meant."""
    stated = [row for row in revision.citations if row.relation in ("repeals", "replaces")]
    day, found = revision.written_date or revision.published_date, list[int]()
    for row in stated:
        possible = known_then(meant(session, row.target_key, row.target_title), day)
        if len(possible) == 1 and revision.notice_id not in possible[0].copies:
            found += possible[0].copies
    return list(dict.fromkeys(found))


def _citations() -> Select[tables.CitationRow, int]:
    """The citations of newest revisions, with the notice that states each."""
    query = select(tables.CitationRow, tables.RevisionRow.notice_id).join(
        tables.RevisionRow, tables.CitationRow.revision_id == tables.RevisionRow.id
    )
    return query.join(tables.RevisionRow.notice).where(_NEWEST).order_by(tables.RevisionRow.notice_id, tables.CitationRow.id)


def _link(row: tables.CitationRow, found: Sequence[Instrument]) -> Link:
    other = found[0] if len(found) == 1 else None
    return Link(row.relation, row.target_title, row.target_number, row.sentence, other, () if other else tuple(f.id for f in found))


def cited_by(session: Session, one: Instrument) -> list[Link]:
    """What other instruments' newest texts state of this one, each relation of each once; `other` is the one that states it."""
    rows = session.execute(_citations().where(_may_mean(one))).all()
    notices = {notice_id for _row, notice_id in rows}
    citing = {n: i for i in instruments(session, _groups(session, notices)) for n in i.copies}
    known: dict[tuple[str | None, str | None], list[Instrument]] = {}
    links: dict[tuple[int, str], Link] = {}
    for row, notice_id in rows:
        other = citing[notice_id]
        asked = row.target_key, row.target_title
        if asked not in known:
            known[asked] = meant(session, *asked)
        found = known_then(known[asked], other.date)
        if other.group != one.group and one.group in {f.group for f in found}:
            candidates = tuple(f.id for f in found) if len(found) > 1 else ()
            links.setdefault(
                (other.group, row.relation), Link(row.relation, row.target_title, row.target_number, row.sentence, other, candidates)
            )
    return sorted(links.values(), key=lambda link: link.other.date if link.other and link.other.date else date.min, reverse=True)


def _groups(session: Session, notices: set[int]) -> list[int]:
    wanted, found = sorted(notices), list[int]()
    for start in range(0, len(wanted), 400):
        found += session.scalars(select(_GROUP).where(tables.NoticeRow.id.in_(wanted[start : start + 400]))).all()
    return list(dict.fromkeys(found))


def _may_mean(one: Instrument) -> ColumnElement[bool]:
    """The condition of citations worth resolving: the number, or the key of one of the titles."""
    return or_(tables.CitationRow.target_key.in_(one.numbers), tables.CitationRow.title_key.in_(one.titles))
