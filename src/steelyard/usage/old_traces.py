"""What sheets tell of a person on a day whose events are deleted: the counts to take out, by address and program."""

from sqlalchemy import Connection

from steelyard.usage.codes import BY_PRINCIPAL
from steelyard.usage.counting import Counted
from steelyard.usage.keys import QUARTERS
from steelyard.usage.sheet_store import read_quarters
from steelyard.usage.sheets import Bag, Dim, Scope, Sum, add, code, dim_of, number_of, of_dim

_TELLING = frozenset({Dim.ADDRESS, Dim.FAILED_ADDRESS, Dim.AGENT})
_OF_PEOPLE = frozenset(dim for dim in BY_PRINCIPAL if dim is not None)
_BY_MODEL = ((Dim.MODEL, Dim.ADDRESS), (Dim.FAILED_MODEL, Dim.FAILED_ADDRESS))


def old_traces(connection: Connection, principal: int, day: int) -> Counted:
    """Changes of counts that take a person's addresses and programs out of a day's sheets."""
    counted = Counted()
    for quarter, bag in read_quarters(connection, Scope.PRINCIPAL, principal, day):
        gone = {each: -number for each, number in bag.items() if dim_of(each) in _TELLING}
        period = day * QUARTERS + quarter
        if gone:
            _add(counted, Scope.PRINCIPAL, principal, period, gone)
            _add(counted, Scope.DEPOT, 0, period, gone)
        for address in of_dim(bag, Dim.ADDRESS):
            programs = _programs(bag, address)
            for _, of_address in read_quarters(connection, Scope.ADDRESS, address, day, quarter, quarter + 1):
                _leave(counted, address, period, of_address, principal, programs)
    return counted


def _programs(bag: Bag, address: int) -> Bag:
    """What a person's programs count in the sheet of an address; nobody can tell when they had another one as well."""
    is_only_one = bag.get(code(Dim.ADDRESS, address), 0) == bag.get(code(Dim.SUM, Sum.REQUESTS), 0)
    return {each: number for each, number in bag.items() if dim_of(each) == Dim.AGENT} if is_only_one else {}


def _leave(counted: Counted, address: int, period: int, bag: Bag, principal: int, programs: Bag) -> None:
    """Take the person out of the sheet of an address; all of it where nobody else came from there."""
    if not is_alone(bag, principal):
        of_person = {each: -n for each, n in bag.items() if dim_of(each) in _OF_PEOPLE and number_of(each) == principal}
        _add(counted, Scope.ADDRESS, address, period, of_person)
        _add(counted, Scope.ADDRESS, address, period, {each: -number for each, number in programs.items()})
        return
    _add(counted, Scope.ADDRESS, address, period, {each: -number for each, number in bag.items()})
    for dim, of_address in _BY_MODEL:
        for model, number in of_dim(bag, dim).items():
            _add(counted, Scope.MODEL, model, period, {code(of_address, address): -number})


def is_alone(bag: Bag, principal: int) -> bool:
    """Whether every request from an address was this person's."""
    people = {number_of(each) for each in bag if dim_of(each) in _OF_PEOPLE}
    requests = bag.get(code(Dim.SUM, Sum.REQUESTS), 0)
    return people <= {principal} and bag.get(code(Dim.PRINCIPAL, principal), 0) == requests


def _add(counted: Counted, scope: Scope, subject: int, period: int, change: Bag) -> None:
    if change:
        add(counted.bags.setdefault((int(scope), subject, period), {}), change)
