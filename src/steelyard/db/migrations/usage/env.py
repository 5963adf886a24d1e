"""Runs the usage history on the connection that migrate.upgrade hands in."""

from alembic import context

from steelyard.db.metadata import usage_metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=usage_metadata,
    version_table=context.config.attributes["version_table"],
    render_as_batch=True,
    compare_type=True,
)
context.run_migrations()
