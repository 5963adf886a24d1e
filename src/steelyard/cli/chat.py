"""``steelyard chat``: ask a model, once or in a conversation."""

from collections.abc import Sequence
from typing import Annotated

import typer

from steelyard.cli.desk import INTERRUPTED, Desk, desk_of
from steelyard.cli.dialogue import Dialogue, message
from steelyard.cli.names import session_names
from steelyard.cli.options import AsJson, ModelName
from steelyard.cli.speech import Speech
from steelyard.cli.words import plain
from steelyard.client import Client
from steelyard.client.questions import ChatOptions

_STDIN = "-"
_NOTHING = "there is no question; give a PROMPT, or pipe one in"


def chat(
    context: typer.Context,
    model: ModelName,
    prompt: Annotated[
        list[str] | None,
        typer.Argument(help="What to ask; `-` stands for what is piped in. Without it a conversation begins."),
    ] = None,
    session: Annotated[
        str | None,
        typer.Option(help="A conversation that the depot keeps, to go on with.", autocompletion=session_names),
    ] = None,
    system: Annotated[str | None, typer.Option(help="What the model is told before all else.")] = None,
    temperature: Annotated[float | None, typer.Option(min=0, max=5, help="0 is the same answer each time.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="How long an answer may be, in tokens.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="For the same answer again.")] = None,
    window: Annotated[
        int | None,
        typer.Option("--context", min=128, max=1_048_576, help="Tokens of conversation and answer together."),
    ] = None,
    timeout: Annotated[
        float | None, typer.Option(min=1, max=600, help="Seconds that an answer may take, 120 unless given.")
    ] = None,
    timings: Annotated[bool, typer.Option("--timings", help="Say how fast it was.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask a model; the answer appears as it is written.

    Ctrl-C stops an answer; in a conversation, Ctrl-D leaves.
    """
    desk = desk_of(context)
    options: ChatOptions = {
        "session": session, "temperature": temperature, "max_tokens": max_tokens, "seed": seed, "timeout": timeout,
        "context": window,
    }  # fmt: skip
    question = _question(desk, prompt or ())
    with desk.client() as client:
        if question is not None:
            _ask_once(desk, client, model, _messages(system, question), options, timings=timings, as_json=as_json)
        elif as_json:
            raise typer.BadParameter("--json is for one question; give a PROMPT, or pipe one in")
        else:
            _converse(desk, client, model, options, system, timings=timings)


def _ask_once(
    desk: Desk,
    client: Client,
    model: str,
    messages: Sequence[dict[str, str]],
    options: ChatOptions,
    *,
    timings: bool,
    as_json: bool,
) -> None:
    """Raises typer.Exit with 130 when it is interrupted."""
    if as_json:
        desk.json(client.chat.ask(model, messages, **options))
    elif Speech(desk, timings).write(client.chat.stream(model, messages, **options)).is_interrupted:
        raise typer.Exit(INTERRUPTED)


def _converse(
    desk: Desk, client: Client, model: str, options: ChatOptions, system: str | None, *, timings: bool
) -> None:
    """What is wrong with the model is better said before the first question."""
    desk.notice(f"Getting {plain(model)} ready…")
    ready = client.chat.load(model, timeout=options.get("timeout"))
    desk.notice(
        f"{plain(ready['model'])} listens ({plain(ready['engine'])}). /help says what you can do, Ctrl-D leaves."
    )
    Dialogue(desk, client, model, options, Speech(desk, timings), system).run()


def _question(desk: Desk, words: Sequence[str]) -> str | None:
    """What is asked on the command line or through a pipe; None where a person is to be asked.

    Raises typer.BadParameter when it is nothing.
    """
    if words:
        question = " ".join(_piped(desk) if word == _STDIN else word for word in words)
        if not question.strip():
            raise typer.BadParameter(_NOTHING)
        return question
    return None if desk.can_ask else _piped(desk)


def _piped(desk: Desk) -> str:
    """All that is piped in. Raises typer.BadParameter when that is nothing."""
    text = "" if desk.keys is None or desk.keys.isatty() else desk.keys.read().strip()
    if not text:
        raise typer.BadParameter(_NOTHING)
    return text


def _messages(system: str | None, question: str) -> list[dict[str, str]]:
    said = [] if system is None else [message("system", system)]
    return [*said, message("user", question)]
