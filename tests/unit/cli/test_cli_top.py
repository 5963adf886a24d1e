import json
from collections.abc import Callable
from subprocess import CompletedProcess

from tests.unit.cli.figures import RANGE, SHARE

Shell = Callable[..., CompletedProcess[str]]
MODELS = {
    **RANGE, "count": 7, "models": [{**SHARE, "model": "org/a\x1b"}, {**SHARE, "model": "org/b", "uses": 617}],
}  # fmt: skip


def test_models(shell: Shell) -> None:
    done = shell({"GET /api/v1/stats/models": MODELS}, "top", "--limit", "2")

    first, second = done.stdout.splitlines()[1:]
    assert first.split() == ["org/a?", "1,234", "1,300", "2", "99,000", "64.2", "MB", "█" * 12]
    assert second.split()[-1] == "█" * 6
    assert "2 of 7." in done.stderr
    assert {"sort": "uses", "limit": "2"}.items() <= dict(done.args[0].url.params).items()


def test_users_by_tokens(shell: Shell) -> None:
    answer = {**RANGE, "count": 1, "users": [{**SHARE, "username": "alice"}]}

    done = shell(
        {"GET /api/v1/stats/users": answer}, "top", "users", "--sort", "tokens", "--since", "2025-01-01T00:00Z"
    )

    assert done.stdout.splitlines()[1].split()[0] == "alice"
    assert {"sort": "tokens", "since": "2025-01-01T00:00Z"}.items() <= dict(done.args[0].url.params).items()


def test_nothing_yet(shell: Shell) -> None:
    done = shell({"GET /api/v1/stats/models": {**RANGE, "count": 0, "models": []}}, "top")

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "Nothing was used in that time.\n"


def test_json(shell: Shell) -> None:
    assert json.loads(shell({"GET /api/v1/stats/models": MODELS}, "top", "--json").stdout) == MODELS
