"""What was written of a notice, counted in its own row: an observation, a correction or a revision that is removed or rewritten later is noticed.

Observations and corrections are only added: their number and the sum of their digests are kept, in the transaction that adds one. So a row that is
lost stays missing from the sum whatever is added later, and one that a backup restores makes the sum right again. Of each revision its digest is
kept once more: a row that was rewritten together with its own digest does not match it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pipeline.sql import tables
from pipeline.sql.row_digest import digest_of

OBSERVED = ("run_id", "observed_at", "evidence", "detail", "site_healthy")
CORRECTED = ("revision_id", "made_at", "from_parser", "to_parser", "changes")
OBSERVATIONS, CORRECTIONS, _REVISIONS = "observations", "corrections", "revisions"
_DIGITS = 32  # hexadecimal: no accident makes two sums of 128 bits equal
_MODULUS = 1 << (4 * _DIGITS)

Row = tables.ObservationRow | tables.CorrectionRow


class Tally(NamedTuple):
    """How many rows there are, and the sum of their digests."""

    rows: int = 0
    total: int = 0

    def stored(self) -> list[int | str]:
        """The tally as JSON."""
        return [self.rows, f"{self.total:x}"]

    def plus(self, rows: int, number: int) -> Tally:
        """The tally with more rows."""
        return Tally(self.rows + rows, (self.total + number) % _MODULUS)


def note_added(notice: tables.NoticeRow, row: Row) -> None:
    """Count a row that is written in this transaction."""
    _set(notice, _name_of(row), written(notice, _name_of(row)).plus(1, number_of(values_of(row))))


def judge_site(notice: tables.NoticeRow, row: tables.ObservationRow, *, healthy: bool) -> None:
    """Write whether the site of an observation was healthy: the only value of one that is ever written again."""
    before = number_of(values_of(row))
    row.site_healthy = healthy
    _set(notice, OBSERVATIONS, written(notice, OBSERVATIONS).plus(0, number_of(values_of(row)) - before))


def note_revision(notice: tables.NoticeRow, revision: tables.RevisionRow) -> None:
    """Keep the digest of a revision that is written in this transaction."""
    _set(notice, _REVISIONS, {**_digests(notice), str(revision.n): short_digest(revision.row_digest)})


def is_digest_as_written(notice: tables.NoticeRow, revision: tables.RevisionRow) -> bool:
    """Whether a revision's digest is the one that was kept when it was written."""
    return _digests(notice).get(str(revision.n)) == short_digest(revision.row_digest)


def written(notice: tables.NoticeRow, name: str) -> Tally:
    """The tally of the rows that were written; `name`: OBSERVATIONS or CORRECTIONS."""
    stored = (notice.tallies or {}).get(name)
    try:
        return Tally(int(stored[0]), int(stored[1], 16)) if isinstance(stored, list) else Tally()
    except (ValueError, TypeError, IndexError):
        return Tally(-1)  # which no rows have: the value was rewritten


def tally(rows: Iterable[Mapping[str, object]]) -> Tally:
    """The tally of the rows with these values."""
    found = Tally()
    for values in rows:
        found = found.plus(1, number_of(values))
    return found


def values_of(row: Row) -> dict[str, object]:
    """The values of a row that its digest is made of."""
    return {name: getattr(row, name) for name in (OBSERVED if isinstance(row, tables.ObservationRow) else CORRECTED)}


def number_of(values: Mapping[str, object]) -> int:
    """A row's digest as a number."""
    return int(short_digest(digest_of(dict(values))), 16)


def short_digest(digest: str) -> str:
    """As much of a digest as is kept."""
    return digest[:_DIGITS]


def _name_of(row: Row) -> str:
    return OBSERVATIONS if isinstance(row, tables.ObservationRow) else CORRECTIONS


def _digests(notice: tables.NoticeRow) -> dict[str, object]:
    stored = (notice.tallies or {}).get(_REVISIONS)
    return dict(stored) if isinstance(stored, dict) else {}


def _set(notice: tables.NoticeRow, name: str, value: Tally | dict[str, object]) -> None:
    notice.tallies = {**(notice.tallies or {}), name: value.stored() if isinstance(value, Tally) else value}
