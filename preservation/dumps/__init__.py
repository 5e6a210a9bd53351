"""A PostgreSQL database as a file of pg_dump, and its rows read back."""
