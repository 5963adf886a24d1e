"""Programs with analytics of their own: they run with nothing but their import lines changed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from steelyard.analytics import (
    ModelPriority,
    UsageEventType,
    get_detailed_model_usage_stats,
    get_model_usage_analytics,
    get_model_usage_metrics,
    get_model_usage_stats,
    get_usage_statistics_for_model,
    get_user_usage_stats,
    record_model_usage,
    track_generation_usage,
    track_model_usage_event,
)
from steelyard.client import InvalidArgument
from steelyard.client.track import Tracker, shared
from steelyard.testing.hub import StandInHub
from tests.flows.house import House, serve_house

MODEL = "t2v-A14B"


@pytest.fixture
async def house(hub: StandInHub, home: Path, tmp_path: Path) -> AsyncIterator[House]:
    """A depot on a real socket, which this program's tracker tells."""
    async with serve_house(hub, home) as house:
        await asyncio.to_thread(shared.use, Tracker(str(house.http.base_url), user="alice", folder=tmp_path / "track"))
        yield house
        await asyncio.to_thread(shared.use, Tracker("http://127.0.0.1:9", folder=tmp_path / "nothing"))


async def test_generation_service_integration(house: House) -> None:
    params = {"resolution": "1280x720", "steps": 30}
    # Track generation events
    await track_model_usage_event(
        model_id="t2v-A14B",
        event_type=UsageEventType.GENERATION_REQUEST,
        generation_params=params
    )  # fmt: skip
    assert (await get_usage_statistics_for_model(MODEL)).total_requests == 1


async def test_model_availability_manager_integration(house: House) -> None:
    model_id = MODEL
    # Usage analytics inform availability decisions
    analytics = await get_model_usage_analytics()
    stats = await analytics.get_usage_statistics(model_id)

    # Use stats for cleanup and preload decisions
    if stats.usage_frequency < 0.1:
        # Consider for cleanup
        decision = "cleanup"
    elif stats.usage_frequency > 0.5:
        # Consider for preload
        decision = "preload"
    assert decision == "cleanup"


async def test_usage_examples(house: House) -> None:
    # Basic usage tracking
    await track_generation_usage(
        model_id="t2v-A14B",
        event_type=UsageEventType.GENERATION_REQUEST,
        generation_params={"prompt": "test", "resolution": "1280x720"}
    )  # fmt: skip

    # Get usage statistics
    stats = await get_usage_statistics_for_model("t2v-A14B")
    assert stats.total_requests == 1
    assert (await house.get("/api/v1/events", model=MODEL, type="generation_request"))["count"] == 1


async def test_prioritising_downloads(house: House) -> None:
    tracked_models, chosen = [MODEL, "never/seen"], {}

    class ModelAvailabilityManager:
        async def prioritize_model_downloads(self, usage_analytics: Any = None) -> None:
            analytics = await get_model_usage_analytics()

            for model_id in tracked_models:
                stats = await analytics.get_usage_statistics(model_id)

                # Use usage frequency for prioritization
                if stats.usage_frequency > 1.0:
                    priority = ModelPriority.HIGH
                elif stats.usage_frequency > 0.1:
                    priority = ModelPriority.MEDIUM
                else:
                    priority = ModelPriority.LOW
                chosen[model_id] = priority

    for _ in range(60):  # two a day, where the days are thirty
        await track_generation_usage(MODEL)
    await ModelAvailabilityManager().prioritize_model_downloads()
    assert chosen == {MODEL: ModelPriority.HIGH, "never/seen": ModelPriority.LOW}


async def test_downloader_and_health_monitor_integration(house: House) -> None:
    # Track download events
    class EnhancedModelDownloader:
        async def download_with_retry(self, model_id: str) -> None:
            await track_model_usage_event(
                model_id=model_id,
                event_type=UsageEventType.MODEL_DOWNLOAD
            )  # fmt: skip
            # ... download logic

    # Track health check events
    class ModelHealthMonitor:
        async def check_model_integrity(self, model_id: str) -> None:
            await track_model_usage_event(
                model_id=model_id,
                event_type=UsageEventType.MODEL_HEALTH_CHECK
            )  # fmt: skip
            # ... health check logic

    await EnhancedModelDownloader().download_with_retry(MODEL)
    await ModelHealthMonitor().check_model_integrity(MODEL)
    stats = await get_detailed_model_usage_stats(MODEL)
    assert stats["types"] == {"model_download": 1, "model_health_check": 1}


async def test_recording_and_reading_predictions(house: House) -> None:
    await record_model_usage(MODEL, response_time_ms=200.0, input_size=10, output_size=20)
    await record_model_usage(MODEL, response_time_ms=400.0, success=False, error_code="oom")
    basic = await get_model_usage_stats(MODEL)
    assert (basic["total_requests"], basic["uses"], basic["success_rate"]) == (2, 2, 0.5)
    monthly = await get_model_usage_metrics(MODEL, "monthly")
    assert (monthly["period"], monthly["uses"]) == ("month", 2)
    detailed = await get_detailed_model_usage_stats(MODEL)
    assert detailed["average_response_time_ms"] == pytest.approx(300, rel=0.02)
    assert detailed["errors"] == {"oom": 1}
    mine = await get_user_usage_stats("alice")
    assert (mine["username"], mine["uses"]) == ("alice", 2)
    with pytest.raises(InvalidArgument):
        await get_model_usage_metrics(MODEL, "yearly")
