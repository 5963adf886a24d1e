"""The OpenAPI document tells errors as they are answered."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from steelyard.http import openapi, problems


class Body(BaseModel):
    """Something to send."""

    name: str


def document() -> dict[str, Any]:
    """Of an app with one route to read and one to change something."""
    app = FastAPI()
    problems.install(app)

    @app.get("/things/{name}")
    async def read(name: str) -> dict[str, str]:
        return {"name": name}

    @app.post("/things")
    async def write(body: Body) -> dict[str, str]:
        return {"name": body.name}

    openapi.install(app)
    return app.openapi()


def test_no_trace_of_the_shape_that_is_never_answered() -> None:
    assert "HTTPValidationError" not in str(document())


def test_every_error_is_a_problem_document() -> None:
    for operations in document()["paths"].values():
        for operation in operations.values():
            errors = {code: answer for code, answer in operation["responses"].items() if code >= "4"}
            assert {"422", "503", "default"} <= set(errors)
            for answer in errors.values():
                assert answer["content"] == {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                }


def test_only_routes_of_one_thing_miss_it_and_only_changes_conflict() -> None:
    paths = document()["paths"]
    read, write = paths["/things/{name}"]["get"]["responses"], paths["/things"]["post"]["responses"]
    assert "404" in read
    assert "409" not in read
    assert "409" in write
    assert "404" not in write
