"""What a command works with: where to write, whom to ask, what time it is. Handed in, so that tests need no patches."""

import getpass
import io
import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TextIO

import typer

from steelyard.cli.lazy import load
from steelyard.cli.words import plain
from steelyard.client import ApiError, BadAddress, Client, ClientError, InvalidArgument, NotFound, ServerUnreachable
from steelyard.core.clock import Clock, system_clock
from steelyard.core.errors import SteelyardError

FAILED, USAGE, NO_SERVER, NOT_FOUND, INTERRUPTED = 1, 2, 3, 4, 130

Connect = Callable[[str | None, str | None, str | None], Client]
Ask = Callable[[str], str]
_EDITING = "steelyard.cli.editing:editing"  # only a conversation needs it


def _editing() -> AbstractContextManager[Ask]:
    editing: AbstractContextManager[Ask] = load(_EDITING)()
    return editing


@dataclass(frozen=True, slots=True)
class Desk:
    """Data goes to ``out``, notices and progress to ``err``. ``url``, ``token`` and ``user`` are the global options.

    ``keys`` is where a person's answers come from, None when nobody can be asked; ``ask_hidden`` asks a question whose
    answer does not show on the screen. ``editing`` opens a way to ask for lines that can be edited, with those of
    before at hand; it raises EOFError when there are no more.
    """

    out: TextIO
    err: TextIO
    environ: Mapping[str, str]
    clock: Clock
    connect: Connect
    url: str | None = None
    token: str | None = None
    user: str | None = None
    keys: TextIO | None = None
    ask_hidden: Ask = getpass.getpass
    editing: Callable[[], AbstractContextManager[Ask]] = _editing

    def client(self) -> Client:
        """A client for the server that the options and the environment name. Raises BadAddress."""
        return self.connect(self.url, self.token, self.user)

    def print(self, text: str) -> None:
        """A line of data. Flushed at once: a closed pipe must show here and not when the process ends."""
        print(text, file=self.out, flush=True)

    def json(self, payload: object) -> None:
        """What the server said, for programs. Letters that the stream cannot write are escaped."""
        encoding = (self.out.encoding or "utf-8").lower().replace("-", "")
        self.print(json.dumps(payload, indent=2, ensure_ascii=encoding != "utf8"))

    def notice(self, text: str) -> None:
        """A line for the person, never part of the data."""
        print(text, file=self.err, flush=True)

    @property
    def can_ask(self) -> bool:
        """Whether a person sits at a terminal. A script means what it says."""
        return self.keys is not None and self.keys.isatty() and self.err.isatty()

    def confirm(self, question: str) -> bool:
        """Whether the person says yes; no where nobody can be asked."""
        if self.keys is None or not self.can_ask:
            return False
        print(f"{question} [y/N] ", end="", file=self.err, flush=True)
        return self.keys.readline().strip().lower() in {"y", "yes"}

    def complain(self, error: ClientError | SteelyardError) -> None:
        """The error and what to do about it."""
        self.notice(f"Error: {plain(error.detail)}")
        if error.hint:
            self.notice(f"Hint:  {plain(error.hint)}")


def standard_desk() -> Desk:
    """The streams, the environment and the clock of this process."""
    return Desk(_forgiving(sys.stdout), _forgiving(sys.stderr), os.environ, system_clock, Client, keys=sys.stdin)


def _forgiving(stream: TextIO) -> TextIO:
    # Names and dashes must not end a command on a terminal that only knows ASCII.
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")
    return stream


def desk_of(context: typer.Context) -> Desk:
    """The desk that ``run`` put into the context."""
    desk = context.find_object(Desk)
    if desk is None:
        raise TypeError("The command needs a Desk: start it through steelyard.cli.main.run.")
    return desk


def exit_code(error: ClientError | SteelyardError) -> int:
    """3 when there is no server, 4 when there is no such thing, 2 when what was given is at fault, else 1."""
    if isinstance(error, ServerUnreachable):
        return NO_SERVER
    if _is_wrong_input(error):
        return USAGE
    gone = isinstance(error, NotFound) or (isinstance(error, ApiError) and error.status == 410)
    return NOT_FOUND if gone else FAILED


def _is_wrong_input(error: ClientError | SteelyardError) -> bool:
    if isinstance(error, ApiError):
        return error.status == 422
    if isinstance(error, SteelyardError):
        return error.status in {400, 422}
    return isinstance(error, BadAddress | InvalidArgument)
