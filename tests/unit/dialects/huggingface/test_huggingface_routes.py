"""The addresses that only read: which call each is, for whom, and our own links."""

from pathlib import Path
from typing import Any

import pytest

from steelyard.catalog.models import File, FileState
from steelyard.dialects.huggingface.routes import is_mirror
from steelyard.downloads.mirror.history import Branches, Commits
from steelyard.identity.principal import Access
from steelyard.identity.roles import Role
from steelyard.sources.errors import RepositoryMissing, UpstreamBusy
from steelyard.testing.source import digest_of
from tests.unit.dialects.huggingface.shown_mirror import COMMIT, FILES, Client, ShownMirror

PATHS = [file.path for file in FILES]


@pytest.fixture
def mirror(tmp_path: Path) -> ShownMirror:
    """Both files are here."""
    return ShownMirror(tmp_path)


@pytest.mark.parametrize(
    ("path", "placed"),
    [
        ("/hf/api/models/gpt2", ("model", "gpt2", None)),
        ("/hf/api/models/org/name", ("model", "org/name", None)),
        ("/hf/api/models/org/name/revision/refs%2Fpr%2F3", ("model", "org/name", "refs/pr/3")),
        ("/hf/api/datasets/org/name/revision/main", ("dataset", "org/name", "main")),
        ("/hf/api/spaces/org/name/revision/v1.0", ("space", "org/name", "v1.0")),
        ("/hf/api/models/org/name/tree/main?recursive=true", ("model", "org/name", "main")),
        ("/hf/api/models/org/name/refs", ("model", "org/name", None)),
        ("/hf/api/models/org/name/commits/v1", ("model", "org/name", "v1")),
        ("/hf/api/models/org/name/auth-check", ("model", "org/name", None)),
        ("/hf/datasets/org/name/resolve/main/config.json", ("dataset", "org/name", "main")),
        ("/hf/gpt2/resolve/main/config.json", ("model", "gpt2", "main")),
        ("/hf/org/name/raw/main/config.json", ("model", "org/name", "main")),
    ],
)
async def test_what_an_address_names(mirror: ShownMirror, path: str, placed: tuple[Any, ...]) -> None:
    answer = await Client(mirror).get(path)
    assert answer.status_code == 200, answer.text
    assert mirror.asked[0] == ("place", *placed, "somebody")


async def test_info_has_all_that_old_clients_read(mirror: ShownMirror) -> None:
    told = (await Client(mirror).get("/hf/api/models/org/name?blobs=true")).json()
    assert (told["id"], told["sha"], told["likes"]) == ("org/name", COMMIT, 7)
    assert [sibling["rfilename"] for sibling in told["siblings"]] == PATHS
    assert told["siblings"][1]["lfs"]["sha256"] == FILES[1].digest.hex
    assert ("touch", "somebody") in mirror.asked


async def test_the_list_of_files(mirror: ShownMirror) -> None:
    answer = await Client(mirror).get("/hf/api/models/org/name/tree/main?recursive=true")
    assert [entry["path"] for entry in answer.json()] == PATHS
    assert answer.headers["x-repo-commit"] == COMMIT
    assert "link" not in answer.headers


@pytest.mark.parametrize(
    ("door", "public_url", "base"),
    [
        ("/hf", None, "http://depot:8420/hf"),
        ("/u/alice/hf", None, "http://depot:8420/u/alice/hf"),
        ("/hf", "https://models.example/depot", "https://models.example/depot/hf"),
        ("/u/alice/hf", "https://models.example/depot/", "https://models.example/depot/u/alice/hf"),
    ],
)
async def test_our_links_lead_back_to_us(mirror: ShownMirror, door: str, public_url: str | None, base: str) -> None:
    mirror.files = [File(f"{number:05}", 1, digest_of(b"x"), FileState.LISTED) for number in range(1001)]
    client = Client(mirror, public_url=public_url)
    tree = await client.get(f"{door}/api/models/org/name/tree/main?recursive=true")
    assert (len(tree.json()), tree.headers["link"].startswith(f"<{base}/api/models/org/name/tree/{COMMIT}?")) == (
        1000, True,
    )  # fmt: skip
    following = tree.links["next"]["url"].removeprefix(base)
    assert [entry["path"] for entry in (await client.get(door + following)).json()] == ["01000"]
    commits = await client.get(f"{door}/api/models/org/name/commits/main")
    assert commits.links["next"]["url"] == f"{base}/api/models/org/name/commits/{COMMIT}?p=1"


async def test_some_paths(mirror: ShownMirror) -> None:
    form = {"paths": ["config.json", "absent"], "expand": "false"}
    for door in ("/hf", "/u/alice/hf"):
        answer = await Client(mirror).ask("POST", f"{door}/api/models/org/name/paths-info/main", data=form)
        assert [entry["path"] for entry in answer.json()] == ["config.json"]


async def test_branches_and_tags(mirror: ShownMirror) -> None:
    known = (await Client(mirror).get("/hf/api/models/org/name/refs")).json()
    assert [(one["name"], one["targetCommit"]) for one in known["branches"]] == [("main", COMMIT)]
    assert [one["name"] for one in known["tags"]] == ["v1"]
    theirs = {"name": "dev", "ref": "refs/heads/dev", "targetCommit": COMMIT}
    mirror.branches = Branches({"branches": [theirs], "tags": [], "converts": []})
    told = (await Client(mirror).get("/hf/api/models/org/name/refs")).json()
    assert [one["name"] for one in told["branches"]] == ["dev"]


async def test_the_history_in_pages(mirror: ShownMirror) -> None:
    client = Client(mirror)
    first = await client.get("/hf/api/models/org/name/commits/main")
    assert [one["id"] for one in first.json()] == [COMMIT]
    last = await client.get("/hf/api/models/org/name/commits/main?p=1")
    assert (last.json(), "link" in last.headers) == ([], False)
    for nonsense in ("-1", "x", "99999999999999", "1e3", "%C2%B2"):
        await client.get(f"/hf/api/models/org/name/commits/main?p={nonsense}")
    assert [page for call, *page in mirror.asked if call == "commits"] == [[0], [1], [0], [0], [0], [0], [0]]


async def test_a_history_that_the_shelf_alone_knows(mirror: ShownMirror) -> None:
    mirror.pages = [Commits(None, known=[])]
    assert (await Client(mirror).get("/hf/api/models/org/name/commits/main")).json() == []


@pytest.mark.parametrize(
    ("path", "agent", "name"),
    [
        ("/u/alice/hf/api/models/org/name", "hf_hub/2.4.0", "alice"),
        ("/hf/api/models/org/name", "hf_hub/2.4.0; origin/carol", "carol"),
        ("/u/alice/hf/api/models/org/name", "hf_hub/2.4.0; origin/carol", "alice"),
        ("/hf/api/models/org/name", "hf_hub/2.4.0", "somebody"),
    ],
)
async def test_who_asks(mirror: ShownMirror, path: str, agent: str, name: str) -> None:
    await Client(mirror).get(path, user_agent=agent)
    assert mirror.asked[0][-1] == name


@pytest.mark.parametrize(("role", "word", "orgs"), [(Role.MEMBER, "write", ["team"]), (Role.VIEWER, "read", [])])
async def test_who_am_i(mirror: ShownMirror, role: Role, word: str, orgs: list[str]) -> None:
    mirror.namespaces = ["team"]
    told = (await Client(mirror, access=Access(role)).get("/u/alice/hf/api/whoami-v2")).json()
    assert (told["name"], told["type"], told["auth"]["accessToken"]["role"]) == ("alice", "user", word)
    assert [org["name"] for org in told["orgs"]] == orgs


async def test_what_clients_ask_by_the_way(mirror: ShownMirror) -> None:
    client = Client(mirror)
    assert (await client.get("/hf/api/agent-harnesses")).json() == {"standardEnvVars": [], "harnesses": {}}
    assert (await client.ask("HEAD", "/hf/api/telemetry/transformers/from_pretrained")).status_code == 200
    assert mirror.asked == []


@pytest.mark.parametrize(("name", "status"), [("alice", 200), ("bob", 403)])
async def test_whether_somebody_may_push(mirror: ShownMirror, name: str, status: int) -> None:
    client = Client(mirror)
    assert (await client.get(f"/u/{name}/hf/api/models/org/name/auth-check/write")).status_code == status
    assert (await client.get(f"/u/{name}/hf/api/models/org/name/auth-check")).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/hf/api/models/org/name/xet-read-token/main", "/hf/api/models/org/name/xet-write-token/main",
        "/hf/api/nothing", "/hf/", "/hf/api/models/a/b/c/d", "/hf/api/kernels/org/name",
        "/hf/api/models/org%2F..%2Fname",
    ],
)  # fmt: skip
async def test_what_is_not_served_is_a_404_in_the_hubs_shape(mirror: ShownMirror, path: str) -> None:
    answer = await Client(mirror).get(path)
    assert answer.status_code == 404, answer.text
    assert answer.headers["x-error-message"]
    assert mirror.asked == []


async def test_a_name_that_cannot_be_one_is_refused(mirror: ShownMirror) -> None:
    answer = await Client(mirror).get("/u/%FF/hf/api/models/org/name")
    assert (answer.status_code, mirror.asked) == (400, [])


async def test_errors_carry_the_hubs_codes(mirror: ShownMirror) -> None:
    mirror.fails = RepositoryMissing("There is no such model.")
    answer = await Client(mirror).get("/hf/api/models/org/name")
    assert (answer.status_code, answer.headers["x-error-code"]) == (404, "RepoNotFound")
    mirror.fails = UpstreamBusy("slow down", retry_after=55)
    answer = await Client(mirror).get("/hf/api/models/org/name")
    assert answer.status_code == 429
    assert "t=55" in answer.headers["ratelimit"]


@pytest.mark.parametrize(
    ("path", "leads"),
    [("/hf", True), ("/hf/x", True), ("/u/alice/hf/x", True), ("/u/%FF/hf", True), ("/hfx", False), ("/u/a/x", False)],
)
def test_which_paths_lead_to_the_mirror(path: str, leads: bool) -> None:
    assert is_mirror(path) is leads
