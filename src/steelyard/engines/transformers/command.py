"""How ``transformers serve`` is called. Pure."""

from steelyard.engines.models import LoadOptions, Weights

_BLOCK = 32  # tokens


def command(
    program: str, weights: Weights, options: LoadOptions, port: int, *, has_cuda: bool, is_quantized: bool
) -> list[str]:
    """The arguments for one model. It is given by its folder and forced, so no request makes it load another.

    The cache is bounded by what the requests may need: left alone, it takes all free memory of a machine without cards
    (11.6 GB measured, and half a minute until the first token).
    """
    blocks = -(-options.context * options.parallel // _BLOCK)
    argv = [
        program, "serve", str(weights.path), "--host", "127.0.0.1", "--port", str(port),
        "--device", "cuda:0" if has_cuda else "cpu", "--log-level", "warning",
        "--continuous-batching", "--cb-block-size", str(_BLOCK), "--cb-num-blocks", str(blocks),
        "--cb-max-batch-tokens", str(min(512, options.context)),
    ]  # fmt: skip
    return [*argv, "--quantization", "bnb-4bit"] if is_quantized else argv
