"""The clients: programs of other people, unchanged, each in an environment of its own that ``make test-deps`` makes."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import IO, Any

import pytest

ROOT = Path(__file__).parents[2]
HUBS = ("hf036", "hf1", "hf2")  # huggingface_hub: the last with requests, one of the first with httpx, the newest
MODELS = "models"  # transformers and diffusers
_SCRIPTS = Path(__file__).parent / "scripts"
_NOWHERE = "http://127.0.0.1:9"  # the port of discard: what would leave this machine ends here
_WITHIN = 90.0  # seconds
Call = tuple[str, Mapping[str, Any]]
Process = subprocess.Popen[str]


@dataclass(frozen=True)
class Done:
    """How a program ended, and what it wrote."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Answer:
    """What one call of the library gave: a value, or the name of an error's class and its words."""

    value: Any = None
    error: str | None = None
    message: str = ""

    @property
    def got(self) -> Any:
        """The value of a call that had to succeed."""
        assert self.error is None, f"{self.error}: {self.message}"
        return self.value


@dataclass(frozen=True)
class Client:
    """One environment's programs at one seat: what they know from earlier lies in ``home``."""

    venv: str
    home: Path
    endpoint: str
    more: Mapping[str, str] = field(default_factory=dict)

    def at(self, name: str, endpoint: str | None = None, **more: str) -> "Client":
        """The same programs at another seat, which knows nothing yet."""
        seat = self.home.with_name(f"{self.venv}-{name}")
        return replace(self, home=seat, endpoint=endpoint or self.endpoint, more={**self.more, **more})

    def ask(self, *calls: Call) -> list[Answer]:
        """What the library says to each call, in one process."""
        return answers(self.begin(*calls))

    def begin(self, *calls: Call) -> Process:
        """The same, as it begins; ``answers`` waits for its end."""
        process = self._start(self._script("ask"))
        assert process.stdin is not None
        process.stdin.write(json.dumps(calls))
        process.stdin.close()
        process.stdin = None
        return process

    def snapshot(self, repo: str, **options: Any) -> dict[str, bytes]:
        """Every file that ``snapshot_download`` brings, by its path."""
        (answer,) = self.ask(("snapshot_download", {"repo_id": repo, **options}))
        return contents(Path(answer.got))

    def hf(self, *arguments: str, program: str = "hf") -> Done:
        """The command line."""
        return _ended(self._start([str(self._bin / program), *arguments]))

    @contextmanager
    def talk(self, name: str) -> Iterator[Callable[..., Any]]:
        """One of our scripts that answers line by line, until the block ends."""
        self.home.mkdir(parents=True, exist_ok=True)
        with self.home.with_suffix(".log").open("w+") as log, self._start(self._script(name), log) as process:
            try:
                yield partial(_said, process, Path(log.name))
            finally:
                process.kill()

    @property
    def incomplete(self) -> int:
        """Bytes of files that it is downloading."""
        return sum(path.stat().st_size for path in self.home.glob("hf/hub/**/*.incomplete"))

    @property
    def _bin(self) -> Path:
        return ROOT / ".clients" / self.venv / "bin"

    def _script(self, name: str) -> list[str]:
        return [str(self._bin / "python"), str(_SCRIPTS / f"{name}.py")]

    def _start(self, command: list[str], log: IO[str] | None = None) -> Process:
        self.home.mkdir(parents=True, exist_ok=True)
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, env=self._environment(), cwd=self.home, text=True, stdin=pipe, stdout=pipe, stderr=log or pipe
        )

    def _environment(self) -> dict[str, str]:
        away = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _NOWHERE)
        here = dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")
        homes = {"HOME": str(self.home), "HF_HOME": str(self.home / "hf"), "HF_ENDPOINT": self.endpoint}
        return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **away, **here, **homes, **self.more}


def find_client(venv: str, home: Path, endpoint: str, environ: Mapping[str, str] = os.environ) -> Client:
    """The programs of an environment. Where it was not made the test is left out, and in CI it fails."""
    if not (ROOT / ".clients" / venv / ".installed").exists():
        missing = f"the environment {venv} of the tests with real clients is not there: make test-deps"
        if environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return Client(venv, home / f"{venv}-first", endpoint)


def answers(process: Process) -> list[Answer]:
    """What a process that asks has heard, once it is through."""
    done = _ended(process)
    assert done.code == 0, done.err
    return [Answer(**one) for one in json.loads(done.out)]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, links followed."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _ended(process: Process) -> Done:
    try:
        out, err = process.communicate(timeout=_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"{process.args!r} did not end within {_WITHIN:.0f} s: {err}") from None
    return Done(process.returncode, out, err)


def _said(process: Process, log: Path, *words: str) -> Any:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(words) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    assert line, log.read_text()
    return json.loads(line)
