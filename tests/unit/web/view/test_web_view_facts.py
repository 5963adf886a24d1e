"""What there is to know about a model."""

from datetime import UTC, datetime

from steelyard.testing.pages import fake_model
from steelyard.web.view.facts import facts_of, stats_of

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)


def test_facts_are_those_that_are_known() -> None:
    found = fake_model(quantization=None, license=None)
    facts = {fact.label: fact.value for fact in facts_of(found, NOW)}
    assert facts["Parameters"] == "7.2 B"
    assert facts["Context"] == "4,096 tokens"
    assert facts["Revision"] == "b" * 12
    assert "Quantisation" not in facts
    assert "Licence" not in facts


def test_a_revision_is_whole_for_those_who_copy_it() -> None:
    found = fake_model(revisions=["b" * 40, "a" * 40])
    revision = next(fact for fact in facts_of(found, NOW) if fact.label == "Revision")
    assert (revision.exact, revision.note) == ("b" * 40, "and 1 older one here")


def test_use_is_told_even_where_there_was_none() -> None:
    told = {fact.label: fact.value for fact in stats_of({}, NOW)}
    assert told == {"Downloads": "0", "Uses": "0", "Looked at": "0", "Last used": "never"}
    used = stats_of({"uses": 3, "last_used_at": "2026-03-12T09:00:00Z"}, NOW)[-1]
    assert used.when is not None
    assert used.when.text == "1 h ago"
