"""The shapes that other programs rely on: names that may not go, types, times, and statuses with a meaning."""

import re
from enum import StrEnum
from typing import Any

import pytest

from steelyard.catalog.models import ModelStatus
from steelyard.core.version import __version__
from steelyard.downloads.models import RequestStatus
from steelyard.jobs.models import JobStatus
from tests.contract.problems import assert_problem
from tests.flows.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")

TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")
COMMIT = re.compile(r"[0-9a-f]{40}")
JOB = {
    "id", "kind", "model", "revision", "status", "progress", "downloaded_bytes", "total_bytes", "bytes_per_second",
    "eta_seconds",
    "current_file", "attempt", "priority", "requested_by", "error", "hint", "created_at", "started_at", "updated_at",
    "finished_at",
}  # fmt: skip
MODEL = {
    "id", "model", "name", "description", "tags", "source", "kind", "revision", "revisions", "variants",
    "problems", "status",
    "active", "private",
    "format", "architecture", "parameters", "quantization", "context_length", "license", "size_bytes", "files", "owner",
    "downloaded_by", "pinned", "aliases", "created_at", "last_used_at", "stats",
}  # fmt: skip
STATS = {
    "download_count", "access_count", "total_requests", "uses", "first_downloaded_by", "first_downloaded_at",
    "first_downloaded_from",
    "success_rate", "success_interval", "average_response_time_ms", "p50_ms", "p95_ms", "p99_ms", "uses_per_day",
    "usage_frequency",
    "trend", "unique_users", "first_used_at", "last_used_at",
}  # fmt: skip
SEED_001 = {
    "id", "task_id", "artist", "album", "username", "vpn_ip", "status", "timestamp", "slskd_username", "file_count",
    "completed_files", "total_size", "album_directory", "completed_at",
}  # fmt: skip
HEALTH = {"status", "version", "uptime_seconds", "gpu", "cache", "downloads", "backends", "database", "store", "events"}
TOTALS = {"total_models", "total_size_bytes", "total_requests", "unique_users", "total_downloads", "recent_activity"}


def times(value: Any, name: str = "") -> list[str]:
    """Every value below a name that tells a time."""
    if isinstance(value, dict):
        return [moment for key, inner in value.items() for moment in times(inner, key)]
    if isinstance(value, list):
        return [moment for inner in value for moment in times(inner, name)]
    return [value] if isinstance(value, str) and (name.endswith("_at") or name == "timestamp") else []


async def test_pull(house: House) -> None:
    answer = await house.pull("org/small", "bob", expect=200)
    assert {"job_id", "task_id", "model", "revision", "status", "position"} <= set(answer)
    assert (answer["model"], answer["status"], answer["position"]) == ("org/small", "succeeded", 0)
    assert COMMIT.fullmatch(answer["revision"])


@pytest.mark.parametrize("name", ["model", "model_id", "repo_id"])
@pytest.mark.parametrize("path", ["/api/models/download", "/api/v1/models/download"])
async def test_download_adds_the_entry(house: House, path: str, name: str) -> None:
    answer = await house.http.post(path, json={name: "org/small", "username": "bob"})
    assert answer.status_code == 200
    entry = answer.json()["entry"]
    assert set(entry) >= MODEL
    assert (entry["model"], entry["downloaded_by"]) == ("org/small", "alice")


async def test_a_job(house: House) -> None:
    listed = await house.get("/jobs")
    assert set(listed) == {"count", "jobs"}
    job = await house.get(f"/jobs/{listed['jobs'][-1]['id']}")
    assert set(job) >= JOB
    assert (job["status"], job["progress"], job["kind"], job["priority"]) == ("succeeded", 1.0, "download", "medium")
    assert job["requested_by"] == "alice"
    assert isinstance(job["downloaded_bytes"], int)
    assert job["downloaded_bytes"] == job["total_bytes"]


@pytest.mark.parametrize("prefix", ["/api/models", "/api/v1/models"])
async def test_a_model(house: House, prefix: str) -> None:
    model = await house.get(f"{prefix}/org/small")
    assert set(model) >= MODEL
    assert set(model["stats"]) >= STATS
    assert model["id"].startswith("m~")
    assert model["downloaded_by"] == model["owner"] == "alice"
    assert (model["status"], model["active"], model["private"], model["source"]) == (
        "ready",
        True,
        False,
        "huggingface",
    )
    assert model["revisions"] == [model["revision"]]
    assert [set(file) >= {"path", "size", "sha256"} for file in model["files"]] == [True, True]
    assert await house.get(f"{prefix}/{model['id']}/exists") == {"exists": True, "status": "ready"}
    listed = await house.get(prefix, q="small")
    assert set(listed) == {"count", "models"}
    assert set(listed["models"][0]) >= MODEL


async def test_stats_of_a_model_stand_at_both_places(house: House) -> None:
    answer = await house.get("/api/v1/models/org/small/stats")
    assert answer["model"] == "org/small"
    assert {name: answer[name] for name in STATS} == {name: answer["stats"][name] for name in STATS}


async def test_a_request(house: House) -> None:
    history = await house.get("/api/v1/downloads/history")
    assert set(history) == {"count", "requests"}
    record = await house.get(f"/api/v1/downloads/request/{history['requests'][0]['task_id']}")
    assert set(record) >= SEED_001 | {"kind", "model", "job_id", "error", "identified_by"}
    assert (record["kind"], record["artist"], record["album"]) == ("model", None, None)
    assert isinstance(record["id"], int)


async def test_totals_and_health(house: House) -> None:
    assert set(await house.get("/api/stats")) >= TOTALS
    for path in ("/health", "/health/ready"):
        health = await house.get(path)
        assert set(health) >= HEALTH
        assert (health["status"], health["version"]) == ("ok", __version__)
    assert (await house.get("/health/live"))["status"] == "ok"


async def test_every_time_is_utc_with_z(house: House) -> None:
    found = []
    for path in ("/jobs", "/api/models", "/api/models/org/small", "/api/v1/downloads/history", "/api/stats"):
        found += times(await house.get(path))
    assert len(found) > 8
    assert all(TIME.fullmatch(moment) for moment in found)


@pytest.mark.parametrize(
    "status", [*JobStatus, *RequestStatus, *ModelStatus], ids=lambda one: f"{type(one).__name__}-{one}"
)
async def test_every_status_has_a_meaning(status: StrEnum) -> None:
    meaning = getattr(status, "meaning", "")
    assert len(meaning) > 5
    assert "\n" not in meaning


async def test_the_words_of_statuses() -> None:
    assert [status.value for status in JobStatus] == ["queued", "running", "paused", "succeeded", "failed", "cancelled"]
    assert {status.value for status in RequestStatus} == {
        "pending", "downloading", "enqueued", "completed", "failed", "no_results", "no_match", "connection_error",
        "timeout",
        "error", "cancelled", "awaiting_approval", "denied",
    }  # fmt: skip
    assert {status.value for status in ModelStatus} == {
        "downloading",
        "partial",
        "ready",
        "failed",
        "quarantined",
        "deleted",
    }


async def test_a_missing_model_says_how_to_get_it(house: House) -> None:
    for path in ("/api/models/gpt2", "/api/models/gpt2/stats", "/api/models/gpt2/files"):
        problem = assert_problem(await house.http.get(path))
        assert problem["status"] == 404
        assert 'POST /pull {"model": "gpt2"}' in problem["hint"]
    assert await house.get("/api/models/gpt2/exists") == {"exists": False, "status": None}


async def test_an_invalid_request_names_its_fields(house: House) -> None:
    problem = assert_problem(await house.http.post("/pull", json={"model": 7, "extra": 1}))
    assert {fault["field"] for fault in problem["errors"]} == {"model", "extra"}
    assert "secret" not in (await house.http.post("/pull", json={"model": "a", "token": "secret"})).text


async def test_the_surface_is_described(house: House) -> None:
    described = await house.get("/openapi.json")
    routes = {(method.upper(), path) for path, methods in described["paths"].items() for method in methods}
    models = {
        ("GET", f"{prefix}{end}")
        for prefix in ("/api/models", "/api/v1/models")
        for end in ("", "/exists", "/{reference}", "/{reference}/exists", "/{reference}/stats", "/{reference}/files")
    }
    history = "/api/v1/downloads/history"
    assert routes >= models | {
        ("POST", "/pull"), ("POST", "/api/v1/pull"), ("POST", "/api/models/download"),
        ("POST", "/api/v1/models/download"),
        ("GET", "/jobs"), ("GET", "/jobs/{job_id}"), ("DELETE", "/jobs/{job_id}"), ("GET", "/jobs/{job_id}/events"),
        ("POST", "/jobs/{job_id}/cancel"), ("POST", "/jobs/{job_id}/pause"), ("POST", "/jobs/{job_id}/resume"),
        ("POST", "/jobs/{job_id}/retry"), ("GET", history), ("GET", history + "/user/{username}"),
        ("GET", history + "/ip/{vpn_ip}"), ("GET", "/api/v1/downloads/request/{task_id}"),
        ("POST", "/api/v1/downloads/request/{task_id}/cancel"), ("GET", "/api/stats"), ("GET", "/health"),
        ("GET", "/health/live"), ("GET", "/health/ready"),
    }  # fmt: skip
    summaries = [details.get("summary") for methods in described["paths"].values() for details in methods.values()]
    assert all(summaries)
    assert (await house.http.get("/docs")).status_code == 200


@pytest.mark.parametrize("path", ["/jobs", "/api/v1/jobs"])
async def test_native_routes_live_under_v1_too(house: House, path: str) -> None:
    assert (await house.http.get(path)).status_code == 200
