"""What Ollama's programs can ask and this depot does another way. Each refusal names that way."""

from steelyard.core.errors import BadRequest


class OtherWay(BadRequest):
    """The depot does this by another protocol."""

    slug = "not-by-this-protocol"
    title = "That goes another way here"


def no_push(model: str) -> OtherWay:
    """A push goes to a registry of Ollama's own kind; there is none."""
    return OtherWay(
        f"{model[:100]!r} cannot be pushed on: this depot is where it is kept.",
        hint="Models go in by 'hf upload' with HF_ENDPOINT set to this depot's address and /hf, or by steelyard "
        "import.",
    )


def no_blob() -> OtherWay:
    """A create from files sends them first."""
    return OtherWay(
        "Files are not taken piece by piece here.",
        hint="Bring a model in by 'hf upload' with HF_ENDPOINT set to this depot's address and /hf, or by steelyard "
        "import; then: FROM org/name",
    )
