"""How many bytes a database takes."""

from sqlalchemy import Connection, text


def bytes_of(connection: Connection) -> int:
    """Of the file (without what its write-ahead log holds), or of the database that PostgreSQL keeps."""
    if connection.dialect.name == "postgresql":
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    pages = connection.execute(text("PRAGMA page_count")).scalar_one()
    return int(pages) * int(connection.execute(text("PRAGMA page_size")).scalar_one())
