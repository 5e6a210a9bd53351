"""the theme of a revision, as its page's table gives it"""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

from pipeline.sql.column_types import Json
from pipeline.sql.tallies import short_digest

revision = "0010"
down_revision = "0009"

_BATCH = 500
_NOTICE = sa.table("notice", sa.column("id"), sa.column("tallies", Json()))
_REVISION = sa.table("revision", *map(sa.column, ("id", "notice_id", "n", "row_digest", "theme")))


def upgrade() -> None:
    """the theme of a revision, as its page's table gives it: null until `notices reparse` reads the page again"""
    op.add_column("revision", sa.Column("theme", sa.Text(), nullable=True))
    connection, last = op.get_bind(), 0
    columns = (_REVISION.c.id, _REVISION.c.notice_id, _REVISION.c.n, _REVISION.c.row_digest)
    notices = sa.select(_NOTICE.c.id, _NOTICE.c.tallies).order_by(_NOTICE.c.id).limit(_BATCH)
    change = _REVISION.update().where(_REVISION.c.id == sa.bindparam("of")).values(row_digest=sa.bindparam("digest"))
    count = _NOTICE.update().where(_NOTICE.c.id == sa.bindparam("of")).values(tallies=sa.bindparam("counted", type_=Json()))
    while found := connection.execute(notices.where(_NOTICE.c.id > last)).all():
        first, last = found[0].id, found[-1].id
        rows = connection.execute(sa.select(*columns).where(_REVISION.c.notice_id.between(first, last))).all()
        tallies = {row.id: row.tallies for row in found}
        for row in rows:
            counted = tallies.get(row.notice_id)
            noted = counted.get("revisions") if isinstance(counted, dict) else None
            # A digest that is not the one that was counted stays another one: the row was rewritten, and verify says so.
            if isinstance(noted, dict) and noted.get(str(row.n)) == short_digest(row.row_digest or ""):
                noted[str(row.n)] = short_digest(_chained(row.row_digest))
        if rows:
            connection.execute(change, [{"of": row.id, "digest": _chained(row.row_digest)} for row in rows])
            connection.execute(count, [{"of": ident, "counted": counted} for ident, counted in tallies.items()])


def _chained(before: str) -> str:
    """As pipeline.sql.row_digest makes it from this column on. The old digest is not recomputed: a row that was rewritten stays found."""
    later = json.dumps([before, {"theme": None}], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(later.encode("utf-8", "replace")).hexdigest()
