"""What was found in the files, as it stands in the table."""

import json

from steelyard.catalog.facts import RevisionFacts, from_json, merged, to_json
from steelyard.catalog.models import Traits, Variant

FACTS = RevisionFacts(
    Traits("llama", 7, "Q4_K_M", 4096, "mit"), ("a.gguf: it is broken",), (Variant("Q4_K_M", 3, is_default=True),)
)


def test_they_survive_the_table() -> None:
    assert from_json(json.loads(json.dumps(to_json(FACTS)))) == FACTS
    assert from_json(None) == RevisionFacts() == from_json(to_json(RevisionFacts()))


def test_what_a_later_version_wrote_is_left_out() -> None:
    later = to_json(FACTS)
    later["traits"]["colour"] = "blue"
    assert from_json(later) == FACTS


def test_each_trait_comes_from_the_first_that_has_it() -> None:
    assert merged(Traits(parameters=1), Traits("llama", 2), Traits("x", None, "F16")) == Traits("llama", 1, "F16")
    assert merged() == Traits()
