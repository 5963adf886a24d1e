"""The hub's JSON, from what the hub holds. Shapes as huggingface_hub 2.4 and its elders read them."""

import hashlib

from steelyard.core.clock import iso
from steelyard.testing.hub.content import StoredFile, lfs_pointer
from steelyard.testing.hub.errors import EntryNotFound
from steelyard.testing.hub.repos import Commit, Repo
from steelyard.testing.refs import grouped

Json = dict[str, object]


def info(repo: Repo, commit: Commit, *, blobs: bool, xet: bool) -> Json:
    """A repository at a commit: ``/api/models/{id}``. With ``blobs`` each sibling has size, blobId and lfs."""
    licence = repo.card.get("license")
    return {
        "id": repo.repo_id,
        "modelId": repo.repo_id,
        "author": repo.repo_id.partition("/")[0] if "/" in repo.repo_id else None,
        "sha": commit.oid,
        "lastModified": iso(commit.date),
        "createdAt": iso(next(iter(repo.commits.values())).date),
        "private": repo.private,
        "gated": "auto" if repo.gated else False,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": [f"license:{licence}"] if licence else [],
        "cardData": dict(repo.card),
        "siblings": [_sibling(path, commit.files[path], blobs=blobs, xet=xet) for path in sorted(commit.files)],
        **({"xetEnabled": True} if xet else {}),
    }


def tree(commit: Commit, folder: str, *, recursive: bool, expand: bool, xet: bool) -> list[Json]:
    """The entries below a folder (``""`` is the root), sorted by path. Raises EntryNotFound."""
    prefix = f"{folder}/" if folder else ""
    paths = sorted({*commit.files, *commit.folders()})
    below = [path for path in paths if path.startswith(prefix) and (recursive or "/" not in path[len(prefix) :])]
    if folder and not below:
        raise EntryNotFound("Entry not found", hint=f"Commit {commit.oid} has no folder {folder!r}.")
    return [entry(commit, path, expand=expand, xet=xet) for path in below]


def entry(commit: Commit, path: str, *, expand: bool, xet: bool) -> Json:
    """A file or folder as tree and paths-info tell it. The path must exist."""
    file = commit.files.get(path)
    if file is None:
        body: Json = {"type": "directory", "oid": _folder_oid(commit, path), "size": 0, "path": path}
    else:
        body = {"type": "file", "oid": file.git_oid, "size": file.size, "path": path}
        if file.lfs:
            body["lfs"] = {"oid": file.sha256, "size": file.size, "pointerSize": _pointer_size(file)}
        if file.lfs and xet:
            body["xetHash"] = file.xet_hash
    if expand:
        body["lastCommit"] = {"id": commit.oid, "title": "Add files", "date": iso(commit.date)}
    return body


def refs(repo: Repo, *, pull_requests: bool) -> Json:
    """Branches, tags and conversions: ``/refs``; with ``?include_prs=1`` pull requests too."""
    groups = grouped(repo.branches, repo.tags)
    return {name: listed for name, listed in groups.items() if pull_requests or name != "pullRequests"}


def commits(repo: Repo, commit: Commit) -> list[Json]:
    """The history, newest first: ``/commits/{rev}``."""
    return [
        {"id": one.oid, "title": "Add files", "message": "", "authors": [{"user": "stand-in"}], "date": iso(one.date)}
        for one in repo.history(commit)
    ]


def whoami(token: str) -> Json:
    """The user behind an accepted token: ``/api/whoami-v2``."""
    access = {"displayName": "stand-in", "role": "read"}
    return {
        "type": "user",
        "id": hashlib.sha256(token.encode()).hexdigest()[:24],
        "name": "stand-in",
        "fullname": "A user of the stand-in hub",
        "orgs": [],
        "auth": {"type": "access_token", "accessToken": access},
    }


def _sibling(path: str, file: StoredFile, *, blobs: bool, xet: bool) -> Json:
    if not blobs:
        return {"rfilename": path}
    body: Json = {"rfilename": path, "size": file.size, "blobId": file.git_oid}
    if file.lfs:
        body["lfs"] = {"sha256": file.sha256, "size": file.size, "pointerSize": _pointer_size(file)}
        if xet:
            body["xetHash"] = file.xet_hash
    return body


def _pointer_size(file: StoredFile) -> int:
    return len(lfs_pointer(file.sha256, file.size))


def _folder_oid(commit: Commit, path: str) -> str:
    return hashlib.sha1(f"{commit.oid}:{path}".encode(), usedforsecurity=False).hexdigest()
