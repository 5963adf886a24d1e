"""What every refusal must look like."""

from typing import Any

import httpx2

from tests.flows.house import House


def assert_problem(answer: httpx2.Response) -> dict[str, Any]:
    """A 4xx in the shape of RFC 9457, with words for people and nothing internal; its body."""
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
    assert answer.headers["content-type"].startswith("application/problem+json")
    body = dict(answer.json())
    assert body["status"] == answer.status_code
    assert isinstance(body["type"], str)
    assert all(body[field] and isinstance(body[field], str) for field in ("title", "detail"))
    assert answer.headers["x-request-id"]
    for internal in ("Traceback", "site-packages", "/steelyard/", "sqlalchemy", "sqlite3"):
        assert internal not in answer.text
    return body


async def assert_well(house: House) -> None:
    """The depot answers, and is well."""
    assert (await house.get("/health"))["status"] == "ok"
