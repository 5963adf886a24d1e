"""``transformers serve`` in a child process: models that are safetensors. The extra ``transformers`` installs it."""
