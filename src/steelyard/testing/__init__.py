"""Fakes, stand-ins and conformance suites: shipped, so that plug-ins can test themselves with them."""
