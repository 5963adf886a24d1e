"""The tables of the mirror come and go, and what was there before stays."""

from datetime import UTC, datetime

from alembic import command
from sqlalchemy import Engine, MetaData, Table, inspect, select

from steelyard.db.database import Database
from steelyard.db.migrate import configuration, upgrade

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NEW = {"catalog_documents", "mirror_wants", "mirror_refs", "mirror_documents", "mirror_doubts", "mirror_uses"}


def back(engine: Engine, target: str) -> None:
    """Downgrade to an earlier schema."""
    config = configuration("depot")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, target)


def ask(engine: Engine) -> None:
    """One completed request, as a depot without a mirror keeps it."""
    with engine.begin() as connection:
        requests = Table("download_requests", MetaData(), autoload_with=connection)
        at = NOON if engine.dialect.name == "postgresql" else NOON.replace(tzinfo=None)
        connection.execute(
            requests.insert().values(
                task_id="one", username="alice", vpn_ip="::1", status="completed", timestamp=at, completed_files=1,
                kind="model", model="org/name", identified_by="declared", principal=1, is_use=True, brings=True,
            )
        )  # fmt: skip


def asked(engine: Engine) -> list[tuple[str, int, bool]]:
    """The requests that are there, and whether they can say when they counted."""
    with engine.connect() as connection:
        requests = Table("download_requests", MetaData(), autoload_with=connection)
        rows = connection.execute(select(requests.c.task_id, requests.c.completed_files))
        return [(row.task_id, row.completed_files, "counted_at" in requests.c) for row in rows]


def tables(engine: Engine) -> set[str]:
    """The tables that are there, of the new ones."""
    with engine.connect() as connection:
        return NEW & set(inspect(connection).get_table_names())


def test_requests_of_before_stay_there_and_back(database: Database) -> None:
    engine = database.writer
    assert tables(engine) == NEW
    back(engine, "0007")
    assert tables(engine) == set()
    ask(engine)
    assert upgrade(engine, "depot")
    assert (tables(engine), asked(engine)) == (NEW, [("one", 1, True)])
    back(engine, "0007")
    assert (tables(engine), asked(engine)) == (set(), [("one", 1, False)])
    assert upgrade(engine, "depot")
