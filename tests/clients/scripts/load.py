"""Models as people load them: a JSON list of words comes in on each line, and what came of it goes out on one.

``["bert", name, cache]`` gives the first numbers of a sentence's embedding, ``["pipeline", name, cache]`` those of a
picture after two steps; a name is a repository's or a folder's. ``["save", folder]`` makes a pipeline small enough to
be made up here.
"""

import json
import os
import sys
from collections.abc import Callable

import torch  # type: ignore[import-not-found]
from diffusers import DDPMPipeline, DDPMScheduler, DiffusionPipeline, UNet2DModel  # type: ignore[import-not-found]
from transformers import AutoModel, AutoTokenizer  # type: ignore[import-not-found]

KEPT = 8  # numbers that are told


def bert(name: str, cache: str) -> list[float]:
    """Tokenizer and model as everybody loads them."""
    tokenizer = AutoTokenizer.from_pretrained(name, cache_dir=cache)
    model = AutoModel.from_pretrained(name, cache_dir=cache)
    with torch.no_grad():
        state = model(**tokenizer("One depot for the team.", return_tensors="pt")).last_hidden_state
    return _told(state)


def pipeline(name: str, cache: str) -> list[float]:
    """Any pipeline, by the words in its own index."""
    loaded = DiffusionPipeline.from_pretrained(name, cache_dir=cache)
    loaded.set_progress_bar_config(disable=True)
    picture = loaded(num_inference_steps=2, output_type="np", generator=torch.manual_seed(0)).images
    return _told(torch.from_numpy(picture))


def save(folder: str) -> list[float]:
    """Write one with made-up weights, always the same."""
    torch.manual_seed(0)
    blocks = {"down_block_types": ("DownBlock2D",), "up_block_types": ("UpBlock2D",), "block_out_channels": (8,)}
    unet = UNet2DModel(sample_size=8, layers_per_block=1, norm_num_groups=2, add_attention=False, **blocks)
    DDPMPipeline(unet=unet, scheduler=DDPMScheduler()).save_pretrained(folder)
    return []


def _told(numbers: torch.Tensor) -> list[float]:
    return [round(float(number), 4) for number in numbers.flatten()[:KEPT]]


DEEDS: dict[str, Callable[..., list[float]]] = {"bert": bert, "pipeline": pipeline, "save": save}


def main() -> None:
    """Do what is asked until nothing more comes. Standard output is ours alone: libraries may print where they like."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        deed, *words = json.loads(line)
        answers.write(json.dumps(DEEDS[deed](*words)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
