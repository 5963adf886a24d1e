"""Requests in numbers."""
