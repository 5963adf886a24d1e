"""Models on servers elsewhere that speak OpenAI's protocol: vLLM, Ray Serve, another depot."""
