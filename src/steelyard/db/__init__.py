"""The database: engines, one writer, migrations. Knows no table of any room."""
