"""Places for connections, hub by hub."""

from steelyard.downloads.connections import Connections


async def test_each_hub_has_its_own_places() -> None:
    connections = Connections(1)
    async with connections.of("one"):
        assert connections.of("one").locked()
        assert not connections.of("other").locked()
    assert not connections.of("one").locked()
