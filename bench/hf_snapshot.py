"""``python -m bench.hf_snapshot REPO CACHE``: what huggingface_hub needs for it, in seconds, imports not counted."""

import sys
import time

from huggingface_hub._snapshot_download import snapshot_download
from huggingface_hub.file_download import hf_hub_download
from huggingface_hub.hf_api import HfApi

LOADED = (hf_hub_download, HfApi)  # the library loads them late; they are not what is measured


def main(repo: str, cache: str) -> None:
    """Download and print the seconds."""
    start = time.perf_counter()
    snapshot_download(repo, cache_dir=cache)
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main(*sys.argv[1:])
