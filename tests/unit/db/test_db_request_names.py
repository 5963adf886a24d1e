"""Requests from before the shelf are found by their names after the migration."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, MetaData, Table, select

from steelyard.db.migrate import configuration, upgrade
from steelyard.db.sqlite import writer_engine
from steelyard.downloads import names, store
from steelyard.downloads.store import RequestFilter
from steelyard.downloads.tables import names as names_table

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ASKED = ("org/Llama-7b", "ORG/llama-7B", "team/qwen", None)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A file of the first version, with requests."""
    engine = writer_engine(tmp_path / "depot.db", "NORMAL")
    config = configuration("depot")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        requests = Table("download_requests", MetaData(), autoload_with=connection)
        rows = [
            {"task_id": f"task-{number}", "username": "alice", "vpn_ip": "::1", "status": "completed",
             "timestamp": NOON.replace(tzinfo=None), "completed_files": 1, "kind": "model" if model else "album",
             "model": model, "identified_by": "declared", "principal": 1, "is_use": True}
            for number, model in enumerate(ASKED)
        ]  # fmt: skip
        connection.execute(requests.insert(), rows)
    yield engine
    engine.dispose()


def test_each_request_has_its_name_and_source(engine: Engine) -> None:
    upgrade(engine, "depot")
    with engine.begin() as connection:
        total, found = store.list_page(connection, RequestFilter(text="LLAMA"), 10, 0)
        assert (total, [one.task_id for one in found]) == (2, ["task-1", "task-0"])
        assert {one.source for one in found} == {"huggingface"}
        assert len(connection.execute(names.mentioning("")).all()) == 2
        assert store.list_page(connection, RequestFilter(), 10, 0)[0] == len(ASKED)


def test_a_database_without_requests_has_no_names(tmp_path: Path) -> None:
    empty = writer_engine(tmp_path / "empty.db", "NORMAL")
    upgrade(empty, "depot")
    with empty.connect() as connection:
        assert connection.execute(select(names_table)).all() == []
    empty.dispose()
