"""Bad bodies of the routes of running models: a clear 4xx, never a 500, and the depot stays well."""

import json
from typing import Any

import pytest

from tests.contract.problems import assert_problem, assert_well
from tests.contract.test_contract_bad_bodies import NAMES
from tests.flows.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")

SAID = [{"role": "user", "content": "x"}]
JSON = {"Content-Type": "application/json"}
WRONG: dict[str, list[Any]] = {
    "messages": ["x", 7, {}, [7], [{}], [{"role": "user", "content": 7}], [{"role": "god", "content": "x"}],
                 [{"role": "user", "content": "x", "more": 1}]],
    "stream": [7, "perhaps", [], None],
    "timeout": [0, 0.9, 601, -1, "soon", None, [], 1e400],
    "max_tokens": [0, -1, 1.5, "many", 10**9],
    "temperature": [-0.1, 6, "hot", [1]],
    "top_p": [-0.1, 1.1], "top_k": [-1, 1.5], "min_p": [2], "seed": [-1, 2**40, "x"],
    "stop": [7, "", ["x"] * 17, [7], ["x" * 501]],
    "session": ["", "a b", "../x", "x" * 65, 7, "\u00e9", "\ud800"],
    "tools": ["x", [7], 7], "response_format": ["x", 7], "keep_alive": [-2, "forever", 1e9], "context": [1, 2**30, "x"],
    "unknown": [1],
}  # fmt: skip


async def post(house: House, path: str, body: Any) -> dict[str, Any]:
    answer = await house.http.post(path, content=json.dumps(body), headers=JSON)
    return assert_problem(answer)


@pytest.mark.parametrize("path", ["/chat", "/api/v1/chat", "/api/v1/engines/unload"])
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
async def test_a_name_that_names_nothing(house: House, path: str, name: str) -> None:
    said = {} if path.endswith("unload") else {"messages": SAID}
    problem = await post(house, path, {"model": name, **said})
    assert problem["status"] in {404, 422}
    await assert_well(house)


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in WRONG.items() for value in values])
async def test_a_wrong_value(house: House, field: str, value: Any) -> None:
    problem = await post(house, "/chat", {"model": "org/name", "messages": SAID, field: value})
    assert problem["status"] == 422
    assert problem["errors"][0]["field"].split(".")[0] in {field, "body"}


@pytest.mark.parametrize("body", [None, 7, "x", [], {}, {"messages": SAID}])
async def test_no_body_that_could_be_meant(house: House, body: Any) -> None:
    assert (await post(house, "/chat", body))["status"] == 422


@pytest.mark.parametrize("text", ["\x00", "\ud800", "\U0001f600" * 1000, "\u202e", "x" * 2_000_000])
async def test_any_text_may_be_said(house: House, text: str) -> None:
    problem = await post(house, "/chat", {"model": "org/none", "messages": [{"role": "user", "content": text}]})
    assert problem["status"] in {404, 422}
    await assert_well(house)


@pytest.mark.parametrize("name", ["a b", "%00", "..%2Fx", "x" * 65, "%ED%A0%80", "m~"])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_sessions_that_cannot_be(house: House, method: str, name: str) -> None:
    answer = await house.http.request(method, f"/api/v1/sessions/{name}")
    assert answer.status_code in {400, 404, 422}
