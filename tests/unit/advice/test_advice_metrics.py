"""The metric families of a health report."""

from steelyard.advice.metrics import families

HEALTH = {
    "status": "degraded", "version": "1.2.3", "uptime_seconds": 12.5, "workers": 2, "database": {"ok": True},
    "store": {"bytes_free": 1000, "bytes_held": None}, "downloads": {"queued": 2, "running": 1},
    "cache": {"loaded": 2, "max": None, "models": ["a"], "bytes": 300, "budget_bytes": 1000, "waiting": 4,
        "in_flight": 3},
    "models": {"loads": {"ok": 5, "failed": 1}, "unloads": {"evicted": 3, "crashed": 1}},
    "events": {"lag_seconds": 0.25, "spooled": 0, "dropped": 3},
}  # fmt: skip
COUNTS = {"models": {"ready": 5, "partial": 1}, "downloads": 7}


def samples(counts: dict[str, object]) -> dict[str, float]:
    """Every sample by its name and labels."""
    return {
        sample.name + "".join(f",{key}={value}" for key, value in sample.labels.items()): sample.value
        for family in families(HEALTH, counts)
        for sample in family.samples
    }


def test_the_numbers_of_health_and_catalog_are_there() -> None:
    found = samples(COUNTS)
    assert (found["steelyard_status"], found["steelyard_workers"]) == (1, 2)
    assert found["steelyard_jobs,status=queued"] == 2
    assert found["steelyard_events_dropped_total"] == 3
    assert (found["steelyard_loaded_models"], found["steelyard_loaded_bytes"]) == (2, 300)
    assert (found["steelyard_generations_waiting"], found["steelyard_generations_running"]) == (4, 3)
    assert found["steelyard_model_loads_total,result=failed"] == 1
    assert found["steelyard_model_unloads_total,reason=evicted"] == 3
    assert found["steelyard_models,status=ready"] == 5
    assert found["steelyard_downloads_total"] == 7
    assert found["steelyard_info,version=1.2.3"] == 1


def test_what_is_not_known_is_left_out_rather_than_zero() -> None:
    found = samples({})
    assert "steelyard_store_bytes_held" not in found
    assert not any(name.startswith(("steelyard_models", "steelyard_downloads")) for name in found)
