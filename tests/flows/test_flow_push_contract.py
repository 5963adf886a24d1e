"""Pushing, call by call: what is refused, and that nothing of what was refused stays."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, update

from steelyard.catalog.tables import files, revisions
from steelyard.core.ref import parse
from steelyard.downloads.push import store
from steelyard.downloads.push.tables import uploads
from steelyard.identity.audit.tables import audit_log
from steelyard.jobs.models import JobStatus
from steelyard.storage.disk import DiskStorage
from steelyard.storage.staging import Staging
from steelyard.testing.hub import StandInHub
from tests.flows.house import House, contents, open_house
from tests.flows.pushwire import Wire, git_sha1, gone, large, sha256, small
from tests.pickles import call as calling
from tests.pickles import pickle, text

REPO = "team/ours"
BATCH = f"/{REPO}.git/info/lfs/objects/batch"
BEGIN = b'{"key": "header", "value": {}}\n'
BIG = bytes(range(256)) * 20_000


@pytest.fixture
async def house(hub: StandInHub, home: Path) -> AsyncIterator[House]:
    """An open depot with a namespace for the team."""
    async with open_house(hub, home, mirror__namespaces=["team"]) as house:
        yield house


@pytest.fixture
async def wire(house: House) -> Wire:
    """Alice, and her repository."""
    wire = Wire(house, door="/u/alice/hf")
    await wire.create(REPO)
    return wire


def staged(house: House) -> list[Path]:
    """Everything that waits for a commit, and what was left half done."""
    return [path for path in (house.store / ".steelyard" / "uploads").rglob("*") if path.is_file()]


async def count(house: House, table: Any) -> int:
    """Rows."""
    statement = select(func.count()).select_from(table)
    return await house.depot.database.read(lambda connection: int(connection.execute(statement).scalar_one()))


@pytest.mark.parametrize("path", [f"{REPO}/preupload/commit/main", f"{REPO}/paths-info/commit%2Fmain"])
async def test_no_name_in_an_address_lets_a_body_in_that_is_read_at_once(house: House, path: str) -> None:
    body = b" " * (2 * 1024 * 1024)
    assert (await Wire(house).call("POST", f"/api/models/{path}", content=body)).status_code == 413


async def test_a_new_repository_has_a_first_commit_and_tells_its_address(house: House) -> None:
    wire = Wire(house, door="/u/alice/hf")
    answer = await wire.create(REPO)
    assert answer.json() == {"url": f"http://127.0.0.1/u/alice/hf/{REPO}", "name": REPO, "id": REPO}
    again = await wire.create(REPO, expect=409)
    assert again.json()["url"] == answer.json()["url"]
    assert list(await wire.files(REPO)) == [".gitattributes"]
    model = await house.get(f"/api/models/{REPO}")
    assert (model["owner"], model["source"], model["status"], model["private"]) == ("alice", "depot", "ready", False)
    assert (house.repository(REPO) / "refs" / "main").read_text() == await wire.head(REPO)


async def test_old_clients_read_the_bare_name(house: House) -> None:
    agent = {"User-Agent": "unknown/None; hf_hub/0.36.0; python/3.11.7"}
    answer = await Wire(house).call(
        "POST", "/api/repos/create", json={"name": "x", "organization": "team", "type": "dataset"}, headers=agent
    )
    assert answer.json()["url"] == "datasets/team/x"


async def test_the_namespace_is_ones_own_or_the_teams(house: House) -> None:
    alice, nobody = Wire(house, door="/u/alice/hf"), Wire(house)
    assert (await alice.create("mine")).json()["name"] == "alice/mine"
    assert (await nobody.create("mine")).json()["name"] == "team/mine"
    agent = {"User-Agent": "hf/2.4.0; hf_hub/2.4.0; origin/bob"}
    told = await nobody.call("POST", "/api/repos/create", json={"name": "mine"}, headers=agent)
    assert told.json()["name"] == "bob/mine"
    refused = await alice.create("google/bert", expect=403)
    assert "alice/..., team/..." in refused.headers["x-error-message"]
    assert "X-Error-Code" not in refused.headers


async def test_a_model_that_came_another_way_is_not_pushed_over(house: House, hub: StandInHub) -> None:
    hub.add("alice/known", {"config.json": b"{}"})
    await house.bring("alice/known")
    alice = Wire(house, door="/u/alice/hf")
    refused = await alice.create("alice/known", expect=409)
    assert "huggingface" in refused.json()["error"]
    await alice.commit("alice/known", small("a", b"b"), expect=403)
    assert (await alice.call("DELETE", "/api/repos/delete", json={"name": "known"})).status_code == 403


async def test_names_of_the_team_never_go_upstream(house: House, hub: StandInHub) -> None:
    hub.add("team/secret", {"config.json": b"{}"})
    assert (await Wire(house).call("GET", "/api/models/team/secret")).status_code == 404
    answer = await house.http.post("/pull", json={"model": "team/secret"})
    assert answer.status_code == 404
    assert "hf upload team/secret" in answer.json()["hint"]


async def test_a_deleted_ones_name_does_not_go_upstream_either(house: House, hub: StandInHub) -> None:
    alice = Wire(house, door="/u/alice/hf")
    await alice.create("mine")
    await alice.call("DELETE", "/api/repos/delete", json={"name": "mine"})
    hub.add("alice/mine", {"config.json": b"{}"})
    assert (await alice.call("GET", "/api/models/alice/mine")).status_code == 404


async def test_large_files_come_by_themselves_and_only_once(wire: Wire, house: House) -> None:
    first = (await wire.asked(REPO, BIG))[0]
    assert set(first["actions"]) == {"upload", "verify"}
    await wire.put(await wire.href(REPO, BIG), BIG)
    assert "actions" not in (await wire.asked(REPO, BIG))[0]
    verify = {"oid": sha256(BIG), "size": len(BIG)}
    assert (await wire.call("POST", f"/{REPO}.git/info/lfs/objects/verify", json=verify)).status_code == 200
    done = await wire.commit(REPO, large("m.gguf.x", BIG), small("config.json", b"{}"))
    assert done["pullRequestUrl"] is None
    assert done["commitUrl"].endswith(f"/u/alice/hf/{REPO}/commit/{done['commitOid']}")
    assert house.contents(REPO, done["commitOid"])["m.gguf.x"] == BIG
    assert staged(house) == []
    assert await count(house, uploads) == 0
    assert "actions" not in (await wire.asked(REPO, BIG))[0]
    await wire.create("team/other")
    assert "actions" not in (await wire.asked("team/other", BIG))[0]
    other = await wire.commit("team/other", large("copy", BIG))
    blobs = [house.repository(repo) / "blobs" / sha256(BIG) for repo in (REPO, "team/other")]
    assert blobs[0].stat().st_ino == blobs[1].stat().st_ino
    assert house.contents("team/other", other["commitOid"])["copy"] == BIG


async def test_wrong_bytes_leave_nothing(wire: Wire, house: House) -> None:
    href = await wire.href(REPO, BIG)
    flipped = BIG[:-1] + b"?"
    for wrong in (flipped, BIG[:-1], BIG + b"x", b""):
        refused = await wire.put(href, wrong, expect=400)
        assert refused.headers["x-error-message"]

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield BIG

    await wire.put(href, endless(), expect=400)
    assert staged(house) == []
    verify = {"oid": sha256(BIG), "size": len(BIG)}
    assert (await wire.call("POST", f"/{REPO}.git/info/lfs/objects/verify", json=verify)).status_code == 404
    refused_commit = await wire.commit(REPO, large("m", BIG), expect=400)
    assert "not here" in refused_commit["error"]
    assert list(await wire.files(REPO)) == [".gitattributes"]
    await wire.put(href, BIG)


async def test_an_address_is_good_for_a_day_and_for_nothing_else(wire: Wire, house: House) -> None:
    await wire.put("/hf/api/lfs/guessed", BIG, expect=404)
    await wire.put("/hf/api/lfs/%00", BIG, expect=422)
    href = await wire.href(REPO, BIG)
    past = house.depot.clock.now() - timedelta(seconds=1)
    await house.depot.database.write(lambda c: c.execute(update(uploads).values(expires_at=past)).close())
    await wire.put(href, BIG, expect=404)
    assert await house.depot.push.sweep.clear() == 0
    assert await count(house, uploads) == 0


async def test_two_that_send_the_same_bytes_do_not_meet(wire: Wire, house: House) -> None:
    hrefs = [await wire.href(REPO, BIG) for _ in range(3)]
    await asyncio.gather(*(wire.put(href, BIG) for href in hrefs))
    assert [path.read_bytes() for path in staged(house)] == [BIG]


async def test_what_nobody_made_a_commit_of_goes(wire: Wire, house: House) -> None:
    await wire.send(REPO, BIG)
    assert await house.depot.push.sweep.clear() == 0
    staging = staged(house)[0]
    before = staging.stat().st_ctime + 1
    freed = await asyncio.to_thread(lambda: Staging(house.depot.storage.layout).clear(before))
    assert freed == len(BIG)
    assert staged(house) == []


async def test_a_stale_parent_is_refused_and_of_two_at_once_one_wins(wire: Wire, house: House) -> None:
    head = await wire.head(REPO)
    await wire.commit(REPO, small("a", b"1"), parent=head)
    refused = await wire.commit(REPO, small("a", b"2"), parent=head, expect=409)
    assert "by now" in refused["error"]
    head = await wire.head(REPO)
    lines = [small("a", b"%d" % number) for number in range(2, 6)]
    answers = await asyncio.gather(*(wire.post(REPO, _body(line, head)) for line in lines))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    won = next(answer for answer in answers if answer.status_code == 200)
    assert await wire.head(REPO) == won.json()["commitOid"]
    complete = select(func.count()).select_from(revisions).where(revisions.c.completed_at.is_(None))
    assert await house.depot.database.read(lambda connection: connection.execute(complete).scalar_one()) == 0


def _body(line: dict[str, Any], parent: str) -> bytes:
    header = {"key": "header", "value": {"summary": "race", "parentCommit": parent}}
    return f"{json.dumps(header)}\n{json.dumps(line)}\n".encode()


async def test_commits_that_do_not_care_come_one_after_the_other(wire: Wire) -> None:
    await asyncio.gather(*(wire.commit(REPO, small(f"f{number}", b"x" * number)) for number in range(1, 6)))
    assert await wire.files(REPO) == {
        ".gitattributes": (await wire.files(REPO))[".gitattributes"],
        **{f"f{n}": n for n in range(1, 6)},
    }
    history = (await wire.call("GET", f"/api/models/{REPO}/commits/main")).json()
    assert len(history) == 6


async def test_old_commits_stay_readable(wire: Wire) -> None:
    one = await wire.commit(REPO, small("a", b"1"), small("b/c", b"2"))
    two = await wire.commit(REPO, gone("a"), gone("b/"), small("d", b"4"))
    assert set(await wire.files(REPO, one["commitOid"])) == {".gitattributes", "a", "b/c"}
    assert set(await wire.files(REPO, two["commitOid"])) == {".gitattributes", "d"}
    answer = await wire.call("GET", f"/{REPO}/resolve/{one['commitOid']}/a")
    assert (answer.content, answer.headers["etag"]) == (b"1", f'"{git_sha1(b"1")}"')
    same = await wire.commit(REPO, small("d", b"4"))
    assert same["commitOid"] == two["commitOid"]


@pytest.mark.parametrize(
    "path", ["../out", "/etc/x", "a/../../x", "a//b", "", "C:\\x", "a\x00b", "con:x", "x/", ".", "a\n", "\ud800"]
)
async def test_no_path_leads_out(wire: Wire, house: House, path: str) -> None:
    before = {place for place in house.store.rglob("*") if place.is_file()}
    await wire.send(REPO, BIG)
    for line in (small(path, b"x"), large(path, BIG)):
        refused = await wire.commit(REPO, line, expect=400)
        assert refused["error"]
    after = {place for place in house.store.rglob("*") if place.is_file() and "uploads" not in place.parts}
    assert after == before
    assert list(await wire.files(REPO)) == [".gitattributes"]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"\n\n", b"{", b"[]", b"null", b'{"key": "file", "value": {"path": "a", "content": ""}}',
        b'{"key": "header", "value": {"summary": "t", "parentCommit": "main"}}',
        b'{"key": "header", "value": {"summary": "t", "parentCommit": 7}}',
        BEGIN + b'{"key": "file", "value": {"path": "a", "content": "?", "encoding": "base64"}}',
        BEGIN + b'{"key": "file", "value": {"path": 1, "content": ""}}',
        BEGIN + b'{"key": "lfsFile", "value": {"path": "a", "oid": "x", "size": 1}}',
        BEGIN + b'{"key": "nonsense", "value": {"path": "a"}}',
        BEGIN + b'{"key": "copyFile", "value": {"path": "a", "srcPath": "b", "srcRevision": 3}}',
        BEGIN + b"[" * 5000,
        b"\xff\xfe\x00",
    ],
)  # fmt: skip
async def test_a_body_that_is_no_commit_is_told_so(wire: Wire, body: bytes) -> None:
    answer = await wire.post(REPO, body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]
    assert answer.headers["x-error-message"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/repos/create", {}), ("POST", "/api/repos/create", {"name": 1}),
        ("POST", "/api/repos/create", {"name": "x", "type": "kernel"}),
        ("POST", "/api/repos/create", {"name": "x", "organization": "team", "visibility": "protected"}),
        ("POST", "/api/repos/move", {"fromRepo": REPO, "toRepo": "team/x"}),
        ("PUT", f"/api/models/{REPO}/settings", {"gated": "auto"}), ("PUT", f"/api/models/{REPO}/settings", {}),
        ("POST", f"/api/models/{REPO}/preupload/main", {"files": [{"path": "a"}]}),
        ("POST", f"/api/models/{REPO}/preupload/main", {"files": [{"path": "a", "size": -1, "sample": ""}]}),
        ("POST", f"/api/models/{REPO}/preupload/main", {"files": [{"path": "a", "size": 1, "sample": "?"}]}),
        ("POST", f"/api/models/{REPO}/preupload/main?create_pr=1", {"files": []}),
        ("POST", f"/api/models/{REPO}/commit/main?create_pr=1", {}),
        ("POST", BATCH, {"operation": "download", "objects": []}),
        ("POST", BATCH, {"operation": "upload", "objects": [{"oid": "x", "size": 1}]}),
        ("POST", BATCH, {"operation": "upload", "objects": [{"oid": "a" * 64, "size": 1 << 70}]}),
        ("POST", f"/api/models/{REPO}/tag/main", {}), ("DELETE", f"/api/models/{REPO}/branch/main", {}),
        ("POST", f"/api/models/{REPO}/branch/{'a' * 40}", {}),
        ("POST", f"/api/models/{REPO}/branch/refs%2Fpr%2F1", {}),
        ("GET", "/api/xet/set-HF_HUB_DISABLE_XET=1-and-push-again", None),
    ],
)  # fmt: skip
async def test_what_a_depot_does_not_offer_is_told_so(wire: Wire, method: str, path: str, body: Any) -> None:
    answer = await wire.call(method, path, json=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]


async def test_what_is_not_there_is_told_apart(wire: Wire) -> None:
    codes = {
        "RepoNotFound": wire.call("POST", "/api/models/team/no/commit/main", content=_body(small("a", b""), "a" * 40)),
        "RevisionNotFound": wire.call("POST", f"/api/models/{REPO}/preupload/no", json={"files": []}),
        "EntryNotFound": wire.post(REPO, b'{"key":"header","value":{}}\n{"key":"deletedFile","value":{"path":"no"}}'),
    }
    for code, asked in codes.items():
        answer = await asked
        assert (answer.status_code, answer.headers["x-error-code"]) == (404, code)


async def test_a_push_by_way_of_xet_is_told_the_other_way(wire: Wire) -> None:
    answer = await wire.call("GET", f"/api/models/{REPO}/xet-write-token/main")
    assert answer.status_code == 307
    assert "HF_HUB_DISABLE_XET=1" in answer.headers["location"]


async def test_preupload_says_how_each_file_comes(wire: Wire) -> None:
    await wire.commit(REPO, small("a.txt", b"one"), small(".gitignore", b"*.log\n"))
    files = [
        {"path": "a.txt", "size": 3, "sample": "b25l"}, {"path": "b.safetensors", "size": 9, "sample": "YQ=="},
        {"path": "c.log", "size": 3, "sample": "YQ=="}, {"path": "empty.bin", "size": 0, "sample": ""},
    ]  # fmt: skip
    answer = await wire.call("POST", f"/api/models/{REPO}/preupload/main", json={"files": files})
    assert answer.json() == {
        "files": [
            {"path": "a.txt", "uploadMode": "regular", "shouldIgnore": False, "oid": git_sha1(b"one")},
            {"path": "b.safetensors", "uploadMode": "lfs", "shouldIgnore": False, "oid": None},
            {"path": "c.log", "uploadMode": "regular", "shouldIgnore": True, "oid": None},
            {"path": "empty.bin", "uploadMode": "regular", "shouldIgnore": False, "oid": None},
        ]
    }
    told = {"files": files, "gitIgnore": "*.txt"}
    answer = await wire.call("POST", f"/api/models/{REPO}/preupload/main", json=told)
    assert [one["shouldIgnore"] for one in answer.json()["files"]] == [True, False, False, False]


async def test_branches_and_tags_come_and_go_in_table_and_folder(wire: Wire, house: House) -> None:
    refs = house.repository(REPO) / "refs"
    head = await wire.head(REPO)
    for method, path, body in (
        ("POST", "branch/dev%2Fone", {}), ("POST", "tag/dev%2Fone", {"tag": "v1", "message": "first"}),
    ):  # fmt: skip
        assert (await wire.call(method, f"/api/models/{REPO}/{path}", json=body)).status_code == 200
    assert (refs / "dev" / "one").read_text() == (refs / "v1").read_text() == head
    for path, body in (("branch/dev%2Fone", {}), ("branch/dev", {}), ("tag/main", {"tag": "v1"}), ("branch/v1", {})):
        assert (await wire.call("POST", f"/api/models/{REPO}/{path}", json=body)).status_code == 409
    moved = await wire.commit(REPO, small("a", b"1"), branch="dev%2Fone")
    assert await wire.head(REPO, "dev%2Fone") == moved["commitOid"]
    assert await wire.head(REPO) == await wire.head(REPO, "v1") == head
    await wire.commit(REPO, small("a", b"1"), branch="v1", expect=400)
    await wire.commit(REPO, small("a", b"1"), branch=head, expect=400)
    told = (await wire.call("GET", f"/api/models/{REPO}/refs")).json()
    assert ([one["name"] for one in told["branches"]], [one["name"] for one in told["tags"]]) == (
        ["dev/one", "main"],
        ["v1"],
    )
    assert (await wire.call("DELETE", f"/api/models/{REPO}/tag/dev%2Fone")).status_code == 404
    assert (await wire.call("DELETE", f"/api/models/{REPO}/branch/dev%2Fone")).status_code == 200
    assert (await wire.call("DELETE", f"/api/models/{REPO}/tag/v1")).status_code == 200
    assert not (refs / "v1").exists()
    assert not (refs / "dev" / "one").exists()
    assert (await wire.files(REPO, moved["commitOid"]))["a"] == 1


async def test_what_may_run_code_waits_and_whoever_pushed_it_hears_so(wire: Wire, house: House) -> None:
    bad = pickle(calling("os", "system", text("true")))
    good = pickle(b"N")
    await wire.send(REPO, bad)
    lines = ({"key": "header", "value": {}}, large("bad.bin", bad), small("good.pkl", good))
    body = "\n".join(json.dumps(line) for line in lines)
    answer = await wire.post(REPO, body.encode())
    assert answer.status_code == 200
    assert "bad.bin can run code" in answer.headers["x-hf-warning"]
    shown = house.contents(REPO, answer.json()["commitOid"])
    assert set(shown) == {".gitattributes", "good.pkl"}
    assert (await wire.call("GET", f"/{REPO}/resolve/main/bad.bin")).status_code == 403
    model = await house.get(f"/api/models/{REPO}")
    assert any("bad.bin" in problem for problem in model["problems"])
    again = await wire.commit(REPO, small("more", b"x"))
    assert set(house.contents(REPO, again["commitOid"])) == {".gitattributes", "good.pkl", "more"}
    copied = await wire.commit(REPO, large("copied.bin", bad, size=None))
    assert "copied.bin" not in house.contents(REPO, copied["commitOid"])
    held = await wire.commit(REPO, large("renamed.dat", bad))
    assert "renamed.dat" not in house.contents(REPO, held["commitOid"])
    allowed = await house.http.post(f"/api/models/{REPO}/allow", json={"reason": "ours"})
    assert allowed.status_code == 200, allowed.text
    assert house.contents(REPO, again["commitOid"])["bad.bin"] == bad


async def test_held_bytes_under_a_harmless_name_are_sent_anew(wire: Wire, house: House) -> None:
    bad = pickle(calling("os", "system", text("true")))
    await wire.send(REPO, bad)
    await wire.commit(REPO, large("bad.bin", bad))
    renaming = (gone("bad.bin"), large("bad.dat", bad))
    await wire.commit(REPO, *renaming, expect=400)
    assert "actions" in (await wire.asked(REPO, bad))[0]
    await wire.send(REPO, bad)
    done = await wire.commit(REPO, *renaming)
    assert house.contents(REPO, done["commitOid"])["bad.dat"] == bad


async def test_a_private_one_lies_on_the_closed_shelf_and_comes_back_out(wire: Wire, house: House) -> None:
    await wire.create("team/secret", private=True)
    await wire.send("team/secret", BIG)
    done = await wire.commit("team/secret", large("m", BIG))
    closed = house.store / ".steelyard" / "private" / "models--team--secret"
    assert contents(closed / "snapshots" / done["commitOid"])["m"] == BIG
    assert not house.repository("team/secret").exists()
    answer = await wire.call("PUT", "/api/models/team/secret/settings", json={"visibility": "public"})
    assert answer.status_code == 200, answer.text
    assert house.contents("team/secret", done["commitOid"])["m"] == BIG
    await wire.call("PUT", "/api/models/team/secret/settings", json={"private": True})
    assert contents(closed / "snapshots" / done["commitOid"])["m"] == BIG


async def test_deleted_is_in_the_trash_and_a_purged_name_begins_anew(wire: Wire, house: House) -> None:
    done = await wire.commit(REPO, small("a", b"1"))
    assert (
        await wire.call("DELETE", "/api/repos/delete", json={"name": "ours", "organization": "team"})
    ).status_code == 200
    await wire.commit(REPO, small("a", b"1"), expect=404)
    refused = await wire.create(REPO, expect=403)
    assert "in the trash" in refused.json()["error"]
    await house.post(f"/api/models/{REPO}/restore")
    assert await wire.head(REPO) == done["commitOid"]
    answer = await house.http.delete(f"/api/models/{REPO}?purge=true")
    await house.ended(answer.json()["job_id"])
    bob = Wire(house, door="/u/bob/hf")
    await bob.create(REPO, private=True)
    model = await house.get(f"/api/models/{REPO}")
    assert (model["owner"], model["private"]) == ("bob", True)
    assert len((await bob.call("GET", f"/api/models/{REPO}/commits/main")).json()) == 1


async def test_a_full_disk_is_told_and_nothing_stays(hub: StandInHub, home: Path) -> None:
    room = [1 << 40]
    storage = DiskStorage(home / "store", free_bytes=lambda _: room[0])
    async with open_house(hub, home, storage, mirror__namespaces=["team"]) as house:
        wire = Wire(house)
        await wire.create(REPO)
        href = await wire.href(REPO, BIG)
        room[0] = 1000
        await wire.asked(REPO, BIG, expect=507)
        assert "free" in (await wire.put(href, BIG, expect=507)).json()["error"]
        await wire.commit(REPO, small("a", b"x" * 2000), expect=507)
        assert staged(house) == []
        room[0] = 1 << 40
        await wire.put(href, BIG)
        await wire.commit(REPO, large("m", BIG))


class Failing(DiskStorage):
    """Its disk breaks when a certain file is to be shown."""

    broken = False

    def show(self, folder: Any, commit: str, path: str, digest: Any) -> None:
        """Raises OSError for one path."""
        if self.broken and path == "z":
            raise OSError("the disk broke")
        super().show(folder, commit, path, digest)


async def test_a_commit_that_breaks_off_leaves_the_one_before(hub: StandInHub, home: Path) -> None:
    storage = Failing(home / "store")
    async with open_house(hub, home, storage, mirror__namespaces=["team"]) as house:
        wire = Wire(house)
        await wire.create(REPO)
        before = await wire.commit(REPO, small("a", b"1"))
        storage.broken = True
        await wire.commit(REPO, gone("a"), small("y", b"2"), small("z", b"3"), expect=500)
        assert await wire.head(REPO) == before["commitOid"]
        assert set(await wire.files(REPO)) == {".gitattributes", "a"}
        model = await house.get(f"/api/models/{REPO}")
        assert (model["revision"], model["revisions"][0]) == (before["commitOid"], before["commitOid"])
        storage.broken = False
        after = await wire.commit(REPO, gone("a"), small("y", b"2"), small("z", b"3"))
        assert set(house.contents(REPO, after["commitOid"])) == {".gitattributes", "y", "z"}
        listed = select(func.count()).select_from(files).where(files.c.state == 0)
        assert await house.depot.database.read(lambda connection: connection.execute(listed).scalar_one()) == 0


class Interrupted(DiskStorage):
    """Something else happens to the repository while a commit's files are on their way."""

    meanwhile: Callable[[], Coroutine[Any, Any, Any]] | None = None
    loop: asyncio.AbstractEventLoop

    def sync_folders(self, folder: Any, commit: str, paths: Any) -> None:
        """In a thread of the depot."""
        super().sync_folders(folder, commit, paths)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            asyncio.run_coroutine_threadsafe(meanwhile(), self.loop).result(30)


@pytest.mark.parametrize(("what", "status"), [("private", 409), ("delete", 404), ("commit", 409)])
async def test_what_happens_meanwhile_wins_and_nothing_is_left_in_the_open(
    hub: StandInHub, home: Path, what: str, status: int
) -> None:
    storage = Interrupted(home / "store")
    storage.loop = asyncio.get_running_loop()
    async with open_house(hub, home, storage, mirror__namespaces=["team"]) as house:
        wire = Wire(house)
        await wire.create(REPO)
        await wire.send(REPO, BIG)
        entry = await house.depot.catalog.get(parse(REPO))

        async def another() -> None:
            def point(connection: Connection) -> None:
                store.point(connection, entry.entry.id, "main", "f" * 40, house.depot.clock.now())

            await house.depot.database.write(point)

        happens: dict[str, Callable[[], Coroutine[Any, Any, Any]]] = {
            "private": lambda: wire.call("PUT", f"/api/models/{REPO}/settings", json={"private": True}),
            "delete": lambda: house.http.delete(f"/api/models/{REPO}"),
            "commit": another,
        }
        storage.meanwhile = happens[what]
        refused = await wire.commit(REPO, large("m", BIG), expect=status)
        assert refused["error"]
        seen = [path for path in (house.store / "hub").rglob("*") if path.is_file() and path.stat().st_size == len(BIG)]
        assert [path for path in seen if what != "commit" or "snapshots" in path.parts] == []


async def test_who_did_what_is_written_down(wire: Wire, house: House) -> None:
    await wire.commit(REPO, small("a", b"1"), title="the title")
    await wire.call("POST", f"/api/models/{REPO}/branch/dev", json={})
    statement = select(audit_log.c.action, audit_log.c.after).order_by(audit_log.c.id)
    rows = await house.depot.database.read(lambda connection: connection.execute(statement).all())
    assert [row.action for row in rows] == [
        "repository.create",
        "repository.commit",
        "repository.commit",
        "branch.create",
    ]
    assert (rows[2].after["title"], rows[2].after["files_changed"]) == ("the title", 1)
    events = await house.get("/api/v1/events", model=REPO, type="model_update")
    assert {event["username"] for event in events["events"]} == {"alice"}
    assert events["count"] == 2


async def test_behind_a_prefix_every_address_leads_back_through_it(hub: StandInHub, home: Path) -> None:
    options: dict[str, Any] = {"mirror__namespaces": ["team"], "server__public_url": "http://127.0.0.1/depot"}
    async with open_house(hub, home, **options) as house:
        for door in ("/depot/u/alice/hf", "/u/alice/hf"):
            wire = Wire(house, door=door)
            repo = f"team/{'with' if door.startswith('/depot') else 'stripped'}"
            address = "http://127.0.0.1/depot/u/alice/hf"
            assert (await wire.create(repo)).json()["url"] == f"{address}/{repo}"
            data = BIG + door.encode()
            actions = (await wire.asked(repo, data))[0]["actions"]
            assert all(action["href"].startswith(f"{address}/") for action in actions.values())
            await wire.put(await wire.href(repo, data), data)
            done = await wire.commit(repo, large("m", data))
            assert done["commitUrl"] == f"{address}/{repo}/commit/{done['commitOid']}"
            xet = await wire.call("GET", f"/api/models/{repo}/xet-write-token/main")
            assert xet.headers["location"].startswith(f"{address}/")


async def test_what_was_pushed_passes_every_check_of_the_store(wire: Wire, house: House) -> None:
    await wire.send(REPO, BIG)
    await wire.commit(REPO, large("m.dat", BIG), small("a", b"1"))
    await wire.commit(REPO, gone("a"), small("b", b"2"))
    await wire.create("team/secret", private=True)
    await wire.send("team/secret", BIG[:-1])
    for path in (f"/api/models/{REPO}/verify", "/api/v1/scans"):
        answer = await house.http.post(path)
        assert answer.status_code == 202, answer.text
        assert (await house.ended(answer.json()["job_id"])).status is JobStatus.SUCCEEDED
    assert (await house.get("/api/v1/findings"))["count"] == 0
    assert (await house.get(f"/api/models/{REPO}"))["status"] == "ready"
    assert [path.stat().st_size for path in staged(house)] == [len(BIG) - 1]
    pulled = await house.http.post("/pull", json={"model": REPO, "username": "bob"})
    assert (pulled.status_code, pulled.json()["status"]) == (200, "succeeded")


async def test_damaged_bytes_are_found_and_can_be_pushed_again(wire: Wire, house: House) -> None:
    await wire.send(REPO, BIG)
    await wire.commit(REPO, large("m.dat", BIG))
    blob = house.repository(REPO) / "blobs" / sha256(BIG)
    blob.chmod(0o644)
    blob.write_bytes(BIG[:-1] + b"?")
    refused = await wire.commit(REPO, large("again.dat", BIG), expect=400)
    assert "Push again" in refused["error"]
    assert "actions" in (await wire.asked(REPO, BIG))[0]
    await wire.send(REPO, BIG)
    done = await wire.commit(REPO, large("again.dat", BIG))
    shown = house.contents(REPO, done["commitOid"])
    assert shown["again.dat"] == shown["m.dat"] == BIG
