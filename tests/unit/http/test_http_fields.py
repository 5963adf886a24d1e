"""One field of a head."""

from steelyard.http.fields import field


def test_the_first_of_its_name() -> None:
    scope = {"headers": [(b"host", b"a"), (b"x-name", b"\xe9ine"), (b"x-name", b"two")]}
    assert (field(scope, b"x-name"), field(scope, b"origin")) == ("éine", None)
