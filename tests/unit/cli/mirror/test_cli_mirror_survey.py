"""Where the mirror is looked for, and what is asked there."""

from collections.abc import Callable

import httpx2

from steelyard.cli.mirror.finding import Finding
from steelyard.cli.mirror.observed import Observed
from tests.unit.cli.mirror.hostile_depot import PUBLIC, HostileDepot

Findings = Callable[..., dict[str, Finding]]
Look = Callable[..., Observed]


def test_below_a_bare_address(look: Look) -> None:
    seen = look(PUBLIC)

    assert (seen.place.base, seen.tried) == (f"{PUBLIC}/hf", [f"{PUBLIC}/hf"])


def test_a_mirror_at_the_bare_address_itself(depot: HostileDepot, findings: Findings, look: Look) -> None:
    depot.before = lambda request: (
        httpx2.Response(404, text="no")
        if request.url.path.startswith("/hf/")
        else httpx2.Request(request.method, f"{PUBLIC}/hf{request.url.raw_path.decode()}", headers=request.headers)
    )

    assert look(PUBLIC).place.base == PUBLIC
    assert f"tried as well: {PUBLIC}/hf" in findings(PUBLIC)["reachable"].detail


def test_a_depot_without_a_mirror(depot: HostileDepot, findings: Findings) -> None:
    depot.before = lambda request: httpx2.Response(404, json={}) if "/hf/" in request.url.path else request
    found = findings(PUBLIC)

    assert "a Steelyard depot without a mirror" in found["mirror"].detail
    assert "update the depot" in (found["mirror"].remedy or "")
    assert "model" not in found


def test_another_program(depot: HostileDepot, findings: Findings) -> None:
    depot.before = lambda _: httpx2.Response(200, text="<html>It works!</html>")

    assert findings()["mirror"].level == "error"


def test_another_mirror(depot: HostileDepot, findings: Findings) -> None:
    depot.me = None

    assert findings()["mirror"].level == "warning"


def test_a_mirror_whose_depot_is_out_of_reach(depot: HostileDepot, findings: Findings) -> None:
    depot.me = None
    said = {"name": "alice", "auth": {"accessToken": {"displayName": "steelyard"}}}
    depot.before = lambda request: (
        httpx2.Response(200, json=said) if request.url.path.endswith("/whoami-v2") else request
    )

    assert "own routes do not answer" in findings()["mirror"].detail


def test_a_depot_that_lets_nobody_in_unknown_is_known_all_the_same(depot: HostileDepot, findings: Findings) -> None:
    shut = {"www-authenticate": 'Bearer realm="steelyard"', "x-error-message": "Invalid credentials"}
    depot.before = lambda _: httpx2.Response(401, headers=shut, json={"error": "no"})
    found = findings()

    assert {name for name, finding in found.items() if finding.level == "error"} == {"token"}
    assert found["mirror"].level == "ok"
    assert "HF_TOKEN" in (found["model"].remedy or "")


def test_nobody_there_is_asked_once(depot: HostileDepot, findings: Findings) -> None:
    def away(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused")

    depot.before = away
    found = findings(PUBLIC)

    assert found["reachable"].level == "error"
    assert "--host 0.0.0.0" in (found["reachable"].remedy or "")
    assert len(depot.asked) == 1


def test_a_proxy_is_the_first_suspect(depot: HostileDepot, findings: Findings) -> None:
    def away(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused")

    depot.before = away
    remedy = findings(environ={"HTTP_PROXY": "http://proxy:3128"})["reachable"].remedy or ""

    assert "proxy:3128" in remedy
    assert "add depot.test to NO_PROXY" in remedy


def test_a_depot_that_does_not_answer_to_the_name(depot: HostileDepot, findings: Findings) -> None:
    said = {"detail": "The request is addressed to 'depot'.", "hint": "Set STEELYARD_SERVER__ALLOWED_HOSTS."}
    depot.before = lambda _: httpx2.Response(403, json=said)
    found = findings()

    assert found["reachable"].remedy == "On the depot: Set STEELYARD_SERVER__ALLOWED_HOSTS."


def test_the_model_given_is_the_one_looked_at(depot: HostileDepot, look: Look) -> None:
    depot.ready = ["org/other"]

    assert look().choice is not None
    assert [look(model=name).choice.name for name in ("org/tiny",)] == ["org/tiny"]  # type: ignore[union-attr]


def test_models_of_other_places_are_not_tried(depot: HostileDepot, look: Look) -> None:
    depot.after = lambda request, response: (
        httpx2.Response(200, json={"models": [{"model": "x", "source": "local", "kind": "model"}]})
        if request.url.path == "/api/models"
        else response
    )
    choice = look().choice

    assert choice is not None
    assert choice.name is None
