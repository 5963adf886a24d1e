"""Which folders may be imported."""

from pathlib import Path

import pytest

from steelyard.downloads.imports.errors import PathRefused
from steelyard.downloads.imports.permission import Grant, Permission, is_alone, root_of
from steelyard.downloads.imports.settings import ImportSettings
from steelyard.http.settings import ServerSettings

STORE = Path("/srv/store")


@pytest.mark.parametrize(
    ("path", "roots", "alone", "allowed"),
    [
        ("/data/hf", None, True, True), ("/data/hf", None, False, False), ("/data/hf", ["/data"], False, True),
        ("/data/hf", ["/data/hf"], True, True), ("/data2", ["/data"], True, False), ("/data", ["/data/a"], True, False),
        ("/data/hf", [], True, False), ("/srv/store", [], False, True), ("/srv/store/hub", None, False, True),
        ("/srv/store/hub/models--x", [], False, True), ("/srv/store/.steelyard", None, True, False),
        ("/srv/store/.steelyard/parts", ["/srv"], True, False), ("/srv", None, False, False),
    ],
)  # fmt: skip
def test_paths(path: str, roots: list[str] | None, alone: bool, allowed: bool) -> None:
    given = None if roots is None else [Path(root) for root in roots]
    permission = Permission(STORE, given, alone)
    root = root_of(Path(path), permission)
    assert (root is not None) is allowed
    if root is not None:
        assert permission.grant(Path(path)) == Grant(Path(path), root)
        assert Path(path).is_relative_to(root)
    else:
        with pytest.raises(PathRefused) as refusal:
            permission.grant(Path(path))
        assert path not in refusal.value.detail + (refusal.value.hint or "")


@pytest.mark.parametrize(
    ("more", "alone"),
    [
        ({}, True), ({"host": "::1"}, True), ({"host": "localhost"}, True), ({"host": "0.0.0.0"}, False),  # noqa: S104
        ({"host": "192.168.1.4"}, False), ({"host": "depot.example"}, False),
        ({"trusted_proxies": ["127.0.0.1"]}, False), ({"public_url": "https://models.example.org"}, False),
    ],
)  # fmt: skip
def test_who_else_reaches_the_depot(more: dict[str, object], alone: bool) -> None:
    server = ServerSettings.model_validate(more)
    assert is_alone(server, ["api", "worker"]) is alone
    assert not is_alone(server, ["worker"])


@pytest.mark.parametrize(
    ("found", "root", "allowed"),
    [("/data/hf", "/data", True), ("/data/hf", "/", True), ("/secret", "/", False), ("/data/hf", "/data2", False)],
)
def test_a_grant_is_for_one_place(found: str, root: str, allowed: bool) -> None:
    grant = Grant(Path("/data/hf"), Path(root))
    if allowed:
        grant.require(Path(found))
    else:
        with pytest.raises(PathRefused):
            grant.require(Path(found))


def test_roots_are_written_in_full() -> None:
    assert ImportSettings.model_validate({"roots": ["/data"]}).roots == [Path("/data")]
    with pytest.raises(ValueError, match="from the root on"):
        ImportSettings.model_validate({"roots": ["data"]})
    with pytest.raises(ValueError, match="Extra inputs"):
        ImportSettings.model_validate({"root": "/data"})
