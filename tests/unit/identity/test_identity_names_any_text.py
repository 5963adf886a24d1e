"""Any text at all as a self-declared name: a name, or refused as one."""

from hypothesis import example, given
from hypothesis import strategies as st

from steelyard.identity.names import MAX_LENGTH, InvalidName, name_from_header

PIECES = st.sampled_from(["%", "%0a", "%00", "%ff", "%c3%a9", "%F0%9F%98%80", "%2e", "alice", " ", "\u00e9", "\u202e"])


@given(st.text(max_size=200) | st.lists(PIECES, max_size=8).map("".join))
@example("%ff")
@example("%0d%0aX-Admin: 1")
@example("%")
def test_any_header_is_a_name_or_refused(value: str) -> None:
    try:
        name = name_from_header(value)
    except InvalidName:
        return
    assert name is not None
    assert 0 < len(name) <= MAX_LENGTH
    assert name.isprintable()
    assert name == name.strip()
