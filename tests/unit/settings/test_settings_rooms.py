"""The settings models of the lower rooms: their bounds, and that a misspelt name is told."""

import pytest
from pydantic import BaseModel, ValidationError

from steelyard.http.settings import ServerSettings
from steelyard.jobs.settings import JobSettings
from steelyard.sources.huggingface.settings import HuggingFaceSettings
from steelyard.sources.settings import SourceSettings
from steelyard.storage.settings import StorageSettings

ROOMS: list[type[BaseModel]] = [ServerSettings, JobSettings, HuggingFaceSettings, SourceSettings, StorageSettings]


@pytest.mark.parametrize("room", ROOMS)
def test_a_name_that_no_room_knows_is_refused(room: type[BaseModel]) -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        room.model_validate({"misspelt": 1})


@pytest.mark.parametrize("room", ROOMS)
def test_the_defaults_pass_their_own_checks(room: type[BaseModel]) -> None:
    assert room.model_validate(room().model_dump()) == room()


@pytest.mark.parametrize(
    ("room", "field", "value"),
    [
        (ServerSettings, "port", -1), (ServerSettings, "port", 65_536), (ServerSettings, "auth", "closed"),
        (ServerSettings, "log_level", "loud"), (ServerSettings, "trusted_proxies", ["10.0.0.0/33"]),
        (ServerSettings, "public_url", "models.example.org"), (JobSettings, "concurrency", 0),
        (JobSettings, "beat_seconds", 0), (JobSettings, "lease_seconds", 0.5), (JobSettings, "max_tries", 0),
        (HuggingFaceSettings, "timeout_seconds", 0), (StorageSettings, "keep_free", "much"),
        (StorageSettings, "keep_free", -1), (StorageSettings, "symlinks", "perhaps"),
        (SourceSettings, "allowed_networks", ["10.0.0.0/33"]), (SourceSettings, "allowed_networks", ["nas.local"]),
    ],
)  # fmt: skip
def test_values_out_of_bounds_are_refused(room: type[BaseModel], field: str, value: object) -> None:
    with pytest.raises(ValidationError):
        room.model_validate({field: value})


@pytest.mark.parametrize(("written", "size"), [("50GB", 50 * 10**9), ("1 GiB", 2**30), (0, 0), ("0", 0)])
def test_free_space_is_written_as_a_size(written: object, size: int) -> None:
    assert StorageSettings.model_validate({"keep_free": written}).keep_free == size


def test_a_worker_beats_well_within_its_lease() -> None:
    settings = JobSettings()
    assert settings.beat_seconds * 4 < settings.lease_seconds
