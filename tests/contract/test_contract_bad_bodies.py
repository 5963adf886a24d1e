"""Bad bodies of every POST: a clear 4xx, never a 500, and the depot stays well."""

import json
from typing import Any

import pytest

from tests.contract.problems import assert_problem, assert_well
from tests.flows.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG = "a" * 10_000
NAMES = {
    "empty": "", "blank": "   ", "up": "../../etc/passwd", "encoded": "a%2F..%2Fb", "encoded twice": "a%252F..%252Fb",
    "absolute": "/etc/passwd", "dots": "..", "dot": ".", "backslash": "a\\..\\b",
    "long": LONG, "long with slash": f"{LONG}/x",
    "three parts": "a/b/c", "nul": "a\x00b", "newline": "a\nb", "control": "\x1b[31m", "surrogate": "\ud800",
    "surrogate in name": "org/na\udfffme", "emoji": "\U0001f600", "rtl": "\u202eorg/name",
    "full width": "\uff0e\uff0e\uff0fetc",
    "at only": "@", "no name": "@main", "no revision": "org/name@", "bad revision": "org/name@../../x",
    "colon only": ":",
    "no variant": "org/name:", "catalog id": "m~", "long catalog id": "m~" + "z" * 14, "bad catalog id": "m~!!",
    "double dash": "a--b",
    "git": "org/name.git", "leading dot": ".hidden", "leading dash": "-rf", "query": "org/name?x=1",
    "fragment": "org/name#x",
    "space": "org/na me", "url": "https://example.org/org/name", "kinds only": "datasets/", "many slashes": "a//b",
}  # fmt: skip
WRONG: dict[str, list[Any]] = {
    "model": [None, 7, 1.5, True, ["org/name"], {"a": 1}, []],
    "revision": [7, 1.5, True, ["main"], {"a": 1}, []],
    "include": [None, 7, True, "*.json", {"a": 1}, [7], [None]],
    "exclude": [None, 7, True, "*.json", {"a": 1}, [7], [None]],
    "username": [7, 1.5, True, ["alice"], {"a": 1}],
    "priority": [None, 7, 10, True, ["high"], "HIGH"],
}
PULLS = ("/pull", "/api/v1/pull")
ASKS = ("/api/models/download", "/api/v1/models/download")
JSON = {"Content-Type": "application/json"}


def with_username(path: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"username": "alice", **body} if path in ASKS else body


async def post(house: House, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """POST a body that is not valid; the problem. Lone surrogates go out as JSON escapes."""
    answer = await house.http.post(path, content=json.dumps(with_username(path, body)), headers=JSON)
    return assert_problem(answer)


@pytest.mark.parametrize("path", [*PULLS, *ASKS])
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
async def test_a_name_that_names_nothing(house: House, path: str, name: str) -> None:
    problem = await post(house, path, {"model": name})
    assert problem["status"] in {404, 422}
    await assert_well(house)


@pytest.mark.parametrize("path", [*PULLS, *ASKS])
@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in WRONG.items() for value in values])
async def test_a_field_of_the_wrong_type(house: House, path: str, field: str, value: Any) -> None:
    problem = await post(house, path, {"model": "org/small", field: value})
    assert problem["status"] == 422
    assert field in problem["detail"]


@pytest.mark.parametrize("path", [*PULLS, *ASKS])
@pytest.mark.parametrize(
    "body",
    [
        {"model": "org/small", "unknown": 1}, {"model": "org/small", "Model": "x"}, {},
        {"model": "org/small", "model_id": "x"},
        {"model": "org/small", "priority": "urgent"}, {"model": "org/small", "revision": ""},
        {"model": "org/small", "revision": "a" * 700}, {"model": "org/small", "revision": "../x"},
        {"model": "org/small", "revision": "\ud800"}, {"model": "org/small", "include": [""]},
        {"model": "org/small", "include": ["a" * 301]}, {"model": "org/small", "include": ["a\x00b"]},
        {"model": "org/small", "exclude": ["\ud800"]}, {"model": "org/small", "include": ["*"] * 101},
        {"model": "org/small", "include": [["*"]]}, {"model": "org/small", "username": ""},
        {"model": "org/small", "username": " "}, {"model": "org/small", "username": "a" * 129},
        {"model": "org/small", "username": "a\x00b"}, {"model": "org/small", "username": "\ud800"},
        {"model": "org/small", "username": "a\nb"}, {"model": "org/small", "username": "\u202eecila"},
    ],
)  # fmt: skip
async def test_a_field_out_of_range(house: House, path: str, body: dict[str, Any]) -> None:
    assert (await post(house, path, body))["status"] == 422
    await assert_well(house)


@pytest.mark.parametrize("path", ASKS)
@pytest.mark.parametrize("body", [{"model": "org/small"}, {"model": "org/small", "username": None}])
async def test_who_asks_is_required_there(house: House, path: str, body: dict[str, Any]) -> None:
    answer = await house.http.post(path, json=body)
    problem = assert_problem(answer)
    assert (problem["status"], "username" in problem["detail"]) == (422, True)


@pytest.mark.parametrize("path", [*PULLS, *ASKS])
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "application/json"), (b"{", "application/json"), (b"[]", "application/json"),
        (b"null", "application/json"),
        (b'"org/small"', "application/json"), (b"7", "application/json"), (b"\xff\xfe\x00", "application/json"),
        (b'{"model": "\xff"}', "application/json"), (b'{"model": "a", "model": }', "application/json"),
        (b'{"model": NaN}', "application/json"), (b"{" * 5000, "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"model": "org/small", "username": "a"}', "text/plain"),
        (b"model=org/small", "application/x-www-form-urlencoded"),
        (b'{"model": "org/small", "username": "a"}', "application/json; charset=utf-16"), (b"<a/>", "application/xml"),
        (b'{"model": ' + b"1" * 5000 + b"}", "application/json"),
        (b'{"model": "org/small"', "multipart/form-data; boundary=x"),
        (b'\xef\xbb\xbf{"model": "", "username": "a"}', "application/json"),
    ],
)  # fmt: skip
async def test_a_body_that_is_no_json_object(house: House, path: str, content: bytes, kind: str) -> None:
    answer = await house.http.post(path, content=content, headers={"Content-Type": kind})
    if kind.startswith("application/json; charset"):
        assert answer.status_code < 500
    else:
        assert_problem(answer)
    await assert_well(house)


@pytest.mark.parametrize("path", [*PULLS, *ASKS])
async def test_a_huge_body(house: House, path: str) -> None:
    content = json.dumps({"model": "x" * 3_000_000, "username": "a"})
    assert_problem(await house.http.post(path, content=content, headers=JSON))
