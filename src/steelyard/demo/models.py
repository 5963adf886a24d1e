"""The models of the demo. None of them exists."""

from dataclasses import dataclass
from enum import StrEnum


class Task(StrEnum):
    """What a model is used for."""

    CHAT = "chat"
    EMBED = "embed"
    IMAGE = "image"
    VIDEO = "video"
    PULL = "pull"  # people take its files and run it elsewhere


@dataclass(frozen=True, slots=True)
class DemoModel:
    """One model, and how its days go.

    ``parameters`` counts weights, ``size`` is bytes; ``wanted`` is its share of all use, and ``growth`` what that is
    multiplied by each day. ``speed`` is tokens, images or seconds of video in a second. ``quiet_days``: nobody has
    used it for so long. ``failing`` is the share of its uses that fail; ``slower`` what the durations of the last week
    are multiplied by. ``came`` is how many days ago the depot got it, None for long ago. ``is_external``: another
    service runs it, and no entry of the catalog answers to it.
    """

    name: str
    task: Task
    wanted: float
    size: int = 0
    parameters: int = 0
    architecture: str = "LlamaForCausalLM"
    quantization: str | None = None
    license: str = "apache-2.0"
    speed: float = 40.0
    growth: float = 1.0
    quiet_days: int = 0
    failing: float = 0.015
    slower: float = 1.0
    came: int | None = None
    is_external: bool = False


_B, _G = 10**9, 10**9
_CHAT, _EMBED, _IMAGE, _PULL = Task.CHAT, Task.EMBED, Task.IMAGE, Task.PULL

MODELS = (
    DemoModel("northwind/harbour-8b-GGUF", _CHAT, 30, 5 * _G, 8 * _B, quantization="Q4_K_M", speed=58),
    DemoModel("northwind/harbour-70b-GGUF", _CHAT, 9, 42 * _G, 70 * _B, quantization="Q4_K_M", speed=11, slower=1.7),
    DemoModel("balance/pocket-chat-GGUF", _CHAT, 14, 2 * _G, 3 * _B, quantization="Q8_0", speed=95, growth=0.975),
    DemoModel("balance/scales-coder-14b-GGUF", _CHAT, 8, 9 * _G, 14 * _B, quantization="Q5_K_M", growth=1.045,
              came=23),
    DemoModel("tide/tally-32b", _CHAT, 6, 64 * _G, 32 * _B, "Qwen3ForCausalLM", speed=27, growth=1.02),
    DemoModel("tide/tally-tiny-GGUF", _CHAT, 4, _G // 2, _B // 2, quantization="Q8_0", speed=160),
    DemoModel("quayside/lantern-24b", _CHAT, 4, 48 * _G, 24 * _B, "MistralForCausalLM", speed=31),
    DemoModel("quayside/lantern-reasoner-24b", _CHAT, 2.5, 48 * _G, 24 * _B, "MistralForCausalLM", speed=24,
              failing=0.31, came=11),
    DemoModel("old-mill/grain-13b", _CHAT, 2, 26 * _G, 13 * _B, license="llama2", quiet_days=19),
    DemoModel("old-mill/grain-70b", _CHAT, 1, 138 * _G, 70 * _B, license="llama2", quiet_days=27, speed=8),
    DemoModel("northwind/ledger-embed", _EMBED, 16, _G // 4, _B // 3, "BertModel", speed=9000),
    DemoModel("northwind/ledger-embed-large", _EMBED, 5, _G, _B // 2, "BertModel", speed=3500, growth=1.03, came=17),
    DemoModel("balance/weighbridge-vision-7b", _CHAT, 3, 15 * _G, 7 * _B, "Qwen2VLForConditionalGeneration"),
    DemoModel("lumen/harbour-light-xl", _IMAGE, 5, 7 * _G, 3 * _B, "StableDiffusionXLPipeline", speed=0.11),
    DemoModel("lumen/harbour-light-turbo", _IMAGE, 2, 7 * _G, 3 * _B, "StableDiffusionXLPipeline", speed=0.9, came=6),
    DemoModel("t2v-A14B", Task.VIDEO, 8, speed=0.02, failing=0.08, is_external=True),
    DemoModel("voices/pilot-whisper-large", _PULL, 1.5, 3 * _G, 3 * _B // 2, "WhisperForConditionalGeneration"),
    DemoModel("voices/pilot-whisper-small", _PULL, 1, _G // 2, _B // 4, "WhisperForConditionalGeneration"),
    DemoModel("tide/current-1b", _PULL, 2, 2 * _G, _B, "Qwen3ForCausalLM"),
    DemoModel("quayside/lantern-3b", _PULL, 1.5, 6 * _G, 3 * _B, "MistralForCausalLM"),
    DemoModel("old-mill/sieve-classifier", _PULL, 0.6, _G // 3, _B // 9, "RobertaForSequenceClassification"),
    DemoModel("old-mill/wheat-t5", _PULL, 2.5, 3 * _G, _B, "T5ForConditionalGeneration", quiet_days=24),
    DemoModel("balance/counterpoise-moe", _PULL, 0.8, 93 * _G, 47 * _B, "MixtralForCausalLM", came=14),
    DemoModel("lumen/lighthouse-vae", _PULL, 0.4, _G // 3, _B // 12, "AutoencoderKL"),
)  # fmt: skip
