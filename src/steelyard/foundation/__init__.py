"""What a depot stands on: SQLite in one process, or PostgreSQL under several. Knows no model and no job."""
