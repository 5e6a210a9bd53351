"""the key of the title that a citation names"""

import sqlalchemy as sa
from alembic import op

from pipeline.relations.citations import title_key

revision = "0012"
down_revision = "0011"

_BATCH = 2000
_CITATION = sa.table("citation", *map(sa.column, ("id", "target_title", "title_key")))


def upgrade() -> None:
    """the key of the title that a citation names: what cites an instrument is looked up by it, not by comparing every title"""
    op.add_column("citation", sa.Column("title_key", sa.Text(), nullable=True))
    connection, last = op.get_bind(), 0
    titled = sa.select(_CITATION.c.id, _CITATION.c.target_title).where(_CITATION.c.target_title.is_not(None))
    named = _CITATION.update().where(_CITATION.c.id == sa.bindparam("of")).values(title_key=sa.bindparam("key"))
    while found := connection.execute(titled.where(_CITATION.c.id > last).order_by(_CITATION.c.id).limit(_BATCH)).all():
        last = found[-1].id
        keys = [{"of": row.id, "key": key} for row in found if (key := title_key(row.target_title)) is not None]
        if keys:
            connection.execute(named, keys)
    op.create_index(op.f("ix_citation_title_key"), "citation", ["title_key"])
