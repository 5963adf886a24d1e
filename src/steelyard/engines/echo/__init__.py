"""An engine without a model: it says again what it was told. For tests and the demo."""
