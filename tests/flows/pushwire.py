"""Pushing by hand: the calls that clients make, one by one, and wrong ones too."""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

import httpx2

from tests.flows.house import House


def sha256(data: bytes) -> str:
    """The name of a large file's bytes."""
    return hashlib.sha256(data).hexdigest()


def git_sha1(data: bytes) -> str:
    """The name of a small file's bytes."""
    return hashlib.sha1(b"blob %d\x00" % len(data) + data, usedforsecurity=False).hexdigest()


def small(path: str, data: bytes) -> dict[str, Any]:
    """A file within a commit."""
    value = {"path": path, "content": base64.b64encode(data).decode(), "encoding": "base64"}
    return {"key": "file", "value": value}


def large(path: str, data: bytes, **other: Any) -> dict[str, Any]:
    """A file whose bytes were sent before."""
    return {
        "key": "lfsFile",
        "value": {"path": path, "algo": "sha256", "oid": sha256(data), "size": len(data), **other},
    }


def gone(path: str) -> dict[str, Any]:
    """A file, or a folder where the path ends with a slash, that goes."""
    return {"key": "deletedFolder" if path.endswith("/") else "deletedFile", "value": {"path": path}}


@dataclass(frozen=True)
class Wire:
    """Somebody at the wire. ``door`` is their prefix."""

    house: House
    token: str | None = None
    door: str = "/hf"

    async def call(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """Any call below the door."""
        headers = {**({"Authorization": f"Bearer {self.token}"} if self.token else {}), **more.pop("headers", {})}
        return await self.house.http.request(method, f"{self.door}{path}", headers=headers, **more)

    async def create(self, repo: str, expect: int = 200, **more: Any) -> httpx2.Response:
        """``create_repo``."""
        organization, _, name = repo.rpartition("/")
        body = {"name": name, "organization": organization or None, **more}
        return checked(await self.call("POST", "/api/repos/create", json=body), expect)

    async def asked(self, repo: str, *files: bytes, expect: int = 200) -> list[dict[str, Any]]:
        """The batch of large files."""
        objects = [{"oid": sha256(data), "size": len(data)} for data in files]
        body = {"operation": "upload", "transfers": ["basic", "multipart"], "objects": objects}
        answer = checked(await self.call("POST", f"/{repo}.git/info/lfs/objects/batch", json=body), expect)
        return list(answer.json().get("objects", []))

    async def href(self, repo: str, data: bytes) -> str:
        """Where to send a file, without the server's name."""
        return httpx2.URL((await self.asked(repo, data))[0]["actions"]["upload"]["href"]).path

    async def put(self, href: str, data: Any, expect: int = 200) -> httpx2.Response:
        """The bytes, without any token."""
        return checked(await self.house.http.put(href, content=data), expect)

    async def send(self, repo: str, data: bytes) -> None:
        """A large file, as far as it must be sent."""
        if "actions" in (await self.asked(repo, data))[0]:
            await self.put(await self.href(repo, data), data)

    async def commit(
        self,
        repo: str,
        *lines: dict[str, Any],
        expect: int = 200,
        branch: str = "main",
        parent: str | None = None,
        title: str = "change",
    ) -> dict[str, Any]:
        """``create_commit``; its answer."""
        header = {"summary": title, "description": "", **({"parentCommit": parent} if parent else {})}
        body = "\n".join(json.dumps(line) for line in ({"key": "header", "value": header}, *lines))
        return dict(checked(await self.post(repo, body.encode(), branch), expect).json())

    async def post(self, repo: str, body: Any, branch: str = "main") -> httpx2.Response:
        """Anything in the place of a commit."""
        return await self.call("POST", f"/api/models/{repo}/commit/{branch}", content=body)

    async def files(self, repo: str, revision: str = "main") -> dict[str, int]:
        """Paths and sizes."""
        answer = checked(await self.call("GET", f"/api/models/{repo}/tree/{revision}?recursive=true"), 200)
        return {one["path"]: one["size"] for one in answer.json() if one["type"] == "file"}

    async def head(self, repo: str, revision: str = "main") -> str:
        """The commit of a branch."""
        return str(checked(await self.call("GET", f"/api/models/{repo}/revision/{revision}"), 200).json()["sha"])


def checked(answer: httpx2.Response, expect: int) -> httpx2.Response:
    """The answer, which has the status."""
    assert answer.status_code == expect, f"{answer.status_code} {answer.text}"
    return answer
