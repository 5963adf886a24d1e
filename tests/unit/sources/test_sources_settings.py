"""What holds for all sources."""

from ipaddress import ip_network

from steelyard.sources.settings import SourceSettings


def test_no_network_is_allowed_until_somebody_says_so() -> None:
    assert SourceSettings().networks == ()


def test_networks_are_written_as_addresses_or_with_a_length() -> None:
    settings = SourceSettings(allowed_networks=["10.1.2.3", "10.1.2.3/16", "fd00::/8"])
    assert settings.networks == (ip_network("10.1.2.3/32"), ip_network("10.1.0.0/16"), ip_network("fd00::/8"))
