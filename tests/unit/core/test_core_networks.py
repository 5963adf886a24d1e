"""Networks in settings."""

from ipaddress import ip_network

import pytest

from steelyard.core.networks import checked, networks


def test_addresses_are_networks_too_and_bits_of_a_host_are_let_pass() -> None:
    texts = ["10.0.0.7/8", "::1"]
    assert networks(texts) == [ip_network("10.0.0.0/8"), ip_network("::1/128")]
    assert checked(texts) is texts


@pytest.mark.parametrize("text", ["everywhere", "10.0.0.0/40", ""])
def test_others_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="network"):
        checked(["::1", text])
