"""Static files: by hash, for good."""

import httpx2
import pytest

from steelyard.web.templates import create_templates


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("app.css", "text/css; charset=utf-8"),
        ("app.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
        ("vendor/htmx/htmx.min.js", "text/javascript; charset=utf-8"),
    ],
)
async def test_a_file_of_this_version_is_kept_for_good(browser: httpx2.AsyncClient, name: str, media_type: str) -> None:
    answer = await browser.get(create_templates().assets.address(name))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_without_the_version_the_etag_decides(browser: httpx2.AsyncClient) -> None:
    first = await browser.get("/static/app.css?v=old")
    again = await browser.get("/static/app.css", headers={"If-None-Match": first.headers["etag"]})
    assert first.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["nothing.css", "vendor/vendor.toml", "..%2Fassets.py", "%2e%2e/%2e%2e/pages.py", ""])
async def test_nothing_else_is_served(browser: httpx2.AsyncClient, path: str) -> None:
    assert (await browser.get(f"/static/{path}")).status_code == 404


def test_a_template_cannot_name_a_file_that_is_not_there() -> None:
    with pytest.raises(KeyError):
        create_templates().assets.address("nothing.css")
