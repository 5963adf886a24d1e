"""Bringing a database to the schema of this code, with a copy put aside first.

Each file has its own linear history. A SQLite file is copied before it changes (three copies are kept); on PostgreSQL,
where both histories share a database, processes that start together take turns. A schema newer than the code is
refused, because running old code on it would lose what the new columns hold. Within a minor version migrations only
expand, so that the processes of one depot can be exchanged one after the other. Those of a new minor version may take
away what the one before needs, as 0.2 does with the table of events: all processes of the old one are stopped first.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, func, select, text

from steelyard.core.errors import Conflict
from steelyard.db import tables  # noqa: F401 - the one table of no room belongs to the depot's history
from steelyard.db.sqlite import driver

logger = logging.getLogger(__name__)
History = Literal["depot", "usage"]
MIGRATIONS = Path(__file__).parent / "migrations"
_KEPT_COPIES = 3
_TURN = 0x5EE1_FA2D  # any number, the same for every process of every version


class SchemaTooNew(Conflict):
    """The database was written by a newer version."""

    slug = "schema-too-new"
    title = "The database was written by a newer version of Steelyard"


class SchemaTooOld(Conflict):
    """The database was written by an older version."""

    slug = "schema-too-old"
    title = "The database was written by an older version of Steelyard"


def configuration(history: History, folder: Path = MIGRATIONS) -> Config:
    """Alembic's configuration for one history, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(folder / history))
    config.set_main_option("path_separator", "os")
    config.attributes["version_table"] = version_table(history)
    return config


def version_table(history: History) -> str:
    """Two histories may share one PostgreSQL database, so each remembers its version in its own table."""
    return f"alembic_version_{history}"


def upgrade(engine: Engine, history: History, folder: Path = MIGRATIONS) -> bool:
    """Migrate to the newest schema in ``folder``; returns whether anything changed. Raises SchemaTooNew."""
    with _turn(engine):
        return _upgrade(engine, history, folder)


def require_current(engine: Engine, history: History, folder: Path = MIGRATIONS) -> None:
    """For who looks in and must not migrate what others may be using. Raises SchemaTooOld, SchemaTooNew."""
    scripts, current = ScriptDirectory.from_config(configuration(history, folder)), _current(engine, history)
    if current == scripts.get_current_head():
        return
    if current is not None:
        _refuse_newer(scripts, current)
    raise SchemaTooOld(
        f"Its schema is {current!r}, older than this version's.", hint="Start the depot once: that brings it up."
    )


def _upgrade(engine: Engine, history: History, folder: Path) -> bool:
    config = configuration(history, folder)
    scripts = ScriptDirectory.from_config(config)
    current = _current(engine, history)
    if current == scripts.get_current_head():
        return False
    if current is not None:
        _refuse_newer(scripts, current)
        _copy(engine)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # moving many rows may take a while between two statements
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    if current is not None:
        _make_shrinkable(engine)
    return True


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    """One process at a time: the others wait here and then find nothing to do. A SQLite file has one owner anyway."""
    if engine.dialect.name != "postgresql":
        yield
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(select(func.pg_advisory_lock(_TURN)))
        try:
            yield
        finally:
            connection.execute(select(func.pg_advisory_unlock(_TURN)))


def _current(engine: Engine, history: History) -> str | None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": version_table(history)})
        return context.get_current_revision()


def _refuse_newer(scripts: ScriptDirectory, current: str) -> None:
    if current not in {script.revision for script in scripts.walk_revisions()}:
        raise SchemaTooNew(
            f"Its schema is {current!r}, which this version does not know.",
            hint="Install the version that wrote it, or restore the copy made before its migration.",
        )


def _copy(engine: Engine) -> None:
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return
    database = Path(engine.url.database)
    copies = sorted(database.parent.glob(f"{database.name}.before-*"))
    target = database.with_name(f"{database.name}.before-{_next_number(copies):06d}")
    _vacuum_into(engine, target)
    target.chmod(0o600)  # as the original: names and addresses are for the depot's user only
    for old in copies[: max(0, len(copies) + 1 - _KEPT_COPIES)]:
        old.unlink()


def _make_shrinkable(engine: Engine) -> None:
    """Write an older SQLite file anew, so that it can give pages back. One that stays as it is works as well."""
    if engine.dialect.name != "sqlite":
        return
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        if cursor.execute("PRAGMA auto_vacuum").fetchone() == (0,):
            cursor.execute("PRAGMA auto_vacuum=INCREMENTAL")
            cursor.execute("VACUUM")
    except driver().DatabaseError:
        logger.warning("the database was not written anew: it will not get smaller", exc_info=True)
    finally:
        raw.close()


def _next_number(copies: list[Path]) -> int:
    return int(copies[-1].name.rpartition("-")[2]) + 1 if copies else 1


def _vacuum_into(engine: Engine, target: Path) -> None:
    raw = engine.raw_connection()  # VACUUM cannot run inside the transaction that a Connection begins
    try:
        raw.cursor().execute("VACUUM INTO ?", (str(target),))
    finally:
        raw.close()
