"""``steelyard doctor --mirror``: a depot's mirror tested from a client's seat, over HTTP and nothing else."""
