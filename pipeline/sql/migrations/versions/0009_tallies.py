"""what was written of a notice, counted in its row"""

from collections.abc import Iterator, Mapping

import sqlalchemy as sa
from alembic import op

from notices.errors import DamageFound
from pipeline.sql.column_types import Json, PackedJson, Utc
from pipeline.sql.tallies import CORRECTED, CORRECTIONS, OBSERVATIONS, OBSERVED, short_digest, tally

revision = "0009"
down_revision = "0008"

_BATCH = 500
_NOTICE = sa.table("notice", sa.column("id"), sa.column("tallies", Json()))
_REVISION = sa.table("revision", *map(sa.column, ("id", "notice_id", "n", "row_digest")))
_OBSERVATION = sa.table(
    "observation", *map(sa.column, ("id", "notice_id", "run_id", "evidence", "detail")),
    sa.column("observed_at", Utc()), sa.column("site_healthy", sa.Boolean()),
)  # fmt: skip
_CORRECTION = sa.table(
    "correction", *map(sa.column, ("id", "revision_id", "from_parser", "to_parser")),
    sa.column("made_at", Utc()), sa.column("changes", PackedJson()),
)  # fmt: skip


def upgrade() -> None:
    """what was written of a notice, counted in its row"""
    op.add_column("notice", sa.Column("tallies", Json(), nullable=False, server_default="{}"))
    connection, last = op.get_bind(), 0
    while ids := list(connection.scalars(sa.select(_NOTICE.c.id).where(_NOTICE.c.id > last).order_by(_NOTICE.c.id).limit(_BATCH))):
        first, last = ids[0], ids[-1]
        of_these = _REVISION.c.notice_id.between(first, last)
        revisions: dict[int, dict[str, str]] = {}
        for notice_id, n, digest in connection.execute(
            sa.select(_REVISION.c.notice_id, _REVISION.c.n, _REVISION.c.row_digest).where(of_these)
        ):
            revisions.setdefault(notice_id, {})[str(n)] = short_digest(digest or "")
        observed = sa.select(_OBSERVATION.c.notice_id, _OBSERVATION).where(_OBSERVATION.c.notice_id.between(first, last))
        joined = _CORRECTION.join(_REVISION, _REVISION.c.id == _CORRECTION.c.revision_id)
        corrected = sa.select(_REVISION.c.notice_id, _CORRECTION).select_from(joined).where(of_these)
        observations, corrections = _by_notice(connection, observed, OBSERVED), _by_notice(connection, corrected, CORRECTED)
        for ident in ids:
            values: dict[str, object] = {"revisions": revisions.get(ident, {})}
            for name, found in ((OBSERVATIONS, observations), (CORRECTIONS, corrections)):
                if ident in found:
                    values[name] = tally(found[ident]).stored()
            connection.execute(_NOTICE.update().where(_NOTICE.c.id == ident).values(tallies=values))


def _by_notice(
    connection: sa.Connection, query: sa.Select[tuple[object, ...]], names: tuple[str, ...]
) -> dict[int, list[Mapping[str, object]]]:
    """The values of the rows that can be read, by their notice. A row that cannot be read is damage, which verify reports."""
    found: dict[int, list[Mapping[str, object]]] = {}
    for notice_id, values in _readable(connection, query, names):
        found.setdefault(notice_id, []).append(values)
    return found


def _readable(
    connection: sa.Connection, query: sa.Select[tuple[object, ...]], names: tuple[str, ...]
) -> Iterator[tuple[int, dict[str, object]]]:
    result = connection.execute(query)
    while True:
        try:
            row = result.fetchone()
        except DamageFound:
            continue
        if row is None:
            return
        yield int(str(row[0])), {name: row._mapping[name] for name in names}
