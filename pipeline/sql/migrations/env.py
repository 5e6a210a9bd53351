"""Alembic's entry: migrate the connection that pipeline.sql.database hands over."""

from alembic import context

from pipeline.sql import watch_tables, withheld  # noqa: F401 (their tables join those of Base)
from pipeline.sql.tables import ArchiveRow

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=ArchiveRow.metadata, render_as_batch=True, compare_server_default=True)
with context.begin_transaction():
    context.run_migrations()
