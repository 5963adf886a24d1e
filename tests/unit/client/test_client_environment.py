from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.client.environment import DEFAULT_URL, detect_user, resolve, user_header
from steelyard.client.errors import BadAddress


def nobody() -> str:
    raise KeyError("getpwuid(): uid not found: 4711")


def test_defaults() -> None:
    address = resolve({}, login=lambda: "carol")

    assert (address.url, address.token, address.user) == (DEFAULT_URL, None, "carol")
    assert address.loopback
    assert not address.secure


def test_the_environment_then_arguments() -> None:
    environ = {"STEELYARD_URL": "https://depot.test/", "STEELYARD_TOKEN": "a", "STEELYARD_USER": "alice"}

    said = resolve(environ)
    given_ = resolve(environ, url="http://[::1]:8420", token="b", user="bob")

    assert (said.url, said.token, said.user, said.secure) == ("https://depot.test", "a", "alice", True)
    assert (given_.url, given_.token, given_.user, given_.loopback) == ("http://[::1]:8420", "b", "bob", True)


def test_an_empty_variable_is_as_good_as_none() -> None:
    address = resolve({"STEELYARD_URL": "", "STEELYARD_TOKEN": ""}, user="bob")

    assert (address.url, address.token) == (DEFAULT_URL, None)


@pytest.mark.parametrize("url", ["depot:8420", "ftp://depot", "http://", "http://depot:99999", "http://[", "nonsense"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(BadAddress) as raised:
        resolve({}, url=url, user="bob")

    assert "http://depot:8420" in (raised.value.hint or "")


def test_a_container_without_a_login_name() -> None:
    assert detect_user({"HOME": "/home/dave"}, nobody) == "dave"
    assert detect_user({"HOME": "/"}, nobody) is None
    assert detect_user({}, nobody) is None
    assert detect_user({"STEELYARD_USER": "erin"}, nobody) == "erin"


@given(st.text(min_size=1, max_size=30).filter(lambda text: text.encode("utf-8", "ignore").decode() == text))
def test_any_name_fits_a_header_and_comes_back(user: str) -> None:
    value = user_header(user)

    assert value.isascii()
    assert value.isprintable()
    assert unquote(value) == user


def test_a_usual_name_stays_readable() -> None:
    assert user_header("alice@headscale.local") == "alice@headscale.local"
