"""Tokens, and whom the depot takes the sender for."""

from collections.abc import Callable

import httpx2
import pytest

from steelyard.cli.mirror.finding import Finding
from tests.unit.cli.mirror.hostile_depot import MODEL, PUBLIC, HostileDepot, resolves

Findings = Callable[..., dict[str, Finding]]


ALICE = {"username": "alice", "identified_by": "account"}


@pytest.mark.parametrize("me", [ALICE, None])
def test_a_good_token(depot: HostileDepot, findings: Findings, me: dict[str, str] | None) -> None:
    depot.hub.tokens.add("sy_alice")
    depot.me = me
    token = findings(token="sy_alice")["token"]

    assert token.level == "ok"
    assert "stand-in" in token.detail  # the name that the stand-in hub gives to everybody


@pytest.mark.parametrize("variable", ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"])
def test_a_token_that_ended_is_told_and_not_shown(findings: Findings, variable: str) -> None:
    token = findings(environ={variable: "sy_ended"})["token"]

    assert token.level == "error"
    assert "no longer good" in token.detail
    assert "sy_ended" not in str(token)


def test_a_text_that_an_open_depot_takes_no_notice_of(depot: HostileDepot, findings: Findings) -> None:
    depot.hub.tokens.add("abc")  # whoami names somebody all the same: by the address

    assert findings(token="abc")["token"].level == "warning"


def test_in_an_open_depot_a_name_will_do(depot: HostileDepot, findings: Findings) -> None:
    depot.me = {"username": "10.0.0.7", "identified_by": "address", "mode": "open"}

    assert f"HF_ENDPOINT={PUBLIC}/u/NAME/hf" in (findings()["token"].remedy or "")


def test_what_is_no_token_of_a_depot(findings: Findings) -> None:
    assert "is no token of this depot" in findings(token="abc")["token"].detail


def test_the_token_given_wins(depot: HostileDepot, findings: Findings) -> None:
    depot.hub.tokens.add("sy_alice")
    depot.me = ALICE

    assert findings(token="sy_alice", environ={"HF_TOKEN": "sy_ended"})["token"].level == "ok"


def test_a_token_of_the_hub_names_nobody(depot: HostileDepot, findings: Findings) -> None:
    token = findings(token="hf_mine")["token"]

    assert token.level == "warning"
    assert "neither forwards it nor takes it for a name" in token.detail
    assert "hf_mine" not in str(token)


def test_a_token_of_the_hub_goes_to_the_mirror_alone(depot: HostileDepot, findings: Findings) -> None:
    findings(token="hf_mine")
    own = [request for request in depot.asked if not request.url.path.startswith("/hf/")]

    assert {request.url.path for request in own} == {"/api/v1/me", "/api/models", f"/api/models/{MODEL}"}
    assert [request for request in own if "authorization" in request.headers] == []
    assert all("authorization" in request.headers for request in depot.asked if resolves(request))


@pytest.mark.parametrize("token", [None, "hf_mine"])
def test_who_is_known_without_a_token(depot: HostileDepot, findings: Findings, token: str | None) -> None:
    depot.me = {"username": "alice@tailnet", "identified_by": "tailnet"}
    found = findings(token=token)["token"]

    assert found.level == "ok"
    assert "knows alice@tailnet by the tailnet" in found.detail


def test_nobody_is_known(findings: Findings) -> None:
    token = findings()["token"]

    assert token.level == "warning"
    assert "this machine's address" in token.detail


def test_a_personal_address(findings: Findings) -> None:
    found = findings(f"{PUBLIC}/u/alice/hf")

    assert found["token"].level == "ok"
    assert "pulls count for alice" in found["token"].detail
    assert found["links"].level == "ok"


def test_a_name_in_the_user_agent(depot: HostileDepot, findings: Findings) -> None:
    found = findings(environ={"HF_HUB_USER_AGENT_ORIGIN": "alice"})

    assert "pulls count for alice" in found["token"].detail
    assert all("; origin/alice" in request.headers["user-agent"] for request in depot.asked if resolves(request))


@pytest.mark.parametrize("token", [None, "hf_mine"])
def test_a_depot_that_wants_to_know_who_asks(depot: HostileDepot, findings: Findings, token: str | None) -> None:
    depot.me = {}
    depot.before = lambda request: (
        httpx2.Response(401, headers={"x-error-code": "Unauthorized"}, json={})
        if "/hf/api/models" in request.url.path
        else request
    )
    found = findings(token=token)

    assert found["token"].level == "error"
    assert "steelyard tokens add" in (found["token"].remedy or "")
    assert "error codes" not in found


def test_a_token_that_clients_keep_to_themselves(depot: HostileDepot, findings: Findings) -> None:
    depot.hub.tokens.add("sy_alice")
    found = findings(token="sy_alice", environ={"HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"})

    assert found["implicit token"].level == "warning"
