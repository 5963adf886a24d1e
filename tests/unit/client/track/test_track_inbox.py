"""Where events wait in memory."""

from steelyard.client.track.inbox import Inbox


def test_first_come_first_taken_and_only_once() -> None:
    inbox = Inbox(10)
    assert [inbox.put(line) for line in (b"1", b"2")] == [True, True]
    assert inbox.take() == [b"1", b"2"]
    assert inbox.take() == []


def test_memory_is_bounded() -> None:
    inbox = Inbox(1)
    assert [inbox.put(b"1"), inbox.put(b"2")] == [True, False]


def test_whoever_waits_is_woken_once() -> None:
    inbox = Inbox(1)
    inbox.put(b"1")
    inbox.wait(None)
    inbox.ring()
    inbox.wait(None)
    inbox.wait(0)
