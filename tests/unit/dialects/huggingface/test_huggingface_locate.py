"""From the addresses that clients send to what they mean."""

import pytest

from steelyard.core.errors import NotFound
from steelyard.core.ref import Kind
from steelyard.dialects.huggingface.asked import (
    Asked,
    AuthCheck,
    Commits,
    FileAt,
    Info,
    PathsInfo,
    Plain,
    Push,
    Refs,
    Tree,
    XetToken,
)
from steelyard.dialects.huggingface.locate import locate
from steelyard.dialects.huggingface.missing import CallUnknown, EntryUnknown, RepositoryUnknown, RevisionUnknown
from steelyard.sources.protocol import Repository

GPT2 = Repository(Kind.MODEL, "gpt2")
LLAMA = Repository(Kind.MODEL, "org/name")
DATA = Repository(Kind.DATASET, "org/data")
SPACE = Repository(Kind.SPACE, "org/app")
SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("rest", "asked"),
    [
        ("/api/models/gpt2", Info(GPT2, None)),
        ("/api/models/org/name", Info(LLAMA, None)),
        ("/api/models/org/name/", Info(LLAMA, None)),
        ("/api/models/gpt2/revision/main", Info(GPT2, "main")),
        ("/api/datasets/org/data/revision/refs%2Fconvert%2Fparquet", Info(DATA, "refs/convert/parquet")),
        ("/api/models/gpt2/revision/refs/pr/1", Info(GPT2, "refs/pr/1")),
        ("/api/spaces/org/app/revision/feature%2Fx", Info(SPACE, "feature/x")),
        (f"/api/models/org/name/tree/{SHA}", Tree(LLAMA, SHA, "")),
        ("/api/models/gpt2/tree/main/", Tree(GPT2, "main", "")),
        ("/api/models/gpt2/tree/main/a/b%20c", Tree(GPT2, "main", "a/b c")),
        ("/api/models/gpt2/tree/main/a%2Fb", Tree(GPT2, "main", "a/b")),
        ("/api/models/gpt2/tree/refs%2Fpr%2F1/a", Tree(GPT2, "refs/pr/1", "a")),
        ("/api/models/gpt2/tree/refs/pr/1/a", Tree(GPT2, "refs/pr/1", "a")),
        (
            "/api/datasets/org/data/tree/refs/convert/parquet/plain/train",
            Tree(DATA, "refs/convert/parquet", "plain/train"),
        ),
        ("/api/models/org/tree/tree/main", Tree(Repository(Kind.MODEL, "org/tree"), "main", "")),
        ("/api/models/org/name/paths-info/main", PathsInfo(LLAMA, "main")),
        ("/api/models/gpt2/refs", Refs(GPT2)),
        ("/api/models/org/name/refs", Refs(LLAMA)),
        ("/api/models/gpt2/commits/main", Commits(GPT2, "main")),
        ("/api/models/gpt2/auth-check", AuthCheck(GPT2, write=False)),
        ("/api/models/org/name/auth-check/write", AuthCheck(LLAMA, write=True)),
        ("/api/models/org/name/xet-read-token/main", XetToken(LLAMA, "main", write=False)),
        ("/api/models/org/name/xet-write-token/main", XetToken(LLAMA, "main", write=True)),
        ("/gpt2/resolve/main/config.json", FileAt(GPT2, "main", "config.json")),
        ("/org/name/resolve/main/a/b.json", FileAt(LLAMA, "main", "a/b.json")),
        ("/datasets/org/data/resolve/refs%2Fconvert%2Fparquet/x", FileAt(DATA, "refs/convert/parquet", "x")),
        ("/spaces/org/app/resolve/refs/pr/12/app.py", FileAt(SPACE, "refs/pr/12", "app.py")),
        ("/datasets/squad/resolve/main/x", FileAt(Repository(Kind.DATASET, "squad"), "main", "x")),
        ("/gpt2/resolve/main/resolve/x", FileAt(GPT2, "main", "resolve/x")),
        ("/gpt2/raw/main/README.md", FileAt(GPT2, "main", "README.md", raw=True)),
        ("/org/name/resolve/main/a%20%C3%A9%23.json", FileAt(LLAMA, "main", "a é#.json")),
        ("/org/name/resolve/main/..a/b..", FileAt(LLAMA, "main", "..a/b..")),
        ("/api/models/org/name/preupload/main", Push("preupload", LLAMA, "main")),
        ("/api/datasets/org/data/commit/main", Push("commit", DATA, "main")),
        ("/org/name.git/info/lfs/objects/batch", Push("lfs-batch", LLAMA)),
        ("/datasets/org/data.git/info/lfs/objects/batch", Push("lfs-batch", DATA)),
        ("/gpt2.git/info/lfs/objects/verify", Push("lfs-verify", GPT2)),
        ("/api/repos/create", Plain("repo-create")),
        ("/api/validate-yaml", Plain("validate-yaml")),
        ("/api/whoami-v2", Plain("whoami")),
        ("/api/agent-harnesses", Plain("agent-harnesses")),
        ("/api/telemetry/transformers/load", Plain("telemetry")),
        ("/api/telemetry", Plain("telemetry")),
    ],
)
def test_what_an_address_means(rest: str, asked: Asked) -> None:
    assert locate(rest) == asked


@pytest.mark.parametrize(
    "path",
    [
        "..", "../x", "a/../b", "%2e%2e/x", "a/%2E%2E/b", "%2e%2e%2fx", ".", "a/./b", "a//b", "a/", "%2Fetc/passwd",
        "a%00b", "a%0ab", "a%5c..%5cb", "%ff", "a%2F", "%2F", "", "a" * 5000,
    ],
)  # fmt: skip
def test_no_file_path_leaves_its_repository(path: str) -> None:
    with pytest.raises(EntryUnknown):
        locate(f"/org/name/resolve/main/{path}")


@pytest.mark.parametrize("folder", ["..", "%2e%2e", "a//b", "a%00"])
def test_no_folder_path_does_either(folder: str) -> None:
    with pytest.raises(EntryUnknown):
        locate(f"/api/models/org/name/tree/main/{folder}")


@pytest.mark.parametrize("name", ["..", "org/..", "%2e%2e/x", "a--b", "org/x.git", "a%40main", "a%3Aq4", "m~1", "%ff"])
def test_a_name_that_no_repository_has(name: str) -> None:
    with pytest.raises(RepositoryUnknown) as caught:
        locate(f"/{name}/resolve/main/x")
    assert caught.value.hint
    with pytest.raises(RepositoryUnknown):
        locate(f"/api/models/{name}/revision/main")


@pytest.mark.parametrize("revision", ["..", "a%00", "%2e%2e", "a%20b", "%ff", "", "refs%2F%2Fx", "a.lock"])
def test_a_revision_that_is_none(revision: str) -> None:
    with pytest.raises(RevisionUnknown):
        locate(f"/org/name/resolve/{revision}/x")


@pytest.mark.parametrize(
    "rest",
    [
        "", "/", "/api", "/api/", "/api/models", "/api/kernels/org/name", "/api/models/a/b/c", "/api/models/a/b/c/d",
        "/gpt2", "/org/name/blob/main/x", "/org/name/resolve/main", "/api/repos/move", "/org/name.git/info/refs",
    ],
)  # fmt: skip
def test_an_address_that_is_no_call(rest: str) -> None:
    with pytest.raises(NotFound) as caught:
        locate(rest)
    assert isinstance(caught.value, CallUnknown | RepositoryUnknown)
