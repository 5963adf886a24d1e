"""What clients say of themselves. The headers are those that the real ones sent."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from steelyard.dialects.huggingface.agent import Agent, read_agent

TRANSFORMERS = (
    "unknown/None; hf_hub/2.4.0; python/3.11.7; torch/2.9.0; transformers/5.23.0; "
    "session_id/0123456789abcdef0123456789abcdef; file_type/model; framework/pytorch; from_auto_class/True"
)


@pytest.mark.parametrize(
    ("header", "agent"),
    [
        ("huggingface-cli/None; hf_hub/2.4.0; python/3.11.7", Agent("huggingface-cli", "2.4.0")),
        (TRANSFORMERS, Agent("transformers/5.23.0", "2.4.0", "0123456789abcdef0123456789abcdef")),
        ("vllm/0.33.0; hf_hub/2.4.0; python/3.11.7; transformers/5.23.0", Agent("vllm/0.33.0", "2.4.0")),
        ("transformers/5.23.0; python/3.11; diffusers/0.42.1", Agent("diffusers/0.42.1")),
        ("unknown/None; hf_hub/1.5.0; python/3.11.7; origin/alice", Agent(None, "1.5.0", None, "alice")),
        ("unknown/None; hf_hub/2.4.0; python/3.11.7; agent/claude-code", Agent(None, "2.4.0", agent="claude-code")),
        ("unknown/None; hf_hub/2.4.0; pipeline_class/DiffusionPipeline", Agent("diffusers", "2.4.0")),
        ("hf_hub/2.4.0", Agent(None, "2.4.0")),
        ("curl/8.5.0", Agent("curl/8.5.0")),
        ("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", Agent("mozilla/5.0")),
        ("", Agent()),
        (None, Agent()),
        ("just words", Agent()),
        ("a/1; transformers/5; transformers/6", Agent("transformers/5")),
    ],
)
def test_known_clients(header: str | None, agent: Agent) -> None:
    assert read_agent(header) == agent


def test_an_ai_agent_is_told_apart() -> None:
    assert read_agent("x/1; agent/claude-code").is_ai_agent
    assert not read_agent("x/1; agent/none").is_ai_agent


@pytest.mark.parametrize(
    ("told", "name"), [("Ren%C3%A9e", "Renée"), (" a b ", "a b"), ("a@example.org", "a@example.org")]
)
def test_a_name_of_ones_own(told: str, name: str) -> None:
    assert read_agent(f"x/1; origin/{told}").origin == name


@pytest.mark.parametrize("told", ["", "%00", "%ff", "a\tb", "a" * 200, "a%0d%0aX-Admin: 1"])
def test_a_name_that_is_none(told: str) -> None:
    assert read_agent(f"x/1; origin/{told}").origin is None


PIECES = st.sampled_from(
    ["/", ";", "; ", "origin", "%", "%ff", "hf_hub", "transformers", "session_id", "0123456789", "\0", "é", "None", " "]
)


@given(st.text(max_size=6000) | st.lists(PIECES, max_size=40).map("".join))
@example("transformers/" + "9" * 9000)
@example("x/1; origin/%")
def test_anything_is_read_and_nothing_is_long(header: str) -> None:
    agent = read_agent(header)
    for part in (agent.library, agent.hub, agent.session, agent.agent):
        assert part is None or (0 < len(part) <= 80 and part.isascii() and part.isprintable())
    assert agent.origin is None or (0 < len(agent.origin) <= 128 and agent.origin.isprintable())
