"""What the child is told. Pure."""

from dataclasses import dataclass

from steelyard.engines.models import KvShape, LoadOptions, Task, Weights

_OPERATIONS = 25 * 10**9  # of one thread in a second
_SMALLEST, _LARGEST = 32, 128  # tokens of a batch
_MOST = 2**31 - 1  # tokens that llama.cpp can count


@dataclass(frozen=True, slots=True)
class ChildSettings:
    """All that the child needs, sent as JSON on its standard input: the key stands in no list of processes.

    ``context`` tokens are for all requests together; each gets an equal part. ``batch`` tokens of a prompt are
    calculated between two looks at whether somebody still wants the answer.
    """

    path: str
    alias: str
    key: str
    context: int
    parallel: int
    batch: int
    threads: int
    embed: bool = False
    exact: bool = False
    show_slots: bool = False


def child_settings(
    weights: Weights, options: LoadOptions, key: str, cores: int, *, show_slots: bool = False
) -> ChildSettings:
    """How to run a model on a machine with so many cores."""
    context = context_of(weights, options)
    is_embedding = weights.task is Task.EMBED
    threads = options.threads or max(1, cores - 1)
    return ChildSettings(
        path=str(weights.path),
        alias=weights.name,
        key=key,
        context=min(context * options.parallel, _MOST),
        parallel=options.parallel,
        batch=context if is_embedding else batch_of(weights.size, threads, weights.kv, context),
        threads=threads,
        embed=is_embedding,
        exact=options.exact,
        show_slots=show_slots,
    )


def context_of(weights: Weights, options: LoadOptions) -> int:
    """Tokens for one request: as asked for, and no more than the model was trained for."""
    return min(options.context, weights.context_length or options.context)


def batch_of(size: int, threads: int, kv: KvShape | None = None, context: int = 0) -> int:
    """Tokens of a prompt at a time: about a quarter of a second's work, as a hang-up is seen after two of them.

    A thread does at least 25 thousand million operations a second (28 measured, with half of a busy core), and a token
    needs two for each of the weights, of which a quantised file has two in a byte; and four for each number that the
    cache has for keys, of which there are most at the end of a long prompt.
    """
    looking_back = 4 * kv.layers * kv.kv_heads * kv.head_size * context if kv is not None else 0
    tokens = threads * _OPERATIONS // max(1, 4 * (4 * size + looking_back))
    return max(_SMALLEST, min(_LARGEST, 1 << max(0, tokens.bit_length() - 1)))
