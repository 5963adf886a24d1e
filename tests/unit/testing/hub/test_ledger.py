"""The ledger of requests."""

from steelyard.testing.hub.ledger import Ledger


def test_requests_are_found_by_what_they_are() -> None:
    ledger = Ledger()
    ledger.begin("HEAD", "/o/n/resolve/main/f", call="resolve", repo="o/n", file="f")
    ledger.begin("GET", "/o/n/resolve/main/f", call="resolve", repo="o/n", file="f", origin="cdn")
    assert [one.number for one in ledger.requests(file="f")] == [1, 2]
    assert [one.number for one in ledger.requests(method="GET")] == [2]
    assert [one.number for one in ledger.requests(origin="hub", repo="o/n")] == [1]


def test_a_request_grows_until_it_ends() -> None:
    ledger = Ledger()
    number = ledger.begin("GET", "/f", file="f", headers={"range": "bytes=0-", "authorization": "Bearer t"})
    before = ledger.requests()[0]
    ledger.answered(number, 206)
    ledger.sent(number, 10)
    ledger.sent(number, 5)
    ledger.end(number)
    after = ledger.requests()[0]
    assert (before.status, before.bytes_sent, before.ended) == (0, 0, False)
    assert (after.status, after.bytes_sent, after.ended) == (206, 15, True)
    assert (after.range, after.authorization, after.user_agent) == ("bytes=0-", "Bearer t", None)
    assert ledger.bytes_sent(file="f") == 15


def test_it_knows_how_many_were_under_way_at_once() -> None:
    ledger = Ledger()
    first, second = ledger.begin("GET", "/1"), ledger.begin("GET", "/2")
    ledger.end(first)
    third = ledger.begin("GET", "/3")
    assert ledger.most_at_once == 2
    ledger.end(second)
    ledger.end(third)
    ledger.clear()
    assert ledger.most_at_once == 0


def test_clearing_forgets_what_is_under_way_too() -> None:
    ledger = Ledger()
    number = ledger.begin("GET", "/1")
    ledger.clear()
    ledger.sent(number, 10)
    ledger.end(number)
    assert ledger.requests() == []
    assert ledger.bytes_sent() == 0
