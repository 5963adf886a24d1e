"""Leases of loaded models, and one ``chat`` for all dialects. Knows no wire format."""
