"""What ``/api/create`` makes of a model: one more name, with an instruction and parameters. Pure."""

from steelyard.core.errors import BadRequest
from steelyard.dialects.ollama.asks import as_stored
from steelyard.dialects.ollama.bodies import CreateBody
from steelyard.dialects.ollama.options import read_options
from steelyard.serving.preset import Preset

_CANNOT = {
    "files": "Files are not taken here", "adapters": "Adapters are not put onto models here",
    "quantize": "Models are not quantised here", "template": "A model keeps its own template here",
    "modelfile": "A Modelfile is not read here",
}  # fmt: skip
_HINT = 'Send {"model": "name", "from": "org/name", "system": "…", "parameters": {…}}; bring other weights by a pull.'


class CannotMake(BadRequest):
    """Something that this depot does not make."""

    slug = "cannot-make"
    title = "That cannot be made here"


def require_makeable(body: CreateBody) -> str:
    """The model that it is made from. Raises CannotMake."""
    refused = next((why for field, why in _CANNOT.items() if getattr(body, field)), None)
    if refused is not None or not body.base:
        raise CannotMake(f"{refused or 'The request does not say what to make it from'}.", hint=_HINT)
    return body.base


def made(body: CreateBody, base: Preset) -> Preset:
    """The new name's preset, over that of what it is made from. Raises BadBody for a parameter of the wrong form."""
    known = read_options(body.parameters or {}).model_dump(exclude_none=True)
    return Preset(
        system=base.system if body.system is None else body.system or None,
        parameters={**base.parameters, **known},
        messages=base.messages if body.messages is None else as_stored(body.messages),
    )
