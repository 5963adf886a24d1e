"""The usage log for a command that looks after it, beside a depot that runs or without one.

Nothing is migrated and nobody is kept out for long: whoever writes takes turns, as the processes of one depot do.
"""

from steelyard.core.errors import NotFound
from steelyard.db import sqlite
from steelyard.db.database import Database, Manners
from steelyard.db.lock import DatabaseInUse, OwnerLock
from steelyard.db.migrate import require_current
from steelyard.db.postgres import open_postgres
from steelyard.settings import Settings


class NoUsageLog(NotFound):
    """There is no such file."""

    slug = "no-usage-log"
    title = "No usage log here"


def open_usage_log(settings: Settings) -> Database:
    """Open it as it is. Raises NoUsageLog, SchemaTooOld, SchemaTooNew, DatabaseInUse, DatabaseRefused."""
    database = _postgres(settings) if settings.database_url else _file(settings)
    try:
        require_current(database.writer, "usage")
    except BaseException:
        database.close()
        raise
    return database


def _postgres(settings: Settings) -> Database:
    url = settings.database_url.get_secret_value() if settings.database_url else ""
    return open_postgres(url, isolation="READ COMMITTED")


def _file(settings: Settings) -> Database:
    path = settings.usage_path
    if not path.exists():
        raise NoUsageLog(
            f"There is no {path}.", hint="Say with --home which depot is meant, or set DATABASE_URL as it has it."
        )
    lock = OwnerLock(path)
    try:
        lock.acquire()
    except DatabaseInUse as error:
        if sqlite.is_affected_by_wal_reset():  # a second process that writes could damage the file
            raise DatabaseInUse(
                f"The depot runs, and {sqlite.platform_note()} lets no second process write safely.",
                hint="Stop the depot for as long as this takes, or install pysqlite3 for it and for this command.",
            ) from error
    manners = Manners("sqlite", readers=sqlite.READERS, writers=1)
    return Database(sqlite.reader_engine(path), sqlite.writer_engine(path, "NORMAL"), manners, lock.release)
