"""HEAD and GET of files that are here, and what is looked at before any byte."""

from dataclasses import replace
from pathlib import Path

import pytest

from steelyard.catalog.models import FileState
from steelyard.sources.errors import AccessRefused, UpstreamUnavailable
from tests.unit.dialects.huggingface.shown_mirror import COMMIT, CONTENT, FILES, Client, ShownMirror, entry_with

ADDRESS = "/hf/org/name/resolve/main/model.safetensors"
ETAG = f'"{FILES[1].digest.hex}"'


@pytest.fixture
def mirror(tmp_path: Path) -> ShownMirror:
    """Both files are here."""
    return ShownMirror(tmp_path)


async def test_head_tells_what_a_client_needs_and_counts_as_use(mirror: ShownMirror) -> None:
    answer = await Client(mirror).ask("HEAD", ADDRESS)
    assert (answer.status_code, answer.content) == (200, b"")
    told = {"x-repo-commit": COMMIT, "etag": ETAG, "x-linked-etag": ETAG, "content-length": str(len(CONTENT))}
    assert {name: answer.headers[name] for name in told} == told
    assert mirror.asked[1:] == [("touch", "somebody")]


async def test_get_sends_the_file(mirror: ShownMirror) -> None:
    answer = await Client(mirror).get(ADDRESS, accept_encoding="gzip")
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert (answer.headers["etag"], answer.headers["x-repo-commit"]) == (ETAG, COMMIT)
    assert "content-encoding" not in answer.headers
    assert len(answer.headers.get_list("content-type")) == 1
    assert mirror.asked[1:] == [("open", "model.safetensors", "somebody")]


async def test_what_a_client_has_already_is_not_sent(mirror: ShownMirror) -> None:
    answer = await Client(mirror).get(ADDRESS, if_none_match=ETAG)
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", ETAG)
    assert mirror.asked[1:] == [("touch", "somebody")]
    assert (await Client(mirror).get(ADDRESS, if_none_match='"other"')).status_code == 200


@pytest.mark.parametrize(
    ("asked", "body"), [("bytes=0-9", CONTENT[:10]), ("bytes=100-", CONTENT[100:]), ("bytes=-7", CONTENT[-7:])]
)
async def test_parts(mirror: ShownMirror, asked: str, body: bytes) -> None:
    answer = await Client(mirror).get(ADDRESS, range=asked)
    assert (answer.status_code, answer.content) == (206, body)


async def test_what_lies_behind_the_end(mirror: ShownMirror) -> None:
    answer = await Client(mirror).get(ADDRESS, range=f"bytes={len(CONTENT)}-")
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(CONTENT)}")
    assert mirror.asked[1:] == []  # nothing is fetched for it


async def test_the_rest_of_another_file_is_the_whole_of_this(mirror: ShownMirror) -> None:
    answer = await Client(mirror).get(ADDRESS, range="bytes=100-", if_range='"other"')
    assert (answer.status_code, answer.content) == (200, CONTENT)
    answer = await Client(mirror).get(ADDRESS, range="bytes=100-", if_range=ETAG)
    assert (answer.status_code, answer.content) == (206, CONTENT[100:])


@pytest.mark.parametrize(
    ("asked", "status"), [("bytes=100-", 200), ("bytes=0-", 206), ("bytes=100-200", 206), ("bytes=-100", 206)]
)
async def test_whoever_may_hold_wrong_bytes_is_not_let_go_on(mirror: ShownMirror, asked: str, status: int) -> None:
    mirror.doubted = True
    answer = await Client(mirror).get(ADDRESS, range=asked)
    assert answer.status_code == status
    if status == 200:
        assert answer.content == CONTENT


@pytest.mark.parametrize(("asked", "is_passed"), [("bytes=0-99", True), ("bytes=0-", False), (None, False)])
async def test_looks_are_passed_through(mirror: ShownMirror, asked: str | None, is_passed: bool) -> None:
    mirror.peeks = True
    answer = await Client(mirror).get(ADDRESS, **({"range": asked} if asked else {}))
    assert (mirror.asked[-1] == ("passed", "model.safetensors", 0, 100)) is is_passed
    if is_passed:
        assert (answer.status_code, answer.content) == (206, CONTENT[:100])
        assert answer.headers["x-repo-commit"] == COMMIT


async def test_a_file_that_is_not_there_is_remembered_with_its_commit(mirror: ShownMirror) -> None:
    for method in ("HEAD", "GET"):
        answer = await Client(mirror).ask(method, "/hf/org/name/resolve/main/chat_template.jinja")
        assert answer.status_code == 404
        assert (answer.headers["x-error-code"], answer.headers["x-repo-commit"]) == ("EntryNotFound", COMMIT)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(AccessRefused("gated"), 403, "GatedRepo"), (UpstreamUnavailable("away", retry_after=5), 503, None)],
)
async def test_errors_are_in_the_hubs_shape(
    mirror: ShownMirror, error: AccessRefused, status: int, code: str | None
) -> None:
    mirror.fails = error
    answer = await Client(mirror).get(ADDRESS)
    assert (answer.status_code, answer.headers.get("x-error-code")) == (status, code)
    assert answer.headers["x-error-message"]


@pytest.mark.parametrize(
    ("tags", "description", "told"),
    [
        ([], None, []),
        (["text-generation"], "useful", []),
        (["deprecated"], None, ["deprecated; org/name is marked as deprecated in this depot."]),
        (["Leaving-Soon"], "Use org/better.", ["leaving soon; org/name is to leave this depot soon. Use org/better."]),
    ],
)
async def test_users_are_told_that_a_model_goes(
    mirror: ShownMirror, tags: list[str], description: str | None, told: list[str]
) -> None:
    mirror.entry = entry_with(tags, description)
    for method in ("HEAD", "GET"):
        answer = await Client(mirror).ask(method, ADDRESS)
        assert answer.headers.get_list("x-hf-warning") == told


async def test_a_small_file_has_gits_name_and_is_shown_as_text(mirror: ShownMirror) -> None:
    answer = await Client(mirror).get("/hf/org/name/resolve/main/config.json")
    assert (answer.json(), answer.headers["content-type"]) == ({"a": 1}, "application/json")
    assert "x-linked-etag" not in answer.headers
    assert len(answer.headers["etag"]) == 42


async def test_a_file_that_is_not_here_is_announced_all_the_same(mirror: ShownMirror) -> None:
    mirror.files = [replace(file, state=FileState.LISTED) for file in FILES]
    assert (await Client(mirror).ask("HEAD", ADDRESS)).headers["content-length"] == str(len(CONTENT))
