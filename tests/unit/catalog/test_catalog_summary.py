"""What the database counts is what the pure functions say about the same files."""

import pytest
from sqlalchemy import Connection

from steelyard.catalog import revisions, store
from steelyard.catalog.models import EntryName, File, FileState
from steelyard.catalog.status import format_of, is_all_quarantined
from steelyard.catalog.summary import Summary, Tally, summarise, tally
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.db.database import Database
from steelyard.testing.clock import HandClock

LISTED, STORED, QUARANTINED = FileState.LISTED, FileState.STORED, FileState.QUARANTINED
SHELVES: list[dict[str, FileState]] = [
    {},
    {"README.md": STORED, "config.json": LISTED},
    {"model.bin": QUARANTINED, "config.json": STORED},
    {"model.bin": QUARANTINED, "model.safetensors": LISTED},
    {"deep/MODEL.GGUF": STORED, "model.bin": QUARANTINED, "x.onnx": LISTED},
    {"a_b.safetensors": STORED, "a%b.txt": STORED, "model.ckpt": STORED},
    {"model.ckpt": LISTED, "weights.h5": LISTED},
    {"agguf": STORED, "x.ggufs": STORED},
]


@pytest.mark.parametrize("states", SHELVES, ids=lambda states: ",".join(states) or "nothing")
async def test_counted_as_computed(database: Database, clock: HandClock, states: dict[str, FileState]) -> None:
    files = [File(path, 10 + at, Digest("git", f"{at:040x}"), state) for at, (path, state) in enumerate(states.items())]

    def work(connection: Connection) -> tuple[Summary, Tally]:
        entry = store.ensure(connection, EntryName("huggingface", Kind.MODEL, "org/name"), None, clock.now())
        revision = revisions.ensure(connection, entry.id, "a" * 40, clock.now())
        revisions.add_files(connection, revision.id, files)
        for path in states:
            assert revisions.state_of(connection, revision.id, path) is states[path]
        assert revisions.state_of(connection, revision.id, "absent") is None
        return summarise(connection, revision.id), tally(connection, revision.id)

    summary, counted = await database.write(work)
    assert summary == Summary(format_of(list(states)), is_quarantined=is_all_quarantined(files))
    assert counted == Tally(len(files), sum(file.size for file in files), list(states.values()).count(LISTED))
