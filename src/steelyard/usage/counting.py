"""Counting: rows of events in, changes of sheets and totals out. Pure; the one place that says what counts as what.

- A *request* is an event whose type is none of ``NOT_REQUESTS``; the start of a generation, which has an id and no
  outcome yet, is none: its end is.
- A *use* is a generation that ended, or a pull that went well and is not repeated.
- Durations of uses and of other requests are counted apart: minutes of a pull say nothing about answers of a page.

The sign -1 takes events out again. Whatever is counted once per event is counted in the same way back.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from steelyard.usage.codes import BY_ADDRESS, BY_MODEL, BY_PRINCIPAL, About, Codes, about_of, by, common
from steelyard.usage.keys import QUARTER_MS, QUARTERS, at_ms_of
from steelyard.usage.rows import Row
from steelyard.usage.sheets import LAST_SUBJECT, SERIES, Bag, Dim, Scope, Series, Sheet, add, code, no_quarters
from steelyard.usage.spelled import Spelled

_DEPOT, _MODEL, _PRINCIPAL, _ADDRESS = (int(scope) for scope in Scope)
_SERIES = tuple((int(measure), code(Dim.SUM, measure)) for measure in SERIES)
SheetId = tuple[int, int, int]  # scope, subject, day
Which = tuple[int, int, int]  # scope, subject, quarter of an hour since 1970


@dataclass(slots=True)
class Total:
    """How many events of one type named one model, and between which two of them the others lie."""

    events: int
    first_ms: int
    last_ms: int


@dataclass(slots=True)
class Counted:
    """What rows change. ``bags`` by scope, subject and quarter of an hour since 1970; ``totals`` by type and model."""

    bags: dict[Which, Bag] = field(default_factory=dict)
    totals: dict[tuple[int, int], Total] = field(default_factory=dict)

    @property
    def days(self) -> dict[SheetId, dict[int, Bag]]:
        """The bags by sheet, and there by quarter of the day."""
        found: dict[SheetId, dict[int, Bag]] = {}
        for (scope, subject, period), bag in self.bags.items():
            day, quarter = divmod(period, QUARTERS)
            found.setdefault((scope, subject, day), {})[quarter] = bag
        return found

    @property
    def changed_days(self) -> set[int]:
        """The days since 1970 of which counts change."""
        return {period // QUARTERS for period in self.changed_quarters}

    @property
    def changed_quarters(self) -> set[int]:
        """The quarters of an hour since 1970 of which counts change."""
        return {period for scope, _, period in self.bags if scope == _DEPOT}

    @property
    def sheets(self) -> dict[SheetId, Sheet]:
        """The change of each sheet, complete, those of the whole depot as well."""
        return {which: sheet_of(quarters) for which, quarters in self.days.items()}


def count(rows: Iterable[Row], spelled: Spelled, sign: int = 1, into: Counted | None = None) -> Counted:
    """What these rows change; with the sign -1, what taking them out again does. ``into`` is added to."""
    counted = Counted() if into is None else into
    for row in rows:
        about = about_of(row, spelled.kinds[row.type])
        _count_row(counted.bags, row, about, common(row, about, spelled), sign)
        _count_total(counted.totals, row, sign)
    return counted


def sheet_of(quarters: dict[int, Bag]) -> Sheet:
    """A day made of its quarters."""
    sheet = Sheet(quarters=quarters)
    for quarter, bag in quarters.items():
        add(sheet.bag, bag)
        add_quarter(sheet.series, quarter, bag)
    return sheet


def add_quarter(series: Series, quarter: int, bag: Bag) -> None:
    """Add the sums of a bag to their place in a series."""
    for measure, a_code in _SERIES:
        number = bag.get(a_code)
        if number:
            if measure not in series:
                series[measure] = no_quarters()
            series[measure][quarter] += number


def _count_row(bags: dict[Which, Bag], row: Row, about: About, of_all: Codes, sign: int) -> None:
    period = at_ms_of(row.id) // QUARTER_MS
    model, principal, address = row.model, row.principal, row.address
    if principal is not None and not 0 < principal <= LAST_SUBJECT:
        principal = None
    by_model = by(BY_MODEL, model, row, about)
    by_principal = by(BY_PRINCIPAL, principal, row, about)
    by_address = by(BY_ADDRESS, address, row, about)
    _add(bags, (_DEPOT, 0, period), sign, of_all, by_model, by_principal, by_address)
    if model is not None:
        _add(bags, (_MODEL, model, period), sign, of_all, by_principal, by_address)
    if principal is not None:
        _add(bags, (_PRINCIPAL, principal, period), sign, of_all, by_model, by_address)
    if address is not None:
        _add(bags, (_ADDRESS, address, period), sign, of_all, by_model, by_principal)


def _add(bags: dict[Which, Bag], which: Which, sign: int, *parts: Codes) -> None:
    bag = bags.get(which)
    if bag is None:
        bag = bags[which] = {}
    found = bag.get
    for ones, amounts in parts:
        for a_code in ones:  # counting them together at the end, with Counter, took a sixth longer
            bag[a_code] = found(a_code, 0) + sign
        for a_code, number in amounts:
            bag[a_code] = found(a_code, 0) + number * sign


def _count_total(totals: dict[tuple[int, int], Total], row: Row, sign: int) -> None:
    which, at_ms = (row.type, row.model or 0), at_ms_of(row.id)
    total = totals.get(which)
    if total is None:
        totals[which] = Total(sign, at_ms, at_ms)
    else:
        total.events += sign
        total.first_ms = min(total.first_ms, at_ms)
        total.last_ms = max(total.last_ms, at_ms)
