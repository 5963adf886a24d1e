"""The settings of the tailnet."""

import pytest
from pydantic import SecretStr, ValidationError

from steelyard.identity.tailnet.settings import TailnetSettings

URL = "https://headscale.example.org"


def made(**values: object) -> TailnetSettings:
    return TailnetSettings.model_validate(values)


def test_by_default_nobody_is_asked() -> None:
    settings = made()
    assert (settings.tailscale, settings.headscale_url, settings.headscale_api_key) == (False, None, None)


@pytest.mark.parametrize("url", [URL, f"{URL}/", f"{URL}:8443/vpn/", "http://100.64.0.1:8080"])
def test_an_address_loses_its_last_slash(url: str) -> None:
    assert made(headscale_url=url, headscale_api_key="key").headscale_url == url.rstrip("/")


@pytest.mark.parametrize("url", ["", "headscale.example.org", "ftp://h", "https://", "https://me:pw@h", f"{URL}?a=b"])
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="write it like https"):
        made(headscale_url=url, headscale_api_key="key")


def test_the_key_loses_what_a_file_puts_around_it_and_is_not_shown() -> None:
    settings = made(headscale_url=URL, headscale_api_key=" hskey-api-1\n")
    assert settings.headscale_api_key == SecretStr("hskey-api-1")
    assert "hskey" not in repr(settings)


@pytest.mark.parametrize("key", ["a b", "a\r\nHost: b", "k\u00e9y"])
def test_what_is_no_key_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ValidationError, match="one word") as refused:
        made(headscale_url=URL, headscale_api_key=key)
    assert key not in str(refused.value.errors(include_input=False))


@pytest.mark.parametrize("key", [None, "", "  "])
def test_headscale_needs_a_key(key: str | None) -> None:
    with pytest.raises(ValidationError, match="headscale apikeys create"):
        made(headscale_url=URL, headscale_api_key=key)
    with pytest.raises(ValidationError, match="headscale apikeys create"):
        made(headscale_url=URL)


def test_a_key_alone_does_nothing() -> None:
    assert made(headscale_api_key="key").headscale_url is None


def test_every_setting_is_described() -> None:
    assert all(field.description for field in TailnetSettings.model_fields.values())
