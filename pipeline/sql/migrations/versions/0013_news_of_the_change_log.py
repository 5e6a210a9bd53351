"""an index of the changes that are news"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """an index of the changes that are news: in a large archive they are few among those of the baseline"""
    op.create_index(
        "ix_change_news", "change", ["seq"], sqlite_where=sa.text("baseline IS 0"), postgresql_where=sa.text("baseline IS false")
    )
