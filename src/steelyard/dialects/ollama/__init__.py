"""Ollama's protocol: what its programs, its Python client and Open WebUI ask, done by the depot's own services.

Source of every shape: github.com/ollama/ollama, ``server/routes.go`` and ``api/types.go``.
"""
