"""The notices that somebody means by an id, a document number, an address or a title."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Engine, or_, select
from sqlalchemy.orm import Session

from notices.errors import UnknownName
from notices.reference.numbers import parse_number
from notices.text.display import masked, safe
from notices.text.language import _
from notices.urls import is_address, url_key
from pipeline.relations.citations import title_keys
from pipeline.sql import tables
from pipeline.sql.withheld import reading, taken_down, withheld

_MOST_DIGITS = 18  # an SQL integer has 19
_MOST_CANDIDATES = 10
_NEWEST = tables.RevisionRow.n == tables.NoticeRow.revisions


def find_ids(database: Engine, wanted: str) -> list[int]:
    """Ids of the notices that an id, a document number, an address or a title means, copies of one instrument included.

    A part of a title is enough where only one notice has it. Raises UnknownName with the candidates, or with a way to search; TakenDown.
    """
    wanted = wanted.strip()
    with reading(database) as session:
        for row in withheld(session).whole.values():
            if wanted == str(row.notice_id) or (is_address(wanted) and url_key(wanted) == row.key):
                raise taken_down(row)
        for condition in _readings(wanted):
            if ids := _ids(session, condition):
                return ids
        partly = _ids(session, tables.RevisionRow.title.contains(wanted, autoescape=True)) if wanted else []
        if len(partly) == 1:
            return partly
        raise UnknownName(
            _candidates(session, _("{count} notices have {wanted!r} in their title").format(count=len(partly), wanted=wanted), partly)
            if partly
            else _unknown(wanted)
        )


def find_id(database: Engine, wanted: str) -> int:
    """The one notice that is meant. Raises UnknownName with the candidates when there are several."""
    ids = find_ids(database, wanted)
    if len(ids) > 1:
        with reading(database) as session:
            raise UnknownName(_candidates(session, _("{wanted!r} means {count} notices").format(wanted=wanted, count=len(ids)), ids))
    return ids[0]


def _readings(wanted: str) -> Iterable[ColumnElement[bool]]:
    """The conditions that the words may mean, the narrowest first."""
    if wanted.isascii() and wanted.isdigit():
        yield tables.NoticeRow.id == int(wanted[:_MOST_DIGITS])
    if is_address(wanted):
        yield tables.NoticeRow.key == url_key(wanted)
    if number := parse_number(wanted):
        yield tables.RevisionRow.number_key == number.key
    same = tables.RevisionRow.title == wanted
    keys = title_keys(wanted)
    having = select(tables.InstrumentKeyRow.notice_id).where(tables.InstrumentKeyRow.key.in_(keys))
    yield or_(same, tables.NoticeRow.id.in_(having)) if keys else same


def _ids(session: Session, condition: ColumnElement[bool]) -> list[int]:
    query = select(tables.NoticeRow.id).join(tables.RevisionRow, tables.RevisionRow.notice_id == tables.NoticeRow.id)
    return list(session.scalars(query.where(_NEWEST, condition).order_by(tables.NoticeRow.id)))


def _candidates(session: Session, heading: str, ids: Sequence[int]) -> str:
    query = select(tables.RevisionRow).join(tables.RevisionRow.notice).where(_NEWEST, tables.NoticeRow.id.in_(ids[:_MOST_CANDIDATES]))
    lines = [_line(row) for row in session.scalars(query.order_by(tables.NoticeRow.id))]
    more = ["  " + _("… {count} more").format(count=len(ids) - len(lines))] if len(ids) > len(lines) else []
    return "\n".join([_("{heading}; name one by its id:").format(heading=heading), *lines, *more])


def _line(row: tables.RevisionRow) -> str:
    facts = (row.published_date.isoformat() if row.published_date else "", row.document_number or "")
    return "  ".join(["", str(row.notice_id), safe(masked(row.title)), *(safe(f) for f in facts if f)])


def _unknown(wanted: str) -> str:
    shown = safe(wanted)
    return _(
        "the archive contains no notice with the id, document number, address or title {shown!r}; to look for it: search '{shown}'"
    ).format(shown=shown)
