"""Branches, tags and history, as huggingface_hub reads them."""

from datetime import UTC, datetime

from huggingface_hub.utils._datetime import parse_datetime

from steelyard.dialects.huggingface.refs import commits, known_commits, known_refs, refs

A, B = "a" * 40, "b" * 40


def test_only_what_is_whole_goes_on() -> None:
    main = {"name": "main", "ref": "refs/heads/main", "targetCommit": A, "xetThing": 1}
    document = {"branches": [main, {"name": "x"}, 7, {**main, "targetCommit": "short"}], "tags": None, "converts": "no"}
    assert refs(document) == {
        "branches": [{"name": "main", "ref": "refs/heads/main", "targetCommit": A}],
        "tags": [],
        "converts": [],
        "pullRequests": [],
    }


def test_refs_from_what_the_depot_knows() -> None:
    names = {
        "main": A, "feature/x": B, "refs/pr/12": B, "refs/convert/parquet": A, "refs/tags/v1": A, "refs/heads/dev": B,
        A: A, "refs/odd/x": A,
    }  # fmt: skip
    found = known_refs(names)
    assert [(one["name"], one["ref"]) for one in found["branches"]] == [
        ("feature/x", "refs/heads/feature/x"),
        ("main", "refs/heads/main"),
        ("dev", "refs/heads/dev"),
    ]
    assert found["pullRequests"] == [{"name": "12", "ref": "refs/pr/12", "targetCommit": B}]
    assert [one["ref"] for one in found["converts"]] == ["refs/convert/parquet"]
    assert [one["ref"] for one in found["tags"]] == ["refs/tags/v1"]
    assert refs(found) == found


def test_history_is_cleaned() -> None:
    told = {
        "id": A,
        "title": "First",
        "authors": [{"user": "alice", "avatar": "x"}, 3],
        "date": "2024-01-02T03:04:05.123456Z",
    }
    cleaned = commits([told, {"id": "x"}, {**told, "date": "yesterday"}, None, {**told, "id": B, "authors": None}])
    assert [one["id"] for one in cleaned] == [A, B]
    assert cleaned[0] == {
        "id": A, "title": "First", "message": "", "authors": [{"user": "alice"}], "date": "2024-01-02T03:04:05.123Z",
    }  # fmt: skip
    assert cleaned[1]["authors"] == []


def test_history_from_what_the_depot_knows_is_newest_first() -> None:
    old, new = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    found = known_commits([(A, old), (B, new)])
    assert [one["id"] for one in found] == [B, A]
    assert parse_datetime(found[0]["date"]) == new
    assert commits(found) == found
