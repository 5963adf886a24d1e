"""``steelyard worker`` where there can be none: a SQLite database has one owner."""

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

Shell = Callable[..., CompletedProcess[str]]


def test_on_sqlite_it_ends_with_the_way_out(shell: Shell, tmp_path: Path) -> None:
    done = shell({}, "worker", "--home", str(tmp_path))
    assert done.returncode == 2
    assert "DATABASE_URL=postgresql://" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_wrong_role_is_wrong_usage(shell: Shell, tmp_path: Path) -> None:
    done = shell({}, "worker", "--home", str(tmp_path), environ={"STEELYARD_ROLES": "cook"})
    assert done.returncode == 2
    assert "roles" in done.stderr
