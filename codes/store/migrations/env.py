"""Run the migrations on the connection that ``codes.store.schema`` hands over, inside its transaction."""

from alembic import context

given = context.config.attributes
context.configure(
    connection=given["connection"], target_metadata=given["metadata"], version_table=given["version_table"]
)
context.run_migrations()
