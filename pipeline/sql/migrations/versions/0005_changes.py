"""the change log, and when a column was first walked"""

import sqlalchemy as sa
from alembic import op

from pipeline.sql.column_types import NUMBER, Utc

revision = "0005"
down_revision = "0004"

# What an archive holds when it gets the log is its baseline: its revisions, corrections and states, in order of time.
_BASELINE = """
insert into change (seq, notice_id, revision, kind, at, run_id, baseline)
select row_number() over (order by at, step, id), notice_id, revision, kind, at, run_id, {true} from (
  select r.created_at as at, 0 as step, r.id as id, r.notice_id as notice_id, r.n as revision,
         case when r.n = 1 then 'new' else 'edited' end as kind, s.run_id as run_id
  from revision r left join snapshot s on s.id = r.snapshot_id
  union all
  select c.made_at, 1, c.id, r.notice_id, r.n, 'corrected', null from correction c join revision r on r.id = c.revision_id
  union all
  select coalesce((select max(o.observed_at) from observation o where o.notice_id = n.id), n.last_seen_at), 2, n.id, n.id, n.revisions, n.state,
         (select max(o.run_id) from observation o where o.notice_id = n.id)
  from notice n where n.state in ('missing', 'withdrawn', 'back')
) as held
"""


def upgrade() -> None:
    """the change log, and when a column was first walked"""
    op.create_table(
        "change",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("notice_id", NUMBER, nullable=False),
        sa.Column("revision", NUMBER, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", Utc(timezone=True), nullable=False),
        sa.Column("run_id", NUMBER, nullable=True),
        sa.Column("baseline", sa.Boolean(), nullable=False),
        sa.Column("cause_id", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_change")),
    )
    op.create_index(op.f("ix_change_notice_id"), "change", ["notice_id"])
    op.create_index(op.f("ix_change_at"), "change", ["at"])
    op.add_column("column_walk", sa.Column("began_at", Utc(timezone=True), nullable=True))
    op.add_column("column_walk", sa.Column("completed_at", Utc(timezone=True), nullable=True))
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(_BASELINE.format(true="1" if sqlite else "true"))
    op.execute("update column_walk set began_at = (select min(run.started_at) from run where run.source_id = column_walk.source_id)")
    op.execute("update column_walk set completed_at = walked_at where complete")
