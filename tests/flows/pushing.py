"""The real huggingface_hub in a process of its own, which pushes to a served house."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

from tests.flows.house import House
from tests.flows.processes import Done, run

_BEGIN = """
import io, json, os, sys, warnings
from pathlib import Path
warnings.simplefilter("ignore")
from huggingface_hub import *
from huggingface_hub.errors import *
api = HfApi()
found = {}
def refused(call, *args, **more):
    try:
        call(*args, **more)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "nothing was refused"
"""


@dataclass(frozen=True)
class Pusher:
    """Somebody with the stock client. ``door`` is their prefix; without Xet unless it is wanted."""

    house: House
    folder: Path
    door: str = "/hf"
    token: str | None = None
    xet: bool = False

    async def does(self, code: str) -> dict[str, Any]:
        """Run Python with ``api``; what it puts into ``found``."""
        text = f"{_BEGIN}\n{dedent(code)}\nprint('\\n' + json.dumps(found))"
        done = await self.run(sys.executable, "-c", text)
        assert done.code == 0, done.err
        return dict(json.loads(done.out.splitlines()[-1]))

    async def hf(self, *arguments: str) -> Done:
        """The ``hf`` program."""
        return await self.run(Path(sys.executable).with_name("hf"), *arguments)

    async def run(self, *command: str | Path) -> Done:
        """Any program with the client's variables."""
        endpoint = f"{str(self.house.http.base_url).rstrip('/')}{self.door}"
        variables = {
            "HF_ENDPOINT": endpoint, "HF_HOME": str(self.folder / "hf"), "HOME": str(self.folder),
            "HF_HUB_DISABLE_XET": "" if self.xet else "1", "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1", "NO_COLOR": "1",
        }  # fmt: skip
        return await run(*command, **variables, **({"HF_TOKEN": self.token} if self.token else {}))
