"""Bringing a database to the schema of this code, with a copy put aside first.

Each file has its own linear history. A SQLite file is copied before it changes (three copies are kept); a schema newer
than the code is refused, because running old code on it would lose what the new columns hold.
"""

from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from steelyard.core.errors import Conflict

History = Literal["depot", "usage"]
MIGRATIONS = Path(__file__).parent / "migrations"
_KEPT_COPIES = 3


class SchemaTooNew(Conflict):
    """The database was written by a newer version."""

    slug = "schema-too-new"
    title = "The database was written by a newer version of Steelyard"


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
    config = configuration(history, folder)
    scripts = ScriptDirectory.from_config(config)
    current = _current(engine, history)
    if current == scripts.get_current_head():
        return False
    if current is not None:
        _refuse_newer(scripts, current)
        _copy(engine)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return True


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


def _next_number(copies: list[Path]) -> int:
    return int(copies[-1].name.rpartition("-")[2]) + 1 if copies else 1


def _vacuum_into(engine: Engine, target: Path) -> None:
    raw = engine.raw_connection()  # VACUUM cannot run inside the transaction that a Connection begins
    try:
        raw.cursor().execute("VACUUM INTO ?", (str(target),))
    finally:
        raw.close()
