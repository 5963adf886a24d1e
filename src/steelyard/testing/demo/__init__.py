"""A throw-away depot with a made-up hub and made-up people: ``python -m steelyard.testing.demo``."""
