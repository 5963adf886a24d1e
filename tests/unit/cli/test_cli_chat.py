import json
from collections.abc import Callable, Iterator
from subprocess import CompletedProcess
from typing import Any

import httpx2
import pytest

Shell = Callable[..., CompletedProcess[str]]
USAGE = {"prompt_tokens": 8, "completion_tokens": 20, "total_tokens": 28}
TIMINGS = {
    "queue_ms": 0.0, "load_ms": 400.0, "first_token_ms": 500.0, "total_ms": 1500.0, "prompt_ms": 9.0,
    "answer_ms": 1000.0,
}  # fmt: skip
READY = {"model": "gpt2", "engine": "llamacpp", "done": True, "done_reason": "load"}


def piece(text: str) -> dict[str, Any]:
    return {"delta": {"content": text}, "done": False}


def last(*notes: str) -> dict[str, Any]:
    return {"delta": {}, "done": True, "done_reason": "stop", "usage": USAGE, "timings": TIMINGS, "notes": list(notes)}


def data(chunk: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(chunk)}\n\n".encode()


def answer(*chunks: dict[str, Any], interrupted: bool = False) -> httpx2.Response:
    def pieces() -> Iterator[bytes]:
        yield from map(data, chunks)
        if interrupted:
            raise KeyboardInterrupt

    return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=pieces())


def sent(done: CompletedProcess[str], number: int = -1) -> Any:
    request = done.args[number]
    assert isinstance(request, httpx2.Request)
    return json.loads(request.content)


def said(done: CompletedProcess[str], number: int = -1) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in sent(done, number)["messages"]]


def test_one_question(shell: Shell) -> None:
    done = shell({"POST /chat": answer(piece("Hel"), piece("lo"), last())}, "chat", "gpt2", "how", "are", "you")

    assert (done.returncode, done.stdout, done.stderr) == (0, "Hello\n", "")
    assert sent(done) == {"model": "gpt2", "messages": [{"role": "user", "content": "how are you"}], "stream": True}


def test_all_options_travel(shell: Shell) -> None:
    options = [
        "--session",
        "trip",
        "--temperature",
        "0",
        "--max-tokens",
        "9",
        "--seed",
        "3",
        "--timeout",
        "2.5",
        "--context",
        "512",
    ]

    done = shell({"POST /chat": answer(last())}, "chat", "gpt2", "hi", "--system", "Be brief.", *options)

    assert said(done) == [("system", "Be brief."), ("user", "hi")]
    told = sent(done)
    del told["messages"]
    assert told == {
        "model": "gpt2", "stream": True, "session": "trip", "temperature": 0, "max_tokens": 9, "seed": 3,
        "timeout": 2.5, "context": 512,
    }  # fmt: skip


@pytest.mark.parametrize("argv", [(), ("-",)])
def test_a_question_through_a_pipe(shell: Shell, argv: tuple[str, ...]) -> None:
    done = shell({"POST /chat": answer(piece("Yes.\n"), last())}, "chat", "gpt2", *argv, keys="is it\nso?\n")

    assert (done.stdout, said(done)) == ("Yes.\n", [("user", "is it\nso?")])


def test_words_and_what_is_piped_in(shell: Shell) -> None:
    done = shell({"POST /chat": answer(last())}, "chat", "gpt2", "Sum up:", "-", keys="a long text\n")

    assert said(done) == [("user", "Sum up: a long text")]


@pytest.mark.parametrize("prompt", [(), ("",), (" ", "")])
def test_no_question_at_all(shell: Shell, capsys: pytest.CaptureFixture[str], prompt: tuple[str, ...]) -> None:
    done = shell({}, "chat", "gpt2", *prompt)

    assert (done.returncode, done.args) == (2, [])
    assert "give a PROMPT" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [("--temperature", "9"), ("--temperature", "nan"), ("--timeout", "0.5")])
def test_what_cannot_be(shell: Shell, wrong: tuple[str, str]) -> None:
    assert shell({}, "chat", "gpt2", "hi", *wrong).returncode == 2


def test_for_programs(shell: Shell) -> None:
    whole = {"model": "gpt2", "message": {"role": "assistant", "content": "Hello"}, "done": True}

    done = shell({"POST /chat": whole}, "chat", "gpt2", "hi", "--json")

    assert json.loads(done.stdout) == whole
    assert "stream" not in sent(done)


def test_a_conversation_is_not_for_programs(shell: Shell) -> None:
    assert shell({}, "chat", "gpt2", "--json", terminal=True).returncode == 2


def test_timings_and_notes_are_no_part_of_the_answer(shell: Shell) -> None:
    done = shell({"POST /chat": answer(piece("a"), last("The model has no chat template."))},
                 "chat", "gpt2", "hi", "--timings")  # fmt: skip

    assert done.stdout == "a\n"
    assert done.stderr.splitlines() == [
        "Note: The model has no chat template.",
        "20 tokens in 1.50 s, 20.0 tokens/s, first after 0.50 s, loaded in 0.40 s",
    ]


@pytest.mark.parametrize(("terminal", "shown"), [(True, "?[2Ja\n\tb\n"), (False, "\x1b[2Ja\n\tb\n")])
def test_an_answer_does_not_steer_a_terminal(shell: Shell, terminal: bool, shown: str) -> None:
    done = shell({"POST /chat": answer(piece("\x1b[2Ja\n\tb"), last())}, "chat", "gpt2", "hi", terminal=terminal)

    assert done.stdout == shown


@pytest.mark.parametrize(("terminal", "shown"), [(True, "Thinking: well, yes\n"), (False, "")])
def test_thoughts_are_shown_to_people_only(shell: Shell, terminal: bool, shown: str) -> None:
    thoughts = [{"delta": {"reasoning": text}, "done": False} for text in ("well, ", "yes")]

    done = shell({"POST /chat": answer(*thoughts, piece("Yes."), last())}, "chat", "gpt2", "hi", terminal=terminal)

    assert (done.stdout, done.stderr) == ("Yes.\n", shown)


def test_ctrl_c_stops_it(shell: Shell) -> None:
    done = shell({"POST /chat": answer(piece("a b"), interrupted=True)}, "chat", "gpt2", "hi")

    assert (done.returncode, done.stdout) == (130, "a b\n")


def test_an_error_after_the_first_words(shell: Shell) -> None:
    problem = {"type": "engine-failed", "title": "t", "status": 503, "detail": "It stopped.", "hint": "Ask again."}
    broken = {"delta": {}, "done": True, "error": problem}

    done = shell({"POST /chat": answer(piece("a b"), broken)}, "chat", "gpt2", "hi")

    assert (done.returncode, done.stdout) == (1, "a b\n")
    assert done.stderr.splitlines() == ["Error: It stopped.", "Hint:  Ask again."]


def test_a_model_that_is_not_here(shell: Shell) -> None:
    assert shell({}, "chat", "gpt2", "hi").returncode == 4
    assert shell({}, "chat", "gpt2", terminal=True).returncode == 4
