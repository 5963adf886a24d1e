"""What may be set about the mirror."""

import pytest
from pydantic import ValidationError

from steelyard.downloads.mirror.settings import MirrorSettings


def test_the_defaults_are_those_of_the_contract() -> None:
    settings = MirrorSettings.model_validate({})
    assert (settings.fresh_seconds, settings.offline, settings.window_hours) == (300, False, 24)
    assert (settings.namespaces, settings.accel_redirect) == ([], None)


@pytest.mark.parametrize("name", ["team", "our-models", "A.B_c1"])
def test_namespaces(name: str) -> None:
    assert MirrorSettings.model_validate({"namespaces": [name]}).namespaces == [name]


@pytest.mark.parametrize("name", ["", "a/b", "..", "a b", "/", "a@b", "dataset:a", "-a"])
def test_what_cannot_stand_before_a_slash(name: str) -> None:
    with pytest.raises(ValidationError, match="cannot stand before the slash"):
        MirrorSettings.model_validate({"namespaces": ["team", name]})


@pytest.mark.parametrize("given", ["/steelyard-files", "/steelyard-files/", "/steelyard-files//"])
def test_the_internal_location_ends_with_one_slash(given: str) -> None:
    assert MirrorSettings.model_validate({"accel_redirect": given}).accel_redirect == "/steelyard-files/"


@pytest.mark.parametrize(
    "given",
    [
        {"accel_redirect": "files/"},
        {"accel_redirect": "http://a/files"},
        {"fresh_seconds": -1},
        {"window_hours": 0},
        {"ofline": True},
    ],
)
def test_what_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        MirrorSettings.model_validate(given)
