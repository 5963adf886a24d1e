"""llama.cpp in a child process: GGUF files, on any processor. The default."""
