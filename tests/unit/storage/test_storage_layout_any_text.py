"""Any text at all as a name in the store: below its root, or refused."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from steelyard.core.ref import Kind
from steelyard.storage.layout import Layout, RepoFolder, UnsafeName, safe_path

FOLDER = RepoFolder(Kind.MODEL, "org/name")
COMMIT = "a" * 40
PIECES = st.sampled_from(
    ["..", ".", "/", "//", "\\", "\0", "~", "C:", "a", "b.", " ", "\u2024\u2024", "\uff0f", "\u202e", "con", "-", "*"]
)
NAME = st.text(st.characters(), max_size=40) | st.lists(PIECES, max_size=8).map("".join)
HERE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # nothing is written into the folder


@HERE
@given(NAME)
@example("../../etc/passwd")
@example("/etc/passwd")
@example("a/../../b")
@example("a\\..\\b")
def test_no_name_leaves_the_root(tmp_path: Path, name: str) -> None:
    layout = Layout(tmp_path)
    with suppress(UnsafeName):
        base = layout.hub / FOLDER.name
        assert (base / safe_path(name)).resolve().is_relative_to(base)
        assert layout.snapshot(FOLDER, COMMIT, name).resolve().is_relative_to(base / "snapshots" / COMMIT)
        assert layout.ref(FOLDER, name).resolve().is_relative_to(base / "refs")


@HERE
@given(NAME.filter(lambda text: text != COMMIT))
@example(f"{COMMIT}\n")
@example("A" * 40)
@example("../" + "a" * 37)
def test_no_other_text_is_a_commit(tmp_path: Path, commit: str) -> None:
    with pytest.raises(UnsafeName):
        Layout(tmp_path).snapshot(FOLDER, commit, "config.json")
