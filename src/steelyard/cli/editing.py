"""Lines that a person can edit at a terminal, with those of before at the arrow keys, also those of other days."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from platformdirs import user_state_path

from steelyard.cli.desk import Ask

_MOST_LINES = 1000


@contextmanager
def editing(history: Path | None = None) -> Iterator[Ask]:
    """A way to ask for a line. What was typed is kept in ``history``, for the person's own eyes."""
    kept = history or user_state_path("steelyard") / "chat-history"
    lines = _library()
    if lines is None:
        yield input
        return
    with suppress(OSError):  # the first time there is none
        lines.read_history_file(str(kept))
    lines.set_history_length(_MOST_LINES)
    try:
        yield input
    finally:
        with suppress(OSError):  # a home that cannot be written to is no reason to complain
            _prepare(kept)
            lines.write_history_file(str(kept))
            kept.chmod(0o600)


def _prepare(history: Path) -> None:
    """Nobody else may read it, not even while it is written."""
    history.parent.mkdir(parents=True, exist_ok=True)
    history.touch(mode=0o600)


def _library() -> Any:
    """GNU readline or libedit; Windows has neither."""
    try:
        return importlib.import_module("readline")
    except ImportError:
        return None
