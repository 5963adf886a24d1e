import importlib
import stat
from pathlib import Path

import pytest

from steelyard.cli.editing import editing

readline = pytest.importorskip("readline", reason="lines cannot be edited here")


def test_what_was_typed_is_there_the_next_time_for_its_owner_alone(tmp_path: Path) -> None:
    history = tmp_path / "state" / "chat-history"
    lines = importlib.import_module("readline")
    lines.clear_history()

    with editing(history):
        lines.add_history("a question")
    lines.clear_history()
    with editing(history):
        assert lines.get_history_item(1) == "a question"
        lines.add_history("another one")
    lines.clear_history()

    assert "another one" in history.read_text()
    assert stat.S_IMODE(history.stat().st_mode) == 0o600


def test_a_home_that_cannot_be_written_to_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")

    with editing(tmp_path / "state" / "chat-history") as ask:
        assert callable(ask)
