"""A model's numbers as attributes."""

from steelyard.client.analytics.numbers import statistics_of


def test_what_the_depot_says() -> None:
    found = statistics_of("m", {"uses": 3, "usage_frequency": 0.5, "success_rate": None, "series": [], "more": 1})
    assert (found.model_id, found.uses, found.usage_frequency, found.success_rate) == ("m", 3, 0.5, None)
    assert found.answer["more"] == 1


def test_a_model_that_was_never_used_can_be_compared() -> None:
    found = statistics_of("m", {"usage_frequency": None, "success_rate": None})
    assert found.usage_frequency < 0.1
    assert found.success_rate is None
