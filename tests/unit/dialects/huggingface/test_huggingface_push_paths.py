"""From the addresses of a push to what they mean."""

import pytest

from steelyard.core.errors import NotFound
from steelyard.core.ref import Kind
from steelyard.dialects.huggingface.push_paths import about, lfs_repository
from steelyard.sources.protocol import Repository

MODEL, DATA = Repository(Kind.MODEL, "org/name"), Repository(Kind.DATASET, "org/data")


@pytest.mark.parametrize(
    ("path", "word", "expected"),
    [
        ("/api/models/org/name/commit/main", "commit", (MODEL, "main")),
        ("/api/models/org/name/commit/dev%2Fone", "commit", (MODEL, "dev/one")),
        ("/api/models/org/name/branch/dev/one", "branch", (MODEL, "dev/one")),
        ("/api/datasets/org/data/tag/v1", "tag", (DATA, "v1")),
        ("/api/models/org/name/settings", "settings", (MODEL, "")),
        ("/api/models/gpt2/commit/main", "commit", (Repository(Kind.MODEL, "gpt2"), "main")),
        ("/api/models/org/commit/commit/main", "commit", (Repository(Kind.MODEL, "org/commit"), "main")),
        ("/api/models/commit/name/commit/a%2Fcommit", "commit", (Repository(Kind.MODEL, "commit/name"), "a/commit")),
    ],
)  # fmt: skip
def test_a_name_ends_where_the_call_stands(path: str, word: str, expected: tuple[Repository, str]) -> None:
    assert about(path, word) == expected


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "/api", "/api/models", "/api/nothing/org/name/commit/main", "/api/models/org/name/commit/..",
        "/api/models/a/b/c/commit/main", "/api/models/%2e%2e/name/commit/main", "/api/models/org/name/commit/%FF",
        "/api/models/org%2Fname%2Fx/commit/main", "/api/models/org/na%00me/commit/main", "/api/models/org/name/tag/x",
    ],
)  # fmt: skip
def test_what_names_nothing_is_not_there(path: str) -> None:
    with pytest.raises(NotFound):
        about(path, "commit")


def test_the_calls_of_lfs_stand_below_the_repository() -> None:
    assert lfs_repository("/org/name.git/info/lfs/objects/batch") == MODEL
    assert lfs_repository("/datasets/org/data.git/info/lfs/objects/verify") == DATA
    with pytest.raises(NotFound):
        lfs_repository("/org/name/resolve/main/a")
