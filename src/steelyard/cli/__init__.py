"""The command line: one file per noun, each speaking to the depot through the SDK."""
