"""Lines to copy: how to use a model from a shell, from Python, and without any server."""

from dataclasses import dataclass

from steelyard.web.shelf import Json

_LIBRARIES = ("safetensors", "pytorch")
_PROGRAMS = {
    "dataset": "from datasets import load_dataset\n\ndata = load_dataset({name!r})",
    "space": (
        "from huggingface_hub import snapshot_download\n\nfolder = snapshot_download({name!r}, repo_type='space')"
    ),
}
_FILE = (
    "from huggingface_hub import hf_hub_download\nfrom llama_cpp import Llama\n\n"
    "path = hf_hub_download({name!r}, {file!r})\nmodel = Llama(path)"
)
_AUTO = (
    "from transformers import AutoModel, AutoTokenizer\n\n"
    "model = AutoModel.from_pretrained({name!r})\ntokenizer = AutoTokenizer.from_pretrained({name!r})"
)
_SNAPSHOT = "from huggingface_hub import snapshot_download\n\nfolder = snapshot_download({name!r})"


@dataclass(frozen=True, slots=True)
class Snippet:
    """Something to copy: ``note`` says what it does."""

    id: str
    title: str
    note: str
    text: str


def snippets(model: Json, address: str) -> tuple[Snippet, ...]:
    """The ways to a model of a depot at this address."""
    name = model["model"]
    return (
        Snippet("use-store", "On a machine that sees the store", "No server and no internet needed.", _offline(model)),
        Snippet(
            "use-cli",
            "Command line",
            "Brings it, if need be, and waits until it is here.",
            f"export STEELYARD_URL={address}\nsteelyard pull {name} --wait\nsteelyard show {name}",
        ),
        Snippet(
            "use-python",
            "Python",
            "The same in a program.",
            "from steelyard import Client\n\n"
            f"with Client({address!r}) as depot:\n    depot.pull({name!r})\n    print(depot.models.get({name!r}))",
        ),
        Snippet(
            "use-curl",
            "curl",
            "The same without anything installed.",
            f"curl -s {address}/pull -H 'Content-Type: application/json' \\\n"
            f'  -d \'{{"model": "{name}"}}\'\ncurl -s {address}/api/models/{name}',
        ),
    )


def _offline(model: Json) -> str:
    where = "# STORE is the folder that `steelyard config` calls store"
    cache = 'export HF_HUB_CACHE="$STORE/hub" HF_HUB_OFFLINE=1'
    return f"{where}\n{cache}\npython <<'END'\n{_program(model)}\nEND"


def _program(model: Json) -> str:
    name = repository(model)
    template = _PROGRAMS.get(model.get("kind") or "model")
    if template is not None:
        return template.format(name=name)
    weights = _weights(model)
    if weights is not None:
        return _FILE.format(name=name, file=weights)
    return (_AUTO if model.get("format") in _LIBRARIES and model.get("architecture") else _SNAPSHOT).format(name=name)


def _weights(model: Json) -> str | None:
    """The GGUF file that is taken unless somebody says otherwise: of the default variant, where it is here."""
    here = [file["path"] for file in model.get("files") or () if file["path"].lower().endswith(".gguf")]
    default = next((variant["name"] for variant in model.get("variants") or () if variant["default"]), None)
    named = [path for path in here if default is not None and default.lower() in path.lower()]
    return next(iter(named or here), None)


def repository(model: Json) -> str:
    """The name of the repository at its hub, without the word for its kind."""
    name, kind = str(model["model"]), model.get("kind") or "model"
    return name.removeprefix(f"{kind}s/")
