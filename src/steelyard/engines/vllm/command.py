"""How vLLM is called. Pure."""

from steelyard.engines.models import LoadOptions, Task, Weights


def command(program: str, weights: Weights, options: LoadOptions, port: int) -> list[str]:
    """The arguments for one model. The key is no argument: lists of processes show them."""
    context = min(options.context, weights.context_length or options.context)
    argv = [
        program, "serve", str(weights.path), "--served-model-name", weights.name, "--host", "127.0.0.1",
        "--port", str(port), "--max-model-len", str(context), "--max-num-seqs", str(options.parallel),
    ]  # fmt: skip
    return [*argv, "--runner", "pooling"] if weights.task is Task.EMBED else argv


def refusal_of(weights: Weights) -> str | None:
    """It loads folders of safetensors."""
    if weights.format != "safetensors":
        return f"it loads safetensors, and this is {weights.format or 'unknown'}"
    return None
