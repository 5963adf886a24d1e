"""vLLM, in an environment of its own: the settings name the program."""
