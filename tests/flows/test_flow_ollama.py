"""Ollama's protocol over sockets, line by line; the official client's own tests are in ``tests/clients``."""

import json
from asyncio import gather
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from steelyard.testing.hub import StandInHub
from steelyard.testing.weights import safetensors_bytes
from tests.flows.chatting import ECHOES, LLAMA, MODEL, behave, chatting_house, echo, events, weights
from tests.flows.house import House, eventually, open_house

SAID = [{"role": "user", "content": "one two three"}]
ASKED = {"model": MODEL, "messages": SAID}
Line = dict[str, Any]
PLAIN = {"stream": False}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
PRESET = {"model": "x", "from": MODEL}
BROKEN = (
    b"", b"{", b"[]", b'{"model": 3}', b'{"model": [3]}', b'{"model": "\xff"}', b'{"model": "\\ud800"}', b"[" * 9999,
    b'{"model": "a", "options": {"temperature": NaN}}', b'{"model": "a", "options": {"repeat_penalty": 1e999}}',
    b'{"model": "a", "keep_alive": "' + b"1" * 50_000 + b'x"}',
)  # fmt: skip
REFUSED: tuple[tuple[str, Line, int, str], ...] = (
    ("create", PRESET | {"files": {"a.gguf": "sha256:00"}}, 400, "Files"),
    ("create", PRESET | {"quantize": "q4_K_M"}, 400, "quantised"),
    ("create", {"model": "x"}, 400, "what to make it from"),
    ("create", {"model": "x", "from": f"{MODEL}:Q8_0"}, 400, "whole models"),
    ("create", {"model": "x", "from": "org/none"}, 404, 'model "org/none" not found'),
    ("create", PRESET | {"model": "a/b/c"}, 400, ""),
    ("create", PRESET | {"model": "latest"}, 400, "meaning"),
    ("create", PRESET | {"system": "a\0b"}, 400, "NUL"),
    ("create", PRESET | {"parameters": {"temperature": "hot"}}, 400, "temperature"),
    ("copy", {"source": "org/none", "destination": "x"}, 404, 'model "org/none" not found'),
    ("generate", {"model": MODEL, "prompt": "a", "suffix": "b"}, 400, "does not support insert"),
    ("push", {"model": "", "name": MODEL}, 400, "pushed"),
    ("blobs/sha256:00", {}, 400, "piece by piece"),
)


@pytest.fixture
async def house(hub: StandInHub, home: Path) -> AsyncIterator[House]:
    async with chatting_house(hub, home) as house:
        yield house


async def post(house: House, call: str, body: Any, expect: int = 200) -> Line:
    """One call; the answer's object, an empty one where there is none."""
    answer = await house.http.post(f"/api/{call}", json=body)
    assert answer.status_code == expect, answer.text
    return dict(answer.json()) if answer.content else {}


async def lines(house: House, call: str, body: Any) -> list[Line]:
    """The lines of a streamed answer."""
    async with house.http.stream("POST", f"/api/{call}", json=body) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"] == "application/x-ndjson"
        return [json.loads(line) async for line in answer.aiter_lines()]


async def refused(house: House, call: str, body: Any, status: int) -> str:
    """The text of a refusal."""
    answer = await post(house, call, body, status)
    assert list(answer) == ["error"]
    assert isinstance(answer["error"], str)
    return str(answer["error"])


async def test_a_chat_as_it_comes_and_in_one_piece(house: House) -> None:
    *pieces, last = await lines(house, "chat", ASKED)
    assert [piece["message"] for piece in pieces] == [
        {"role": "assistant", "content": word} for word in ("one ", "two ", "three")
    ]
    assert all((piece["model"], piece["done"]) == (MODEL, False) and piece["created_at"] for piece in pieces)
    assert (last["done"], last["done_reason"], last["message"]["content"]) == (True, "stop", "")
    assert (last["prompt_eval_count"], last["eval_count"]) == (3, 3)
    assert last["total_duration"] >= last["load_duration"] > 0
    assert all(isinstance(value, int) for name, value in last.items() if name.endswith(("_duration", "_count")))

    answer = await post(house, "chat", ASKED | PLAIN)
    assert answer["message"] == {"role": "assistant", "content": "one two three"}
    assert (answer["done"], answer["done_reason"], answer["eval_count"]) == (True, "stop", 3)
    event, *_ = await events(house, "generation_completed")
    assert (event["model"], event["tokens_out"]) == (MODEL, 3)

    body = json.dumps(ASKED | PLAIN)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await house.http.post("/api/chat", content=body, headers=headers)).status_code == 200


async def test_generating_goes_on_by_its_context_and_raw_prompts_have_none(house: House) -> None:
    first = await post(house, "generate", {"model": MODEL, "prompt": "one two", "system": "Be brief."} | PLAIN)
    assert (first["response"], first["done"]) == ("one two", True)
    again = {"model": MODEL, "prompt": "three", "context": first["context"]}
    *pieces, last = await lines(house, "generate", again)
    assert [piece["response"] for piece in pieces] == ["three"]
    assert last["response"] == ""
    assert [one["content"] for one in echo(house).tally.bodies[-1]["messages"]] == [
        "Be brief.", "one two", "one two", "three",
    ]  # fmt: skip

    renewed = {"model": MODEL, "prompt": "four", "context": first["context"], "system": "Be long."} | PLAIN
    await post(house, "generate", renewed)
    said = [one["content"] for one in echo(house).tally.bodies[-1]["messages"]]
    assert said == ["Be long.", "one two", "one two", "four"]

    answer = await post(house, "generate", {"model": MODEL, "prompt": "a b", "raw": True} | PLAIN)
    assert answer["response"] == "a b"
    assert "context" not in answer
    assert "messages" not in echo(house).tally.bodies[-1]
    both = {"model": MODEL, "prompt": "a", "raw": True, "system": "x"}
    assert "raw" in await refused(house, "generate", both, 400)


async def test_options_and_format_reach_the_engine_and_texts_become_vectors(house: House) -> None:
    options = {"num_predict": 2, "temperature": 0, "seed": -1, "stop": ["x"], "num_gpu": 1, "vibes": True}
    answer = await post(house, "chat", ASKED | PLAIN | {"options": options, "top": 1})
    assert (answer["message"]["content"], answer["done_reason"]) == ("one two ", "length")
    sent = echo(house).tally.bodies[-1]
    assert (sent["max_tokens"], sent["temperature"], sent["stop"]) == (2, 0, ["x"])
    assert "seed" not in sent
    formed = await post(house, "chat", ASKED | PLAIN | {"format": {"type": "object"}})
    assert json.loads(formed["message"]["content"]) == {"echo": "one two three"}
    assert echo(house).tally.bodies[-1]["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert "temperature" in await refused(house, "chat", ASKED | {"options": {"temperature": "hot"}}, 400)

    both = await post(house, "embed", {"model": MODEL, "input": ["a", "b"]})
    one = await post(house, "embed", {"model": MODEL, "input": "a"})
    old = await post(house, "embeddings", {"model": MODEL, "prompt": "a"})
    assert len(both["embeddings"]) == 2
    assert both["embeddings"][0] == one["embeddings"][0] == old["embedding"]
    assert (both["prompt_eval_count"], both["model"]) == (2, MODEL)
    assert (await post(house, "embed", {"model": MODEL, "input": []}))["embeddings"] == []

    assert "2,048" in await refused(house, "embed", {"model": MODEL, "input": ["a"] * 2049}, 400)


async def test_loading_and_unloading_and_errors_on_the_way(house: House) -> None:
    loaded = await post(house, "generate", {"model": MODEL, "keep_alive": -1})
    assert (loaded["done_reason"], loaded["response"]) == ("load", "")
    (model,) = (await house.get("/api/ps"))["models"]
    assert (model["name"], model["details"]["family"]) == (f"{MODEL}:latest", "llama")
    assert model["expires_at"] > "2100"
    assert (model["size"] > 0, model["size_vram"]) == (True, 0)
    (listed,) = (await house.get("/api/tags"))["models"]
    assert model["digest"] == listed["digest"]
    unloaded = await post(house, "chat", {"model": MODEL, "messages": [], "keep_alive": "0s"})
    assert unloaded["done_reason"] == "unload"

    async def gone() -> bool:
        return bool((await house.get("/api/ps"))["models"] == [])

    await eventually(gone, "it left memory")
    assert "duration" in await refused(house, "chat", ASKED | {"keep_alive": "soon"}, 400)

    behave(house, context=2)
    assert await refused(house, "chat", ASKED, 400)
    behave(house, context=None, error_after=1)
    first, last = await lines(house, "chat", ASKED)
    assert first["message"]["content"] == "one "
    assert list(last) == ["error"]
    assert isinstance(last["error"], str)


async def test_what_makes_no_sense_or_goes_another_way_is_refused_clearly(house: House) -> None:
    told = await refused(house, "chat", ASKED | {"model": "org/other:latest"}, 404)
    assert told.startswith('model "org/other:latest" not found, try pulling it first')
    assert "steelyard pull org/other" in told
    for call in ("show", "generate", "embed"):
        assert "not found" in await refused(house, call, {"model": "org/other"}, 404)
    assert "no model" in await refused(house, "chat", {"messages": []}, 400)

    for data in BROKEN:
        answer = await house.http.post("/api/chat", content=data)
        assert answer.status_code == 400, data[:80]
        assert isinstance(answer.json()["error"], str), data[:80]

    for call, body, status, words in REFUSED:
        told = await refused(house, call, body, status)
        assert words in told, (call, body)
    assert (await house.http.head("/api/blobs/sha256:00")).status_code == 404
    assert list((await house.http.post("/api/me", content=b"")).json()) == ["error"]

    async def endless() -> AsyncIterator[bytes]:
        yield b'{"model": "'
        for _ in range(33):
            yield b"x" * 2**20

    for content in (endless(), b"x" * (33 * 2**20)):
        answer = await house.http.post("/api/chat", content=content)
        assert answer.status_code == 413
        assert isinstance(answer.json()["error"], str)


async def test_the_shelf_is_listed_with_its_aliases_and_a_variant_shown_as_what_it_is(house: House) -> None:
    assert (await house.get("/api/version"))["version"]
    for method in ("GET", "HEAD"):
        assert (await house.http.request(method, "/api/version")).status_code == 200
        assert (await house.http.request(method, "/")).status_code == 200
    assert (await house.http.get("/")).text == "Ollama is running"

    await post(house, "copy", {"source": MODEL, "destination": "polly"})
    models = (await house.get("/api/tags"))["models"]
    assert [model["name"] for model in models] == [f"{MODEL}:latest", "polly:latest"]
    assert len(models[0]["digest"]) == 64
    assert models[0]["details"] | {"quantization_level": ""} == {
        "parent_model": "", "format": "gguf", "family": "llama", "families": ["llama"],
        "parameter_size": models[0]["details"]["parameter_size"], "quantization_level": "", "context_length": 8192,
    }  # fmt: skip
    shown = await post(house, "show", {"model": "polly"})
    assert shown["model_info"]["llama.context_length"] == 8192
    assert shown["details"]["parent_model"] == MODEL
    assert shown["capabilities"] == ["completion", "tools", "thinking"]

    assert models[0]["size"] < (await house.get(f"/api/models/{MODEL}"))["size_bytes"]  # both variants
    house.hub.add("org/lora", {"adapter_config.json": b"{}", "adapter_model.safetensors": safetensors_bytes()})
    await house.bring("org/lora")
    offered = [one["id"] for one in (await house.get("/v1/models"))["data"]]
    listed = [one["name"].removesuffix(":latest") for one in (await house.get("/api/tags"))["models"]]
    assert listed == offered == [MODEL, "polly"]
    for variant in ("Q8_0", "Q4_0"):
        shown = await post(house, "show", {"name": f"{MODEL}:{variant}", "model": ""})
        assert shown["model_info"]["general.quantization"] == shown["details"]["quantization_level"] == "Q8_0"
    for name in (f"{MODEL}:Q2_K", f"{MODEL}@nope"):
        assert "not found" in await refused(house, "show", {"model": name}, 404), name
    plain = {**LLAMA, "tokenizer.chat_template": "{{ messages }}"}
    house.hub.add("org/plain", {"plain-Q8_0.gguf": weights(3, plain)})
    await house.bring("org/plain")
    assert (await post(house, "show", {"model": "org/plain"}))["capabilities"] == ["completion"]
    asked = ASKED | {"model": "org/plain"}
    assert "does not support tools" in await refused(house, "chat", asked | {"tools": [TOOL]}, 400)
    assert "does not support thinking" in await refused(house, "chat", asked | {"think": True}, 400)
    assert "notes" not in await post(house, "chat", asked | PLAIN | {"think": False})


async def test_a_created_name_carries_its_instruction_and_parameters(house: House) -> None:
    made = {"model": "pirate", "from": MODEL, "system": "Arr.", "parameters": {"num_predict": 1, "num_gpu": 1}}
    assert [line["status"] for line in await lines(house, "create", made)][-1] == "success"
    answer = await post(house, "chat", ASKED | PLAIN | {"model": "pirate:latest"})
    assert answer["message"]["content"] == "one "
    assert echo(house).tally.bodies[-1]["messages"][0] == {"role": "system", "content": "Arr."}
    own = [{"role": "system", "content": "No."}, {"role": "user", "content": "a b c"}]
    other = await post(house, "chat", PLAIN | {"model": "pirate", "messages": own, "options": {"num_predict": 2}})
    assert other["message"]["content"] == "a b "
    assert [one["content"] for one in echo(house).tally.bodies[-1]["messages"]] == ["No.", "a b c"]
    shown = await post(house, "show", {"model": "pirate"})
    assert (shown["system"], shown["parameters"]) == ("Arr.", "num_predict 1")
    assert shown["modelfile"].startswith(f"FROM {MODEL}")
    assert (await post(house, "show", {"model": MODEL}))["system"] == ""

    spoken = [{"role": "tool", "content": "a tool's"}, {"role": "assistant", "content": "Aye."}]
    await post(house, "create", {"model": "talker", "from": MODEL, "messages": spoken} | PLAIN)
    first = await post(house, "generate", PLAIN | {"model": "talker", "prompt": "a"})
    assert (await post(house, "generate", PLAIN | {"model": "talker", "prompt": "b", "context": first["context"]}))[
        "done"
    ]


async def test_a_created_name_behaves_the_same_whatever_protocol_asks(house: House) -> None:
    made = {"model": "pirate", "from": MODEL, "system": "Arr.", "parameters": {"num_predict": 1, "stop": ["zzz"]}}
    await post(house, "create", made | PLAIN)
    for path in ("/api/chat", "/v1/chat/completions", "/chat"):
        answer = await house.http.post(path, json=ASKED | PLAIN | {"model": "pirate"})
        assert answer.status_code == 200, (path, answer.text)
        sent = echo(house).tally.bodies[-1]
        assert [one["content"] for one in sent["messages"]] == ["Arr.", "one two three"], path
        assert (sent["max_tokens"], sent["stop"]) == (1, ["zzz"]), path
    named = {"model": "pirate", "max_tokens": 2, "messages": [{"role": "system", "content": "No."}, *SAID]}
    for path in ("/v1/chat/completions", "/chat"):
        assert (await house.http.post(path, json=named)).status_code == 200, path
        sent = echo(house).tally.bodies[-1]
        assert [one["content"] for one in sent["messages"]] == ["No.", "one two three"], path
        assert sent["max_tokens"] == 2, path


async def test_presets_go_along_with_names_and_names_over_to_other_models(house: House) -> None:
    await post(house, "create", {"model": "pirate", "from": MODEL, "system": "Arr."} | PLAIN)
    await post(house, "copy", {"source": "pirate", "destination": "corsair"})
    assert (await post(house, "show", {"model": "corsair"}))["system"] == "Arr."
    assert (await house.http.request("DELETE", "/api/delete", json={"model": "pirate"})).status_code == 200
    await post(house, "copy", {"source": MODEL, "destination": "pirate"})
    assert (await post(house, "show", {"model": "pirate"}))["system"] == ""
    assert (await post(house, "show", {"model": "corsair"}))["system"] == "Arr."

    house.hub.add("org/other", {"other-Q8_0.gguf": weights(9, LLAMA)})
    await house.bring("org/other")
    for base in (MODEL, "org/other"):
        await post(house, "create", {"model": "mine", "from": base} | PLAIN)
    assert (await post(house, "show", {"model": "mine"}))["details"]["parent_model"] == "org/other"
    assert (await post(house, "show", {"model": MODEL}))["details"]["parent_model"] == ""


async def test_names_given_at_the_same_time_are_all_there(house: House) -> None:
    names = [f"parrot{number}" for number in range(8)]
    await gather(*(post(house, "copy", {"source": MODEL, "destination": name}) for name in names))
    assert [one["name"] for one in (await house.get("/api/tags"))["models"]][1:] == [f"{name}:latest" for name in names]
    for number in range(8, 16):
        await post(house, "copy", {"source": MODEL, "destination": f"parrot{number}"})
    assert "aliases" in await refused(house, "copy", {"source": MODEL, "destination": "onemore"}, 409)


async def test_deleting_goes_into_the_trash(house: House) -> None:
    await post(house, "copy", {"source": MODEL, "destination": "polly"})
    for name, left in (("polly:latest", [MODEL]), (MODEL, [])):
        answer = await house.http.request("DELETE", "/api/delete", json={"model": name})
        assert answer.status_code == 200, answer.text
        assert [one["name"] for one in (await house.get("/api/tags"))["models"]] == [f"{one}:latest" for one in left]
    assert (await house.get("/api/models", status="deleted"))["count"] == 1
    again = await house.http.request("DELETE", "/api/delete", json={"model": MODEL})
    assert (again.status_code, "restore" in again.json()["error"]) == (404, True)


async def test_a_pull_tells_that_the_hub_is_away_and_ends(hub: StandInHub, home: Path) -> None:
    hub.add("org/late", {"late-Q8_0.gguf": weights(5)})
    hub.faults.status("api:org/late*", 503, times=None, headers={"Retry-After": "0"})
    options: dict[str, Any] = {
        "jobs__max_tries": 2, "jobs__backoff_seconds": 1.0, "jobs__beat_seconds": 0.05,
        "downloads__tries_without_progress": 1, "downloads__backoff_seconds": 0.5, **ECHOES,
    }  # fmt: skip
    async with open_house(hub, home, **options) as house:
        told = await lines(house, "pull", {"model": "org/late"})
    words = [line.get("status", "") for line in told]
    assert words[0] == "pulling manifest"
    assert any(word.startswith("waiting: ") and word.endswith(" answers 503. Next try in 1 s.") for word in words)
    assert any(word.startswith("waiting: ") and word.endswith(" Trying again.") for word in words)
    assert "org/late could not be brought: " in told[-1]["error"]
    assert "success" not in words


async def test_a_pull_tells_how_far_it_is(house: House) -> None:
    house.hub.add("org/late", {"late-Q8_0.gguf": weights(5), "late-Q4_0.gguf": weights(6), "README.md": b"# Late\n"})
    told = await lines(house, "pull", {"model": "hf.co/org/late:Q8_0"})
    assert told[0] == {"status": "pulling manifest"}
    assert [line["status"] for line in told[-3:]] == ["verifying sha256 digest", "writing manifest", "success"]
    layers = [line for line in told if "digest" in line]
    assert layers[-1]["completed"] == layers[-1]["total"] > 0
    assert all(line["status"].startswith("pulling ") for line in layers)
    assert len({line["digest"] for line in layers}) == 1
    files = (await house.get("/api/models/org/late/files"))["files"]
    assert {one["path"] for one in files if one["state"] == "stored"} >= {"late-Q8_0.gguf"}
    again = await lines(house, "pull", {"model": "org/late:Q8_0"})
    assert again[-1] == {"status": "success"}
    assert await post(house, "pull", {"name": "org/late:q8_0"} | PLAIN) == {"status": "success"}

    assert await refused(house, "pull", {"model": "org/nowhere"}, 404)
