"""What counts as what."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.usage.buckets import bucket_of
from steelyard.usage.counting import Counted, count, sheet_of
from steelyard.usage.keys import DAY_MS, QUARTER_MS, first_key
from steelyard.usage.rows import Row
from steelyard.usage.sheets import Bag, Dim, Scope, Sum, code, of_dim
from steelyard.usage.spelled import Spelled, kind_of

DAY = 20_000  # since 1970
TYPES = [
    "generation_completed", "generation_failed", "generation_request", "generation_started", "model_download",
    "model_access", "api_request", "model_load", "new_type",
]  # fmt: skip
NUMBERS = {text: number for number, text in enumerate(TYPES, 1)}
SPELLED = Spelled({number: kind_of(text) for text, number in NUMBERS.items()}, {50: [51, 52]}, {"steps=30": 51})


def _row(kind: str = "generation_completed", minutes: float = 0, **more: Any) -> Row:
    return Row(first_key(DAY * DAY_MS + round(minutes * 60_000)), NUMBERS[kind], **more)


def _bag(*rows: Row) -> Bag:
    return count(rows, SPELLED).sheets[Scope.DEPOT, 0, DAY].bag


def _sums(*rows: Row) -> dict[str, int]:
    return {Sum(number).name: total for number, total in of_dim(_bag(*rows), Dim.SUM).items()}


@pytest.mark.parametrize(
    ("row", "sums"),
    [
        (_row(), {"EVENTS": 1, "REQUESTS": 1, "JUDGED": 1, "USES": 1}),
        (_row(success=True), {"EVENTS": 1, "REQUESTS": 1, "JUDGED": 1, "USES": 1}),
        (_row("generation_failed"), {
            "EVENTS": 1, "REQUESTS": 1, "JUDGED": 1, "FAILED": 1, "USES": 1, "USES_FAILED": 1,
        }),
        (_row("generation_request"), {"EVENTS": 1, "REQUESTS": 1}),
        (_row("generation_request", request="r"), {"EVENTS": 1}),  # its end will be the request
        (_row("generation_request", success=False), {"EVENTS": 1, "REQUESTS": 1, "JUDGED": 1, "FAILED": 1}),
        (_row("generation_started", success=True), {"EVENTS": 1}),
        (_row("model_download", success=True), {"EVENTS": 1, "USES": 1}),
        (_row("model_download", success=True, repeated=True), {"EVENTS": 1}),
        (_row("model_download", success=False), {"EVENTS": 1}),
        (_row("model_download"), {"EVENTS": 1}),
        (_row("model_access", success=True), {"EVENTS": 1, "REQUESTS": 1, "JUDGED": 1}),
        (_row("model_load", success=True), {"EVENTS": 1}),
        (_row("new_type"), {"EVENTS": 1, "REQUESTS": 1}),
    ],
)  # fmt: skip
def test_what_is_a_request_and_what_a_use(row: Row, sums: dict[str, int]) -> None:
    assert _sums(row) == sums


def test_durations_of_uses_and_of_other_requests_are_apart() -> None:
    rows = [_row(duration_us=5000, first_token_us=70, queue_us=30, load_us=9), _row("api_request", duration_us=400)]
    sums = _sums(*rows)
    assert (sums["DURATION_US"], sums["TIMED"]) == (5000, 1)
    assert (sums["OTHER_DURATION_US"], sums["OTHER_TIMED"]) == (400, 1)
    assert (sums["FIRST_TOKEN_US"], sums["FIRST_TOKENS"], sums["GENERATING_US"]) == (70, 1, 4961)
    bag = _bag(*rows)
    for dim, microseconds in ((Dim.DURATION, 5000), (Dim.OTHER_DURATION, 400), (Dim.FIRST_TOKEN, 70), (Dim.WAIT, 39)):
        assert of_dim(bag, dim) == {bucket_of(microseconds): 1}


def test_a_failed_request_is_counted_of_everybody() -> None:
    bag = _bag(_row("api_request", model=7, principal=8, address=9, agent=10, success=False, error_code=11))
    wanted = {
        Dim.MODEL: 7, Dim.FAILED_MODEL: 7, Dim.PRINCIPAL: 8, Dim.FAILED_PRINCIPAL: 8, Dim.ADDRESS: 9,
        Dim.FAILED_ADDRESS: 9, Dim.AGENT: 10, Dim.ERROR: 11, Dim.TYPE: 7, Dim.FAILED_TYPE: 7,
    }  # fmt: skip
    assert {dim: of_dim(bag, dim) for dim in wanted} == {dim: {number: 1} for dim, number in wanted.items()}


def test_a_subject_is_not_counted_among_itself() -> None:
    counted = count([_row(model=7, principal=8, address=9, bytes_out=5, tokens_in=2, tokens_out=3)], SPELLED).sheets
    of_model = counted[Scope.MODEL, 7, DAY].bag
    assert not of_dim(of_model, Dim.MODEL)
    assert of_dim(of_model, Dim.BYTES_OF_PRINCIPAL) == {8: 5}
    assert of_dim(counted[Scope.PRINCIPAL, 8, DAY].bag, Dim.TOKENS_OF_MODEL) == {7: 5}
    assert of_dim(counted[Scope.ADDRESS, 9, DAY].bag, Dim.USES_OF_MODEL) == {7: 1}
    assert counted.keys() == {
        (Scope.DEPOT, 0, DAY),
        (Scope.MODEL, 7, DAY),
        (Scope.PRINCIPAL, 8, DAY),
        (Scope.ADDRESS, 9, DAY),
    }


def test_a_principal_that_no_key_holds_has_no_sheet() -> None:
    assert count([_row(principal=2**40), _row(principal=0)], SPELLED).sheets.keys() == {(Scope.DEPOT, 0, DAY)}


def test_parameters_are_counted_of_uses() -> None:
    shared, own = _row(parameter_word=50), _row(parameters={"steps": 30, "prompt": "p", "cfg": 7})
    assert of_dim(_bag(shared, own, _row("api_request", parameter_word=50)), Dim.PARAMETER) == {51: 2, 52: 1}


def test_what_an_engine_took_is_summed_up() -> None:
    sums = _sums(_row(vram_mb=1000.4, gpu_utilization=50), _row("model_load", vram_mb=0.0))
    assert (sums["VRAM_SAMPLES"], sums["VRAM_MB"], sums["GPU_SAMPLES"], sums["GPU_PERCENT"]) == (2, 1000, 1, 50)


def test_absurd_numbers_stay_within_what_can_be_stored() -> None:
    most = 2**63 - 1
    rows = [
        _row(model=1, duration_us=most, tokens_in=most, tokens_out=most, bytes_out=most, vram_mb=number)
        for number in (float("inf"), float("nan"), -1.0, 1e300)
    ]
    assert all(abs(number) < 2**50 for bag in count(rows, SPELLED).bags.values() for number in bag.values())


def test_a_day_is_the_sum_of_its_quarters() -> None:
    sheet = count([_row(minutes=minutes, tokens_out=10) for minutes in (0, 14.9, 15, 1439)], SPELLED).sheets[0, 0, DAY]
    assert {quarter: bag[code(Dim.SUM, Sum.USES)] for quarter, bag in sheet.quarters.items()} == {0: 2, 1: 1, 95: 1}
    assert sheet.series[Sum.TOKENS_OUT][:2] == [20, 10]
    assert sheet.series[Sum.TOKENS_OUT][95] == 10
    assert sheet.bag[code(Dim.SUM, Sum.TOKENS_OUT)] == 40


def test_totals_know_the_first_and_the_last() -> None:
    totals = count([_row(minutes=9, model=3), _row(minutes=1, model=3), _row()], SPELLED).totals
    began = DAY * DAY_MS
    found = {which: (one.events, one.first_ms - began, one.last_ms - began) for which, one in totals.items()}
    assert found == {(1, 3): (2, 60_000, 540_000), (1, 0): (1, 0, 0)}


ROWS = st.lists(
    st.builds(
        _row,
        st.sampled_from(TYPES),
        st.floats(0, 3000),
        model=st.none() | st.integers(1, 3),
        principal=st.none() | st.integers(1, 3),
        address=st.none() | st.integers(1, 3),
        success=st.none() | st.booleans(),
        duration_us=st.none() | st.integers(0, 10**9),
        tokens_out=st.none() | st.integers(0, 10**6),
        vram_mb=st.none() | st.floats(0, 1e6),
    ),
    max_size=20,
)


@given(ROWS)
def test_taking_events_out_again_leaves_nothing(rows: list[Row]) -> None:
    counted = count(rows, SPELLED)
    count(rows, SPELLED, -1, into=counted)
    assert not any(number for bag in counted.bags.values() for number in bag.values())
    assert not any(total.events for total in counted.totals.values())


@given(ROWS, ROWS)
def test_counts_add_up(some: list[Row], others: list[Row]) -> None:
    together, apart = count([*some, *others], SPELLED), Counted()
    count(some, SPELLED, into=apart)
    count(others, SPELLED, into=apart)
    assert apart == together


@given(ROWS)
def test_what_everybody_did_is_what_the_depot_did(rows: list[Row]) -> None:
    counted = count(rows, SPELLED)
    requests = code(Dim.SUM, Sum.REQUESTS)
    depot = sum(bag.get(requests, 0) for (scope, _, _), bag in counted.bags.items() if scope == Scope.DEPOT)
    assert depot == sum(SPELLED.kinds[row.type].is_request and _is_counted(row) for row in rows)


def test_changed_days_are_those_of_the_events() -> None:
    assert count([_row(), _row(minutes=1440)], SPELLED).changed_days == {DAY, DAY + 1}


def test_a_sheet_of_nothing_is_empty() -> None:
    assert not sheet_of({}).bag
    assert QUARTER_MS * 96 == DAY_MS


def _is_counted(row: Row) -> bool:
    return not (row.type == NUMBERS["generation_request"] and row.request is not None and row.success is None)
