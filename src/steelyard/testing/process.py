"""``steelyard serve`` and ``steelyard worker`` in processes of their own, for tests that kill them, for the bench and
for the demo."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

STEELYARD = (sys.executable, "-c", "import sys; from steelyard.cli.main import run; sys.exit(run())")
_START_WITHIN = 30.0  # seconds
_STOP_WITHIN = 10.0  # the product's promise
_LOOK_EVERY = 0.01
_OURS = ("STEELYARD_", "HF_", "HEADSCALE_", "SLSKD_", "DATABASE_URL")


class DepotFailed(Exception):
    """The process ended or stayed silent; the message carries the end of its log."""


class SteelyardProcess:
    """A command that runs until it is told to end; inside ``with`` it is ready, behind it is gone.

    ``upstream`` is the hub's address; ``more`` are further variables. The process logs to ``<home>.log``, has a session
    of its own, so that Ctrl-C in the terminal does not reach it, and sees no setting of the caller's environment.
    """

    announces: ClassVar[str]  # the event it logs once it is ready

    def __init__(self, command: Sequence[str], home: Path, upstream: str, more: Mapping[str, str] | None) -> None:
        self.home = home
        self.log = home.with_name(f"{home.name}.log")
        self._seen = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [*STEELYARD, *command, "--home", str(home)],
                env=clean_environment(os.environ) | {"HF_ENDPOINT": upstream, **(more or {})},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def __enter__(self) -> Self:
        self.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self.thaw()
            self.stop()

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def wait(self) -> None:
        """Return once it is ready. Raises DepotFailed, after a kill, when it is not."""
        try:
            self._ready(self._announced())
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        """SIGKILL: no chance to tidy up. Returns when the process is gone."""
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP: it holds what it holds and does nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT: it goes on as if no time had passed."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; returns how it did, as Popen says. Raises DepotFailed, after a kill, when 10 s do not do."""
        self._process.send_signal(sign)
        try:
            return self._process.wait(_STOP_WITHIN)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise DepotFailed(f"It did not stop within {_STOP_WITHIN:.0f} s of {sign.name}.{self._tail()}") from error

    def logged(self, event: str) -> list[dict[str, object]]:
        """The lines of its log with this message, oldest first."""
        return [line for line in self._lines() if line.get("event") == event]

    def _ready(self, announced: Mapping[str, object]) -> None:
        """It said that it is ready, in these words."""

    def _announced(self) -> dict[str, object]:
        """The line that says it is ready. Raises DepotFailed."""
        give_up = time.monotonic() + _START_WITHIN
        while time.monotonic() < give_up:
            ended = self._process.poll() is not None
            for line in self.logged(self.announces):
                return line
            if ended:
                raise DepotFailed(f"It ended with {self._process.returncode} instead of working.{self._tail()}")
            time.sleep(_LOOK_EVERY)
        raise DepotFailed(f"It was not ready within {_START_WITHIN:.0f} s.{self._tail()}")

    def _lines(self) -> list[dict[str, object]]:
        """The whole JSON lines that this process has logged."""
        with self.log.open("rb") as log:
            log.seek(self._seen)
            whole = log.read().rpartition(b"\n")[0]
        return [json.loads(line) for line in whole.splitlines() if line.startswith(b"{")]

    def _tail(self) -> str:
        return f" The end of {self.log}:\n{self.log.read_text(errors='replace')[-2000:]}"


class DepotProcess(SteelyardProcess):
    """``with DepotProcess(home, upstream) as depot:`` serves at ``depot.url``."""

    announces = "Steelyard listens"

    def __init__(self, home: Path, upstream: str, *, port: int = 0, more: Mapping[str, str] | None = None) -> None:
        super().__init__(["serve", "--port", str(port)], home, upstream, more)
        self.url = ""

    def _ready(self, announced: Mapping[str, object]) -> None:
        self.url = str(announced["url"])


class WorkerProcess(SteelyardProcess):
    """``with WorkerProcess(home, upstream, more={"DATABASE_URL": …}):`` works on the jobs of that database."""

    announces = "Steelyard works"

    def __init__(self, home: Path, upstream: str, *, more: Mapping[str, str] | None = None) -> None:
        super().__init__(["worker"], home, upstream, more)


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables without those that the depot or a hub library would read as settings."""
    return {name: value for name, value in environ.items() if not name.startswith(_OURS)}
