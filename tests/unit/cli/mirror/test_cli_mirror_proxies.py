from collections.abc import Mapping

import pytest

from steelyard.cli.mirror.proxies import proxy_of

DEPOT = "http://depot.example.org:8420/hf"
PROXY = {"http_proxy": "http://alice:geheim@proxy:3128"}


@pytest.mark.parametrize(
    ("environ", "proxy"),
    [
        ({}, None),
        (PROXY, "proxy:3128"),
        ({"HTTP_PROXY": "proxy:3128"}, "proxy:3128"),
        ({"ALL_PROXY": "http://proxy:3128"}, "proxy:3128"),
        ({"https_proxy": "http://proxy:3128"}, None),
        ({**PROXY, "NO_PROXY": "*"}, None),
        ({**PROXY, "no_proxy": "localhost, depot.example.org"}, None),
        ({**PROXY, "no_proxy": ".example.org"}, None),
        ({**PROXY, "no_proxy": "example.org:8420"}, None),
        ({**PROXY, "no_proxy": "example.org:80"}, "proxy:3128"),
        ({**PROXY, "no_proxy": "ample.org,10.0.0.0/8,"}, "proxy:3128"),
    ],
)
def test_which_proxy_stands_between(environ: Mapping[str, str], proxy: str | None) -> None:
    assert proxy_of(environ, DEPOT) == proxy


def test_an_address_of_version_six() -> None:
    assert proxy_of({**PROXY, "no_proxy": "[::1]"}, "http://[::1]:8420/hf") is None
