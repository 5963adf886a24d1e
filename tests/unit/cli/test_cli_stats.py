import json
from collections.abc import Callable
from subprocess import CompletedProcess

from tests.unit.cli.figures import SHARE, detail

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


def test_one_model(shell: Shell) -> None:
    life = {"uses": 99_999, "total_requests": 150_000, "download_count": 3}
    answer = detail(model="org/name", **life, users=[{**SHARE, "username": "al\x1bice"}])

    done = shell({"GET /api/v1/models/org/name/stats": answer}, "stats", "org/name", "--tz", "Europe/Berlin")

    said = dict(line.split("  ", 1) for line in done.stdout.split("\n\n")[0].splitlines())
    said = {name: value.strip() for name, value in said.items()}
    assert said == {
        "Model": "org/name",
        "Ever": "150,000 requests, 3 downloads",
        "Range": "2025-10-22 00:00 to 2025-11-20 13:00, by day in Europe/Berlin",
        "Uses": "1,234 (41 a day, rising)",
        "Requests": "1,300 (2 failed)",
        "Success": "98 % (97 % to 99 % with 95 % confidence)",
        "Answer takes": "average 412 ms, median 400 ms, 95 % below 900 ms, 99 % below 12.3 s",
        "Tokens": "12,000 in, 34,000 out",
        "Bytes": "0 B in, 64.2 MB out",
        "Users": "3",
        "GPU": "1.5 h",
        "Busiest hours": "14:00, 10:00",
        "Parameters": "steps 30 (12)",
        "Errors": "oom (2)",
        "By day": "·▂█",
    }
    assert done.stdout.splitlines()[-1].split() == ["al?ice", "1,234", "1,300", "2"]


def test_a_person_an_address_and_a_range_of_everything(shell: Shell) -> None:
    answers = {
        "GET /api/v1/users/bob/stats": detail(username="bob"),
        "GET /api/v1/stats/ip/::1": detail(ip_address="::1"),
        "GET /api/v1/stats": detail(models=[{**SHARE, "model": "gpt2"}]),
    }

    assert shell(answers, "stats", "--user", "bob").stdout.splitlines()[0].split() == ["User", "bob"]
    assert shell(answers, "stats", "--ip", "::1").stdout.splitlines()[0].split() == ["Address", "::1"]
    done = shell(answers, "stats", "--period", "week", "--since", "2025-01-01T00:00:00Z")
    assert done.stdout.splitlines()[-1].split()[0] == "gpt2"
    assert {"period": "week", "since": "2025-01-01T00:00:00Z"}.items() <= dict(done.args[0].url.params).items()


def test_the_time_zone_is_the_persons(shell: Shell) -> None:
    done = shell({"GET /api/v1/stats": detail()}, "stats", "--period", "day", environ={"TZ": "Asia/Kolkata"})

    assert done.args[0].url.params["tz"] == "Asia/Kolkata"


def test_days_begin_where_the_person_is(shell: Shell) -> None:
    since, until = ("--since", "2026-11-20"), ("--until", "2026-11-20T12:30")
    asked = ("stats", *since, *until)

    here = shell({"GET /api/v1/stats": detail()}, *asked, environ={"TZ": "Asia/Kolkata"}).args[0].url.params
    there = shell({"GET /api/v1/stats": detail()}, *asked, "--tz", "Europe/Berlin").args[0].url.params

    assert (here["since"], here["until"]) == ("2026-11-19T18:30:00.000Z", "2026-11-20T07:00:00.000Z")
    assert (there["since"], there["until"]) == ("2026-11-19T23:00:00.000Z", "2026-11-20T11:30:00.000Z")


def test_what_is_no_time_is_refused_by_the_depot(shell: Shell) -> None:
    answers = {"GET /api/v1/stats": detail()}

    assert shell(answers, "stats", "--since", "soon").args[0].url.params["since"] == "soon"
    done = shell(answers, "stats", "--since", "2026-11-20", "--tz", "Mars/Base")
    assert done.args[0].url.params["since"] == "2026-11-20"


def test_something_never_used(shell: Shell) -> None:
    nothing = {
        "uses": 0,
        "series": [],
        "success_rate": None,
        "success_interval": None,
        "uses_per_day": None,
        "trend": None,
    }

    done = shell({"GET /api/v1/models/gpt2/stats": detail(model="gpt2", **nothing)}, "stats", "gpt2")

    assert "Success" not in done.stdout
    assert "Uses           0\n" in done.stdout


def test_json_of_one_model(shell: Shell) -> None:
    answer = detail(model="gpt2")

    assert json.loads(shell({"GET /api/v1/models/gpt2/stats": answer}, "stats", "gpt2", "--json").stdout) == answer


def test_two_subjects_are_refused(shell: Shell) -> None:
    assert shell({}, "stats", "gpt2", "--user", "bob").returncode == 2
