"""The proxy variables of the environment."""

import pytest
from yarl import URL

from steelyard.sources.guard.proxies import environment_proxy


@pytest.fixture(autouse=True)
def _proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ["http_proxy", "https_proxy", "no_proxy", "all_proxy", "REQUEST_METHOD"]:
        monkeypatch.delenv(name, raising=False)  # lower case wins
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@proxy.example:3128")
    monkeypatch.setenv("HTTP_PROXY", "plain.example:8888")
    monkeypatch.setenv("NO_PROXY", "hub.example,10.0.0.1")


@pytest.mark.parametrize(
    ("address", "proxy"),
    [
        ("https://cdn.example/x", "http://user:secret@proxy.example:3128"),
        ("http://cdn.example/x", "http://plain.example:8888"),
        ("https://hub.example/x", None),
        ("https://sub.hub.example/x", None),
        ("http://10.0.0.1/x", None),
    ],
)
def test_each_scheme_has_its_own(address: str, proxy: str | None) -> None:
    assert environment_proxy(URL(address)) == (URL(proxy) if proxy else None)


def test_what_is_no_http_proxy_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://proxy.example:1080")
    assert environment_proxy(URL("https://cdn.example/x")) is None
