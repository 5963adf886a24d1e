"""Names with tags."""

import pytest

from steelyard.core.ref import InvalidReference
from steelyard.dialects.ollama.names import NoModel, WholeModel, clean, tagged, to_pull, whole


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("polly", "polly"), ("polly:latest", "polly"), ("org/a:Latest", "org/a"), ("org/a:Q8_0", "org/a:Q8_0"),
        ("hf.co/org/a:Q8_0", "org/a:Q8_0"), ("HF.co/org/a", "org/a"), (" polly ", "polly"),
    ],
)  # fmt: skip
def test_a_name_as_a_reference(name: str, expected: str) -> None:
    assert clean(name) == expected


@pytest.mark.parametrize("name", ["", "  ", ":latest", "hf.co/"])
def test_no_name_at_all(name: str) -> None:
    with pytest.raises(NoModel):
        clean(name)


@pytest.mark.parametrize(
    ("name", "expected"), [("org/a", "org/a:latest"), ("org/a:q4", "org/a:q4"), ("org/a@v1", "org/a@v1:latest")]
)
def test_a_pull_brings_one_variant(name: str, expected: str) -> None:
    assert str(to_pull(name)) == expected


@pytest.mark.parametrize("name", ["org/a:q4", "org/a@v1"])
def test_parts_are_no_whole_models(name: str) -> None:
    assert str(whole("org/a:latest")) == "org/a"
    with pytest.raises(WholeModel):
        whole(name)


def test_an_invalid_name_is_refused() -> None:
    with pytest.raises(InvalidReference):
        to_pull("a/b/c")


def test_lists_always_show_a_tag() -> None:
    assert (tagged("org/a"), tagged("org/a:Q8_0")) == ("org/a:latest", "org/a:Q8_0")
