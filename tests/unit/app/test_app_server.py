"""Who may reach the server, and on which address."""

import pytest

from steelyard.http.settings import ServerSettings, is_loopback
from steelyard.server import listen, require_serving
from steelyard.settings import BadSettings, load


@pytest.mark.parametrize(
    "server",
    [
        ServerSettings(), ServerSettings(host="localhost"), ServerSettings(host="::1"),
        ServerSettings(host="127.9.9.9"), ServerSettings(host="0.0.0.0", auth="open"),  # noqa: S104
        ServerSettings(host="::", auth="open"), ServerSettings(auth="open"),
    ],
)  # fmt: skip
def test_loopback_is_open_and_elsewhere_it_must_be_said(server: ServerSettings) -> None:
    assert server.is_open


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "depot.example", "127.0.0.1.evil.example", ""])  # noqa: S104
def test_beyond_loopback_people_sign_in_unless_it_is_said(host: str) -> None:
    assert not ServerSettings(host=host).is_open
    assert not ServerSettings(host=host, auth="required").is_open


def test_people_sign_in_on_loopback_where_that_is_said() -> None:
    assert not ServerSettings(auth="required").is_open


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("10.0.0.1", False), ("example", False)],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_a_free_port_is_taken() -> None:
    with listen(ServerSettings(port=0)) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        assert listener.getsockname()[1] > 0


def test_a_port_in_use_says_so() -> None:
    with listen(ServerSettings(port=0)) as first:
        port = first.getsockname()[1]
        with pytest.raises(BadSettings) as caught:
            listen(ServerSettings(port=port))
        assert str(port) in caught.value.detail
        assert "--port" in (caught.value.hint or "")


def test_an_address_of_somebody_else_says_so() -> None:
    with pytest.raises(BadSettings):
        listen(ServerSettings(host="203.0.113.1", port=0))


POSTGRESQL = {"DATABASE_URL": "postgresql://alice:hunter2@db/depot"}


@pytest.mark.parametrize(
    "environ",
    [{}, {"STEELYARD_ROLES": "worker,api"}, POSTGRESQL | {"STEELYARD_ROLES": "api"}, POSTGRESQL],
)
def test_roles_that_can_serve(environ: dict[str, str]) -> None:
    require_serving(load(environ).settings)


@pytest.mark.parametrize(
    ("environ", "hint"),
    [
        (POSTGRESQL | {"STEELYARD_ROLES": "worker"}, "steelyard worker"),
        ({"STEELYARD_ROLES": "api"}, "DATABASE_URL"),
    ],
)
def test_roles_that_cannot(environ: dict[str, str], hint: str) -> None:
    with pytest.raises(BadSettings) as caught:
        require_serving(load(environ).settings)
    assert hint in (caught.value.hint or "")
