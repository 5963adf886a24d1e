"""Limits as people write them."""

import pytest
from pydantic import ValidationError

from steelyard.downloads.settings import DownloadSettings


@pytest.mark.parametrize(("text", "size"), [("50MB", 50_000_000), ("1 MiB", 1_048_576), (1000, 1000), (None, None)])
def test_bandwidth_is_a_size(text: str | int | None, size: int | None) -> None:
    assert DownloadSettings.model_validate({"bytes_per_second": text}).bytes_per_second == size


@pytest.mark.parametrize(
    "wrong",
    [
        {"bytes_per_second": "fast"},
        {"bytes_per_second": 0},
        {"connections_per_host": 0},
        {"verify_tries": 0},
        {"absent": 1},
    ],
)
def test_nonsense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        DownloadSettings.model_validate(wrong)
