import json
from collections.abc import Callable
from subprocess import CompletedProcess

Shell = Callable[..., CompletedProcess[str]]
TOTALS = {
    "total_models": 1234,
    "total_size_bytes": 64_200_000_000,
    "total_requests": 9,
    "unique_users": 2,
    "total_downloads": 3,
}
ACTION = {"timestamp": "2025-11-20T10:00:00.000Z", "action": "download", "model": None, "username": "al\x1bice"}


def test_totals_and_what_happened_lately(shell: Shell) -> None:
    done = shell({"GET /api/stats": {**TOTALS, "recent_activity": [ACTION]}}, "stats")

    assert done.returncode == 0
    assert done.stdout.splitlines()[0].split() == ["Models", "1,234"]
    assert "64.2 GB" in done.stdout
    assert done.stdout.splitlines()[-1].split() == ["2", "h", "ago", "download", "–", "al?ice", "–"]


def test_a_new_depot_has_only_totals(shell: Shell) -> None:
    assert len(shell({"GET /api/stats": {**TOTALS, "recent_activity": []}}, "stats").stdout.splitlines()) == 5


def test_json(shell: Shell) -> None:
    answer = {**TOTALS, "recent_activity": [ACTION]}

    assert json.loads(shell({"GET /api/stats": answer}, "stats", "--json").stdout) == answer
