"""A program that plays vLLM: ``standin.py serve MODEL --port N ...`` answers OpenAI there, asking for VLLM_API_KEY.

What the model is called decides what becomes of it: ``memory`` and ``broken`` end as vLLM does, ``deaf`` never answers,
and ``telling`` writes into its log what nobody should read.
"""

import asyncio
import os
import sys
from pathlib import Path

from steelyard.engines.echo.behaviour import Behaviour
from steelyard.engines.echo.server import EchoServer, Tally

ENDINGS = {
    "memory": "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 GiB",
    "broken": "safetensors_rust.SafetensorError: Error while deserializing header: HeaderTooLarge in /srv/secret/x",
}


async def main(argv: list[str]) -> None:
    command, model, *rest = argv
    options = dict(zip(rest[::2], rest[1::2], strict=True))
    print(command, sorted(options), flush=True)  # noqa: T201 - it plays a program that does
    kind = Path(model).name
    if kind in ENDINGS:
        sys.exit(ENDINGS[kind])
    if kind == "telling":
        print(f"key {os.environ['VLLM_API_KEY']} loads {model} from {Path(model).parent}/extra/c", flush=True)  # noqa: T201
    if kind == "deaf":
        await asyncio.sleep(600)
    behaviour = Behaviour(context=int(options["--max-model-len"]))
    name, key, port = options["--served-model-name"], os.environ["VLLM_API_KEY"], int(options["--port"])
    server = EchoServer(name, key, lambda: behaviour, Tally())
    await server.open(port)
    await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(600)")  # a worker of it
    await asyncio.sleep(600)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
