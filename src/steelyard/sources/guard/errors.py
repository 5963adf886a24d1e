"""What the guard says."""

from steelyard.core.errors import Forbidden

_HINT = (
    "Only public addresses are fetched from. Whoever runs the depot can allow a network of their own: "
    "STEELYARD_SOURCES__ALLOWED_NETWORKS='[\"10.1.2.0/24\"]'."
)


class AddressRefused(Forbidden):
    """Somebody else chose this address, and the depot does not go there."""

    slug = "address-refused"
    title = "The depot does not fetch from this address"


def refused(host: str, why: str, hint: str = _HINT) -> AddressRefused:
    """The error for one host. It never tells what a name resolves to: the network inside is nobody's business."""
    return AddressRefused(f"{host[:100]!r} {why}.", hint=hint)
