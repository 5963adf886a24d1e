"""Processes of engines: listened to, measured, stopped, and gone when their parent is gone."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from steelyard.engines.child import Child, ChildEnded, start_child
from steelyard.engines.environment import environment_of_child
from steelyard.engines.usage import memory_of_tree
from steelyard.testing.engine_suite import children, until

READY = "from steelyard.engines.announcing import announce\nannounce(url='here')\n"
SLEEP = "import time\ntime.sleep(600)\n"
PYTHON = (sys.executable, "-c")
GUARDED = (sys.executable, "-P", "-m", "steelyard.engines.guardian", *PYTHON)
# A parent that starts one child of each kind, writes down who they are, and then never comes to look.
PARENT = """
import asyncio, sys
from steelyard.engines.child import start_child
async def main():
    watch = "from steelyard.engines.orphan import *; import time; die_with_parent(); watch_input(); time.sleep(600)"
    own = await start_child([sys.executable, "-c", watch])
    busy = "from steelyard.engines.orphan import *; die_with_parent()\\nwhile 1: pass"
    spins = await start_child([sys.executable, "-c", busy])
    nested = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).wait()"
    guardian = [sys.executable, "-P", "-m", "steelyard.engines.guardian"]
    foreign = await start_child([*guardian, sys.executable, "-c", nested])
    await asyncio.sleep(1.5)
    print(own.pid, spins.pid, foreign.pid, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    """No test leaves a process, a zombie neither."""
    before = children()
    yield
    assert children() == before


def members(group: int) -> list[int]:
    """The processes of a group that are no zombies. Format: proc_pid_stat(5)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = path.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(its_group) == group and state != "Z":
            found.append(int(path.parent.name))
    return found


async def until_gone(groups: list[int]) -> None:
    await until(lambda: not any(members(group) for group in groups))


async def test_a_child_says_when_it_is_ready() -> None:
    child = await start_child([*PYTHON, READY + SLEEP])
    assert await child.announced() == {"url": "here"}
    assert child.is_alive
    assert child.status is None
    await child.stop()
    assert not child.is_alive


async def test_a_child_gets_its_first_line_and_its_input_stays_open() -> None:
    child = await start_child(
        [
            *PYTHON,
            "import sys, json\n" + READY + "print('got', json.loads(sys.stdin.readline()), flush=True)\n" + SLEEP,
        ],
        {"key": "secret"},
    )
    await until_said(child, "got {'key': 'secret'}")
    assert child.is_alive
    await child.stop()


async def until_said(child: Child, line: str) -> None:
    await until(lambda: line in child.last_lines())


async def test_a_child_that_ends_instead_says_why() -> None:
    child = await start_child([*PYTHON, "import sys\nprint('out')\nprint('err', file=sys.stderr)\nsys.exit(7)"])
    with pytest.raises(ChildEnded) as caught:
        await child.announced()
    assert (caught.value.status, sorted(caught.value.lines)) == (7, ["err", "out"])
    await child.stop()


@pytest.mark.parametrize("said", ["hello", "[1]", "[" * 100, ""])
async def test_a_mark_without_an_announcement_is_none(said: str) -> None:
    """It broke the reading, and nothing that waited for the end ever saw it. One that follows is heard."""
    program = f"import os\nprint(os.environ['STEELYARD_ENGINE_MARK'] + {said!r}, flush=True)\n"
    child = await start_child([*PYTHON, program + READY + SLEEP])
    assert await asyncio.wait_for(child.announced(), 20) == {"url": "here"}
    await asyncio.wait_for(child.stop(), 20)


async def test_a_foreign_program_knows_no_mark() -> None:
    """It has nothing to announce, so it shall not be able to."""
    child = await start_child([*GUARDED, "import os\nprint('STEELYARD_ENGINE_MARK' in os.environ, flush=True)\n"])
    await asyncio.wait_for(child.ended(), 20)
    await child.stop()
    assert child.last_lines() == ["False"]


async def test_a_program_that_is_not_there_cannot_be_started() -> None:
    with pytest.raises(FileNotFoundError):
        await start_child(["/no/such/program"])


@pytest.mark.parametrize("guard", [PYTHON, GUARDED], ids=["own", "guarded"])
async def test_stopping_ends_the_whole_group(guard: tuple[str, ...]) -> None:
    """Also what the program started itself."""
    nested = (
        f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {SLEEP!r}])\nprint('begun', flush=True)\n"
    )
    child = await start_child([*guard, nested + SLEEP])
    await until_said(child, "begun")
    assert len(members(child.pid)) == (3 if guard is GUARDED else 2)
    await child.stop()
    await until_gone([child.pid])
    await child.stop()


async def test_whoever_does_not_listen_is_killed() -> None:
    deaf = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf', flush=True)\n"
    child = await start_child([*PYTHON, deaf + SLEEP], grace=0.05)
    await until_said(child, "deaf")
    await child.stop()
    assert child.status == -signal.SIGKILL


async def test_whoever_listens_ends_in_its_own_way() -> None:
    polite = "import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\nprint('polite', flush=True)\n"
    child = await start_child([*GUARDED, polite + SLEEP])
    await until_said(child, "polite")
    await child.stop()
    assert child.status == 5


async def test_a_stop_while_the_program_starts_is_heard() -> None:
    """It was lost, and the whole grace was waited for."""
    for milliseconds in range(20, 140, 20):
        child = await start_child([*GUARDED, SLEEP], grace=60)
        await asyncio.sleep(milliseconds / 1000)
        await asyncio.wait_for(child.stop(), 20)
        assert child.status != -signal.SIGKILL


async def test_a_child_has_no_file_of_ours() -> None:
    """Its own three ends and the one that lists them."""
    ours = os.open(os.devnull, os.O_RDONLY)
    os.set_inheritable(ours, True)
    child = await start_child([*PYTHON, "import os\nprint(sorted(os.listdir('/proc/self/fd')), flush=True)\n"])
    await child.ended()
    await child.stop()
    os.close(ours)
    assert child.last_lines() == ["['0', '1', '2', '3']"]


async def test_a_stop_that_is_given_up_still_ends_it() -> None:
    deaf = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf', flush=True)\n"
    child = await start_child([*PYTHON, deaf + SLEEP])
    await until_said(child, "deaf")
    stopping = asyncio.create_task(child.stop())
    await asyncio.sleep(0.05)
    stopping.cancel()
    await asyncio.gather(stopping, return_exceptions=True)
    await asyncio.wait_for(child.ended(), 10)
    await child.stop()


async def test_fatal_words_end_it() -> None:
    child = await start_child([*PYTHON, "print('it is all over now', flush=True)\n" + SLEEP], fatal="all over")
    await asyncio.wait_for(child.ended(), 20)
    assert not child.is_alive, "nobody is sent to it any more"
    assert child.status is None, "who waits for its last words gets them"
    assert child.last_lines() == ["it is all over now"]
    await child.stop()
    assert child.status == -signal.SIGKILL


async def test_the_log_is_bounded() -> None:
    child = await start_child([*PYTHON, "for n in range(100000): print('line', n)\nprint('x' * 10_000_000)\n" + READY])
    await child.announced()
    await child.ended()
    lines = child.last_lines()
    assert len(lines) == 200
    assert all(len(line) <= 500 for line in lines)
    await child.stop()


async def test_memory_counts_what_it_started() -> None:
    """100 MB in a grandchild."""
    hold = "data = b'x' * 100_000_000\nprint('held', flush=True)\n" + SLEEP
    child = await start_child([*GUARDED, f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {hold!r}])"])
    await until_said(child, "held")
    used = child.memory_bytes()
    assert used is not None
    assert 100_000_000 < used < 200_000_000
    await child.stop()
    assert child.memory_bytes() is None


def test_memory_of_nobody_is_unknown(tmp_path: Path) -> None:
    assert memory_of_tree(1, tmp_path) is None


async def test_a_program_that_cannot_be_run_is_said_by_the_guardian() -> None:
    child = await start_child([*GUARDED[:4], "/no/such/program"])
    await asyncio.wait_for(child.ended(), 20)
    assert child.status == 127
    assert child.last_lines() == ["/no/such/program cannot be run: No such file or directory"]
    await child.stop()


async def test_children_die_with_a_parent_that_is_killed() -> None:
    """With kill -9: one that waits for the end of its input, one too busy to look, and a foreign one's own child."""
    parent = await asyncio.create_subprocess_exec(*PYTHON, PARENT, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    groups = [int(text) for text in (await parent.stdout.readline()).split()]
    try:
        assert [len(members(group)) for group in groups] == [1, 1, 3]
        parent.kill()
        await parent.wait()
        await until_gone(groups)
    finally:
        for group in groups:
            if members(group):
                os.killpg(group, signal.SIGKILL)


def test_a_child_sees_no_secret() -> None:
    own = {"PATH": "/bin", "LC_ALL": "C", "CUDA_VISIBLE_DEVICES": "0", "DATABASE_URL": "postgresql://u:p@h/d",
           "HF_TOKEN": "hf_x", "STEELYARD_TOKEN": "t", "AWS_SECRET_ACCESS_KEY": "k", "OPENAI_API_KEY": "s"}  # fmt: skip
    seen = environment_of_child(own, {"VLLM_API_KEY": "made"})
    assert {"PATH", "LC_ALL", "CUDA_VISIBLE_DEVICES", "VLLM_API_KEY", "HF_HUB_OFFLINE"} <= set(seen)
    assert not set(seen) & {"DATABASE_URL", "HF_TOKEN", "STEELYARD_TOKEN", "AWS_SECRET_ACCESS_KEY", "OPENAI_API_KEY"}
