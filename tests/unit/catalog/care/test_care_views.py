"""What a finding tells people to do can be done: a model that came from a folder is never told to be pulled."""

from datetime import timedelta

import pytest

from steelyard.catalog.care.models import LOSSES, Finding, Problem
from steelyard.catalog.care.views import finding_json, hint_for
from steelyard.catalog.models import FOLDER_HUB, EntryName
from steelyard.core.ref import Kind
from steelyard.testing.clock import HandClock

NOON = HandClock().now()
PULLED = EntryName("huggingface", Kind.MODEL, "team/alpha")
IMPORTED = EntryName(FOLDER_HUB, Kind.MODEL, "team/alpha")


def finding(problem: Problem, model: EntryName | None, *, is_open: bool = True) -> Finding:
    """One about this model."""
    resolved = None if is_open else NOON + timedelta(hours=1)
    return Finding(1, problem, "hub/x", "Why.", model, 7, "job", NOON, resolved)


@pytest.mark.parametrize("problem", LOSSES)
def test_a_loss_is_made_good_from_where_the_model_came(problem: Problem) -> None:
    assert hint_for(finding(problem, PULLED)) == "Bring it again: steelyard pull team/alpha"
    told = hint_for(finding(problem, IMPORTED))
    assert told == "Import its folder again: steelyard import /the/folder --name team/alpha"


@pytest.mark.parametrize("problem", list(Problem))
def test_a_model_from_a_folder_is_never_to_be_pulled(problem: Problem) -> None:
    told = hint_for(finding(problem, IMPORTED))
    assert told
    assert ("pull" in told, "{" in told) == (False, False)


@pytest.mark.parametrize("problem", list(Problem))
@pytest.mark.parametrize("model", [PULLED, IMPORTED, None])
def test_what_is_resolved_needs_nothing(problem: Problem, model: EntryName | None) -> None:
    assert hint_for(finding(problem, model, is_open=False)) is None


def test_the_answer_names_the_model() -> None:
    assert finding_json(finding(Problem.DAMAGED, IMPORTED))["model"] == "team/alpha"
    assert finding_json(finding(Problem.UNREADABLE, None))["model"] is None
