"""How single uses go: tokens, durations, failures. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from steelyard.demo.dice import Dice
from steelyard.demo.models import DemoModel, Task
from steelyard.usage.events import MIRROR_REQUEST, Event, EventType

_FAULTS = ("engine-crashed", "queue-full", "prompt-too-long", "out-of-memory", "deadline")
_FAULT_WEIGHTS = (3, 4, 5, 2, 1)
_RESOLUTIONS = ("1024x1024", "1216x832", "832x1216", "1280x720")
_LORAS = ("harbour-fog", "woodcut", "tide-lines")
_SLOW_WEEK = 7  # days
_BYTES_OF_A_TOKEN = 4
_READING = 1800.0  # tokens of a prompt in a second


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks: the principal, where from and with what; ``age`` is how many days ago."""

    principal: int
    address: str
    agent: str
    session: str
    age: int

    def plain(self, kind: str, at: datetime, dice: Dice, model: str | None = None) -> Event:
        """A request that is answered from the database."""
        return self.event(
            kind, at, model, duration_ms=round(dice.around(4.0, 0.5), 3), bytes_out=int(dice.around(9000, 0.8))
        )

    def event(self, kind: str, at: datetime, model: str | None, *, success: bool = True, **more: Any) -> Event:
        """An event of theirs."""
        return Event(
            type=kind, at=at, model=model, principal=self.principal, address=self.address, agent=self.agent,
            success=success, **more,
        )  # fmt: skip


def use(asking: Asking, model: DemoModel, at: datetime, dice: Dice, *, loads: bool) -> list[Event]:
    """One use, and before it the load that it waited for, if it ``loads``."""
    load_ms = dice.around(900 + model.size / 2.2e6, 0.25) if loads else 0.0
    before = [_load(model, at, load_ms)] if loads else []
    if dice.happens(model.failing):
        return [*before, _failed(asking, model, at, dice)]
    made = {Task.CHAT: _chat, Task.EMBED: _embed}.get(model.task, _picture)(model, dice)
    slower = model.slower if asking.age < _SLOW_WEEK else 1.0
    queue_ms = dice.around(6.0, 1.2)
    made["duration_ms"] = round(made["duration_ms"] * slower + load_ms + queue_ms, 3)
    done = asking.event(
        EventType.GENERATION_COMPLETED, at, model.name, session=asking.session, queue_ms=round(queue_ms, 3),
        load_ms=round(load_ms, 3) if loads else None, **made,
    )  # fmt: skip
    return [*before, done]


def pull(asking: Asking, model: DemoModel, at: datetime, dice: Dice, *, is_repeated: bool) -> Iterator[Event]:
    """Somebody takes the files: the calls of a client, and the whole of it as one download."""
    for number in range(dice.run(6)):
        yield asking.event(
            MIRROR_REQUEST, at + timedelta(seconds=0.2 * number), model.name,
            duration_ms=round(dice.around(12.0, 0.9), 3), bytes_out=int(dice.around(40_000, 1.0)),
        )  # fmt: skip
    seconds = dice.around(model.size / 3.5e8 + 0.5, 0.3)
    yield asking.event(
        EventType.MODEL_DOWNLOAD, at + timedelta(seconds=seconds), model.name, duration_ms=round(seconds * 1000, 3),
        bytes_out=model.size, repeated=True if is_repeated else None,
    )  # fmt: skip


def _load(model: DemoModel, at: datetime, load_ms: float) -> Event:
    return Event(
        type=EventType.MODEL_LOAD, at=at, model=model.name, success=True, duration_ms=round(load_ms, 3),
        load_ms=round(load_ms, 3), vram_mb=round(model.size * 1.12 / 2**20, 1),
        parameters={"engine": "llamacpp" if model.quantization else "vllm"},
    )  # fmt: skip


def _failed(asking: Asking, model: DemoModel, at: datetime, dice: Dice) -> Event:
    return asking.event(
        EventType.GENERATION_FAILED, at, model.name, success=False, session=asking.session,
        error_code=dice.one_of(_FAULTS, _FAULT_WEIGHTS), duration_ms=round(dice.around(700.0, 1.2), 3),
    )  # fmt: skip


def _chat(model: DemoModel, dice: Dice) -> dict[str, Any]:
    asked, said = int(dice.around(420, 1.0)) + 1, int(dice.around(190, 0.8)) + 1
    first = 40 + asked / _READING * 1000 * dice.around(40 / model.speed, 0.2)
    return {
        "first_token_ms": round(first, 3), "duration_ms": first + said / model.speed * 1000 * dice.around(1.0, 0.12),
        "tokens_in": asked, "tokens_out": said, "bytes_in": asked * _BYTES_OF_A_TOKEN,
        "bytes_out": said * _BYTES_OF_A_TOKEN, "gpu_utilization": round(dice.between(55, 98), 1),
        "parameters": {
            "temperature": dice.one_of((0.0, 0.2, 0.7, 1.0), (2, 3, 8, 1)),
            "max_tokens": dice.one_of((256, 1024, 4096), (2, 5, 2)),
            "engine": "llamacpp" if model.quantization else "vllm",
        },
    }  # fmt: skip


def _embed(model: DemoModel, dice: Dice) -> dict[str, Any]:
    texts = dice.one_of((1, 16, 64), (3, 2, 5))
    asked = int(dice.around(180.0 * texts, 0.5)) + 1
    return {
        "duration_ms": 5 + asked / model.speed * 1000, "tokens_in": asked, "bytes_in": asked * _BYTES_OF_A_TOKEN,
        "bytes_out": texts * 3100, "parameters": {"task": "embed", "texts": texts},
    }  # fmt: skip


def _picture(model: DemoModel, dice: Dice) -> dict[str, Any]:
    steps = dice.one_of((4, 20, 30, 50), (2, 3, 6, 1))
    loras = [dice.one_of(_LORAS)] if dice.happens(0.35) else []
    return {
        "duration_ms": dice.around(1000 / model.speed * steps / 30, 0.15), "vram_mb": round(dice.between(9e3, 2.2e4)),
        "gpu_utilization": round(dice.between(88, 100), 1), "bytes_out": int(dice.around(1.6e6, 0.3)),
        "parameters": {"resolution": dice.one_of(_RESOLUTIONS), "steps": steps, **({"lora": loras} if loras else {})},
    }  # fmt: skip
