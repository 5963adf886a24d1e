"""Secrets stay where they belong: not in logs, errors, jobs, records or the list of settings."""

import json
import logging
from pathlib import Path

import pytest

from steelyard.identity.accounts.tables import sessions, setup_codes, tokens
from steelyard.identity.tables import accounts
from steelyard.settings import load
from steelyard.testing.hub import StandInHub
from tests.flows.house import House, serve_house
from tests.flows.town import PASSWORD, Town

HUB_TOKEN, HEADSCALE_KEY = "hf_verysecrethubtoken", "hskey-api-verysecret"
GIVEN = {
    "server__auth": "required", "huggingface__token": HUB_TOKEN, "tailnet__headscale_url": "http://127.0.0.1:9",
    "tailnet__headscale_api_key": HEADSCALE_KEY,
}  # fmt: skip
TOLD = (
    "/api/v1/me", "/jobs", "/api/v1/tokens", "/api/v1/users", "/api/v1/audit", "/api/v1/events", "/health",
)  # fmt: skip


async def test_no_secret_is_said_anywhere(hub: StandInHub, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    hub.add("org/name", {"config.json": b"{}"})
    async with serve_house(hub, tmp_path / "home", **GIVEN) as house:
        town = Town(house)
        await town.settle()
        said = [await _signed_in(house), await _used(town)]
        kept = await house.depot.database.read(
            lambda connection: [
                str(row)
                for table in (accounts, tokens, sessions, setup_codes)
                for row in connection.execute(table.select())
            ]
        )
    secrets = [HUB_TOKEN, HEADSCALE_KEY, PASSWORD, *(token.rpartition("_")[2] for token in town.tokens.values())]
    # The client of this test logs its own headers; what counts is what the depot says.
    own = [record for record in caplog.records if not record.name.startswith(("httpcore2", "httpx2"))]
    logged = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in own)
    for secret in secrets:
        assert secret not in logged
        assert secret not in "\n".join(said)
        assert secret not in "\n".join(kept)


def test_settings_are_shown_without_secrets() -> None:
    loaded = load(
        {"HF_TOKEN": HUB_TOKEN, "HEADSCALE_API_KEY": HEADSCALE_KEY, "HEADSCALE_URL": "http://headscale.example"}
    )
    shown = json.dumps([(origin.name, str(origin.value)) for origin in loaded.origins()])
    assert HUB_TOKEN not in shown
    assert HEADSCALE_KEY not in shown
    assert "http://headscale.example" in shown


async def test_a_token_in_an_address_is_nothing(hub: StandInHub, tmp_path: Path) -> None:
    async with serve_house(hub, tmp_path / "home", server__auth="required") as house:
        town = Town(house)
        await town.settle()
        for path in ("/api/v1/stream", "/api/models", "/jobs"):
            status, _ = await town.ask(None, "GET", f"{path}?token={town.tokens['root']}")
            assert status == 401


async def _signed_in(house: House) -> str:
    """Everything the depot answers to passwords right and wrong, cookies and setup codes."""
    answers = []
    for path, body in (
        ("/api/v1/login", {"username": "alice", "password": PASSWORD}),
        ("/api/v1/login", {"username": "alice", "password": f"{PASSWORD}!"}),
        ("/api/v1/login", {"username": "alice", "password": [PASSWORD]}),
        ("/api/v1/setup", {"code": "x" * 43, "username": "eve", "password": PASSWORD}),
    ):
        answer = await house.http.post(path, json=body)
        answers.append(answer.text)
    assert (
        "HttpOnly"
        in (await house.http.post("/api/v1/login", json={"username": "bob", "password": PASSWORD})).headers[
            "set-cookie"
        ]
    )
    house.http.cookies.clear()
    return "\n".join(answers)


async def _used(town: Town) -> str:
    """What is answered to good and bad tokens, and what is told of jobs, accounts and deeds."""
    _, pulled = await town.ask("alice", "POST", "/pull", json={"model": "org/name"})
    await town.house.ended(pulled["job_id"])
    said = [json.dumps(pulled)]
    for who in town.tokens:
        said += [json.dumps((await town.ask(who, "GET", path))[1]) for path in TOLD]
    return "\n".join(said)
