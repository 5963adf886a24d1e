"""The API page: all of the document, nothing from elsewhere."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from steelyard.core.signals import Signals
from steelyard.testing.reference import openapi
from steelyard.web.frame import Frame
from steelyard.web.headers import POLICY
from steelyard.web.routes import create_docs_route
from steelyard.web.templates import create_templates
from tests.unit.web.conftest import Prefixed, StillClock
from tests.unit.web.test_web_html import ADDRESSES, HOSTILE, Markup


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document of a real depot."""
    return openapi()


async def docs(document: dict[str, Any], *, prefix: bool = False) -> httpx2.Response:
    """The page of a document."""
    app = Starlette(routes=create_docs_route(lambda: document, Frame(create_templates(), Signals(), StillClock())))
    transport = httpx2.ASGITransport(app=Prefixed(app) if prefix else app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8420") as client:
        return await client.get("/depot/docs" if prefix else "/docs")


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation of every route."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


async def test_every_route_is_on_the_page(document: dict[str, Any]) -> None:
    text = (await docs(document)).text
    found = list(operations(document))
    assert len(found) > 20
    for method, path, operation in found:
        assert f">{path}</code>" in text
        assert operation["summary"].replace("'", "&#39;") in text
        assert f'<b class="method">{method.upper()}</b>' in text


async def test_every_parameter_and_field_is_on_the_page(document: dict[str, Any]) -> None:
    text = (await docs(document)).text
    names = {one["name"] for _, _, operation in operations(document) for one in operation.get("parameters", [])}
    for schema in ("PullBody", "DownloadBody"):
        names |= set(document["components"]["schemas"][schema]["properties"])
    for name in names:
        assert f"<dt><code>{name}</code>" in text


async def test_every_link_leads_somewhere_and_ids_are_unique(document: dict[str, Any]) -> None:
    markup = Markup((await docs(document)).text)
    ids = markup.values("id")
    assert len(ids) == len(set(ids))
    inside = {value.removeprefix("#") for value in markup.values("href") if value.startswith("#")}
    assert inside <= set(ids)
    assert len(inside) > 20


@pytest.mark.parametrize(("prefix", "base"), [(False, "/"), (True, "/depot/")])
async def test_nothing_comes_from_elsewhere(document: dict[str, Any], *, prefix: bool, base: str) -> None:
    answer = await docs(document, prefix=prefix)
    markup = Markup(answer.text)
    assert not [value for value in markup.values(*ADDRESSES) if not value.startswith((base, "#")) or "//" in value]
    assert f"{base}openapi.json" in markup.values("href")
    assert f"curl -s http://127.0.0.1:8420{base}jobs</code>" in answer.text


async def test_the_page_is_guarded_and_holds_no_code(document: dict[str, Any]) -> None:
    answer = await docs(document)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"] == POLICY
    markup = Markup(answer.text)
    assert markup.inline == []
    assert not [name for _, attrs in markup.tags for name in attrs if name == "style" or name.startswith("on")]


async def test_hostile_text_stays_text() -> None:
    field = {"name": HOSTILE, "in": "query", "description": HOSTILE, "schema": {"enum": [HOSTILE], "default": HOSTILE}}
    operation = {
        "tags": [HOSTILE],
        "summary": HOSTILE,
        "description": HOSTILE,
        "parameters": [field, {**field, "in": "path"}],
        "responses": {"200": {"description": HOSTILE, "content": {HOSTILE: {}}}},
    }
    text = (await docs({"paths": {f"/{HOSTILE}": {"get": operation}}})).text
    assert "<script>alert" not in text
    assert "<hx-partial" not in text
