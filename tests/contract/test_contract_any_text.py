"""Any text at all, wherever a text is taken: an answer below 500, and a problem when it is a refusal."""

import json
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.problems import assert_problem, assert_well
from tests.flows.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANY = st.text(st.characters(), max_size=80)  # lone surrogates and NUL included
NASTY = st.sampled_from(
    ["/", "..", "@", ":", "%2F", "%00", "\x00", "\ud800", "~", "-", "org", "small", "m~", "model/", "\u202e"]
)
TEXT = st.one_of(ANY, st.lists(NASTY, max_size=8).map("".join))
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PLAIN = st.none() | st.booleans() | st.integers() | TEXT
JSON_VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=8
)
JSON = {"Content-Type": "application/json"}


async def ask(house: House, **body: object) -> None:
    """Ask for a model; fails on anything but a good answer or a problem."""
    answer = await house.http.post("/api/models/download", content=json.dumps(body), headers=JSON)
    if answer.status_code >= 400:
        assert_problem(answer)


@FEW
@given(text=TEXT)
async def test_any_reference(house: House, text: str) -> None:
    answer = await house.http.post("/pull", content=json.dumps({"model": text}), headers=JSON)
    if answer.status_code >= 400:
        assert_problem(answer)


@FEW
@given(text=TEXT)
async def test_any_revision(house: House, text: str) -> None:
    await ask(house, model="org/small", revision=text, username="alice")


@FEW
@given(text=TEXT)
async def test_any_user_name(house: House, text: str) -> None:
    await ask(house, model="org/small", username=text)


@FEW
@given(patterns=st.lists(TEXT, max_size=4))
async def test_any_pattern(house: House, patterns: list[str]) -> None:
    await ask(house, model="org/small", username="alice", include=["config.json"], exclude=patterns)


@FEW
@given(text=TEXT)
async def test_any_path(house: House, text: str) -> None:
    segment = quote(text.encode("utf-8", "surrogatepass"), safe="")
    for path in (
        f"/api/models/{segment}",
        f"/jobs/{segment}",
        f"/api/v1/downloads/history/user/{segment}",
        f"/static/{segment}",
    ):
        answer = await house.http.get(path)
        if answer.status_code >= 400:
            assert_problem(answer)


@FEW
@given(text=TEXT)
async def test_any_query(house: House, text: str) -> None:
    value = quote(text.encode("utf-8", "surrogatepass"), safe="")
    for path in (
        "/api/models?q=",
        "/jobs?user=",
        "/api/models/exists?model=",
        "/api/v1/downloads/history?since=",
        "/jobs?",
    ):
        answer = await house.http.get(path + value)
        if answer.status_code >= 400:
            assert_problem(answer)


@FEW
@given(value=JSON_VALUES)
async def test_any_json(house: House, value: object) -> None:
    answer = await house.http.post("/pull", content=json.dumps(value), headers=JSON)
    assert_problem(answer)


@FEW
@given(content=st.binary(max_size=200))
async def test_any_bytes(house: House, content: bytes) -> None:
    assert_problem(await house.http.post("/pull", content=content, headers=JSON))


async def test_it_is_well_after_all_that(house: House) -> None:
    await assert_well(house)
