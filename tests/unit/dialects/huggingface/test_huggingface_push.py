"""Which calls of a push may bring more than fits into memory: only those that read it piece by piece."""

import pytest

from steelyard.dialects.huggingface.push import UNBOUNDED


@pytest.mark.parametrize("door", ["/hf", "/u/alice/hf"])
@pytest.mark.parametrize(
    ("method", "path", "is_unbounded"),
    [
        ("PUT", "/api/lfs/ticket", True),
        ("POST", "/api/models/team/m/commit/main", True),
        ("POST", "/api/models/m/commit/refs/heads/x", True),
        ("POST", "/api/models/team/m/preupload/main", False),
        ("POST", "/api/models/team/m/preupload/commit/main", False),
        ("POST", "/api/models/team/commit/preupload/main", False),
        ("POST", "/api/models/team/m/paths-info/commit/x", False),
        ("POST", "/api/models/team/commit/paths-info/main", False),
        ("POST", "/api/models/commit/x/paths-info/main", False),
        ("POST", "/api/models//preupload/commit/x", False),
        ("POST", "/api/repos/create", False),
        ("PUT", "/api/models/team/m/settings", False),
    ],
)
def test_only_what_is_read_piece_by_piece_is_without_a_limit(
    door: str, method: str, path: str, *, is_unbounded: bool
) -> None:
    found = any(method == one and pattern.fullmatch(door + path) for one, pattern in UNBOUNDED)
    assert found is is_unbounded
