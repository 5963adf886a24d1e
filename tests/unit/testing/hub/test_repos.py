"""Repositories, commits, branches and tags."""

from pathlib import Path

import pytest

from steelyard.core.ref import Kind, is_commit
from steelyard.testing.hub.content import StoredFile
from steelyard.testing.hub.errors import EntryNotFound, RepoNotFound, RevisionNotFound
from steelyard.testing.hub.repos import Repo, Repos


def stored(name: str) -> StoredFile:
    return StoredFile(Path(name), 1, name, name, lfs=False)


def test_a_commit_follows_from_name_files_and_history() -> None:
    one, same, other = Repo(Kind.MODEL, "org/a"), Repo(Kind.MODEL, "org/a"), Repo(Kind.MODEL, "org/b")
    files = {"x": stored("1")}
    first = one.commit(files, "main")
    assert is_commit(first.oid)
    assert same.commit(files, "main").oid == first.oid
    assert other.commit(files, "main").oid != first.oid
    assert one.commit(files, "main").oid != first.oid


def test_old_commits_stay_reachable_by_hash_and_tag() -> None:
    repo = Repo(Kind.MODEL, "org/a")
    old = repo.commit({"x": stored("1")}, "main")
    repo.tags["v1"] = old.oid
    new = repo.commit({"x": stored("2")}, "main")
    assert repo.at("main") == repo.at("refs/heads/main") == new
    assert repo.at(old.oid) == repo.at("v1") == repo.at("refs/tags/v1") == old
    assert list(repo.history(new)) == [new, old]


def test_a_new_branch_starts_from_nothing() -> None:
    repo = Repo(Kind.MODEL, "org/a")
    repo.commit({"x": stored("1")}, "main")
    assert repo.commit({"x": stored("2")}, "dev").parent is None


def test_what_is_not_there_has_its_own_error() -> None:
    repos = Repos()
    with pytest.raises(RepoNotFound):
        repos.find(Kind.MODEL, "org/a")
    repo = repos.open(Kind.MODEL, "org/a")
    commit = repo.commit({"x": stored("1")}, "main")
    with pytest.raises(RevisionNotFound):
        repo.at("absent")
    with pytest.raises(EntryNotFound):
        commit.file("y")


def test_one_name_per_kind() -> None:
    repos = Repos()
    assert repos.open(Kind.MODEL, "org/a") is repos.find(Kind.MODEL, "org/a")
    with pytest.raises(RepoNotFound):
        repos.find(Kind.DATASET, "org/a")


def test_folders_are_all_that_files_lie_in() -> None:
    repo = Repo(Kind.MODEL, "org/a")
    assert repo.commit({"a/b/c": stored("1"), "d": stored("2")}, "main").folders() == {"a", "a/b"}
