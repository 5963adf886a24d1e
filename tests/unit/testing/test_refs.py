"""References in the words of the hub's API."""

from steelyard.testing.refs import grouped


def test_references_stand_in_their_groups() -> None:
    branches = {"main": "1", "refs/pr/7": "2", "refs/convert/parquet": "3", "feature/x": "4"}
    assert grouped(branches, {"v1": "1"}) == {
        "branches": [
            {"name": "main", "ref": "refs/heads/main", "targetCommit": "1"},
            {"name": "feature/x", "ref": "refs/heads/feature/x", "targetCommit": "4"},
        ],
        "tags": [{"name": "v1", "ref": "refs/tags/v1", "targetCommit": "1"}],
        "converts": [{"name": "parquet", "ref": "refs/convert/parquet", "targetCommit": "3"}],
        "pullRequests": [{"name": "7", "ref": "refs/pr/7", "targetCommit": "2"}],
    }


def test_an_empty_repository_has_all_groups() -> None:
    assert grouped({}, {}) == {"branches": [], "tags": [], "converts": [], "pullRequests": []}
